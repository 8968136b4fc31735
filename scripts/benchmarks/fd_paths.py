# SPDX-License-Identifier: GPL-2.0-only
"""What it costs that the descriptors of calls have what they stand for: `run -y` against `run`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import interleave, peers
from benchmarks.report import Figure
from benchmarks.workloads import Workload

CALLS = 100_000
"""Each a read and a write, of files; a fifth as many of sockets."""
FILES = 1.5
SOCKETS = 2.0
"""Goals: a link of /proc is read; a socket is borrowed and asked besides."""
SOCKET_LOOP = "import socket\n{ends}\nfor _ in range({calls}):\n    a.send(b'x')\n    b.recv(1)\n"
UNIX = "a, b = socket.socketpair()"
TCP = "l = socket.create_server(('127.0.0.1', 0)); a = socket.create_connection(l.getsockname()); b, _ = l.accept()"


class WithPaths(peers.Tracefs):
    def command(self, argv: Sequence[str], output: Path) -> list[str]:
        return [sys.executable, "-m", "tracefs.cli", "run", "-y", "-w", str(output), "--", *argv]


def run(args: argparse.Namespace) -> list[Figure]:
    """`dd bs=1`, and a byte at a time through UNIX and TCP connections."""
    peers.all_peers()  # for the environment
    who = [peers.Peer("untraced"), peers.Tracefs("tracefs"), WithPaths("-y")]
    count = CALLS // 10 if args.quick else CALLS
    dd = ("dd", "if=/dev/zero", "of=/dev/null", "bs=1", f"count={count}", "status=none")
    work = [Workload("dd bs=1", dd, single=True)]
    for name, ends in (("UNIX socket", UNIX), ("TCP socket", TCP)):
        program = SOCKET_LOOP.format(ends=ends, calls=count // 5)
        work.append(Workload(name, (sys.executable, "-SEIc", program), single=True))
    _, *rows = interleave.measure(work, who, rounds=args.rounds)
    return [
        Figure(f"{row.workload}: added time with -y / without", row.added["-y"] / row.added["tracefs"], goal)
        for row, goal in zip(rows, (FILES, SOCKETS, SOCKETS), strict=True)
    ]
