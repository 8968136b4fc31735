# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs run -c` against `strace -c`, and `--hist` against the plain recording, in one run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import interleave, peers
from benchmarks.report import Figure
from benchmarks.workloads import read_and_find

CALLS = 200_000
HIST = ("--hist", "keys=id.syscall")


class Strace(peers.Strace):
    def command(self, argv: Sequence[str], output: Path) -> list[str]:
        return ["strace", "-f", "-c", "-o", str(output), *argv]


@dataclass
class Tracefs(peers.Peer):
    options: tuple[str, ...] = ()

    def command(self, argv: Sequence[str], output: Path) -> list[str]:
        return [sys.executable, "-m", "tracefs.cli", "run", *self.options, "-w", str(output), "--", *argv]


def run(args: argparse.Namespace) -> list[Figure]:
    """`dd bs=1` and `find`."""
    peers.all_peers()  # for the environment
    who = [
        peers.Peer("untraced"),
        Tracefs("plain"),
        Tracefs("-c", ("-c",)),
        Tracefs("--hist", HIST),
        Strace("strace -c"),
    ]
    if not who[-1].available():
        return []
    work = read_and_find(CALLS, args.quick)
    figures = []
    for row in interleave.measure(work, who, rounds=args.rounds)[1:]:
        added = row.added
        note = f"{added['-c']:.2f} s, {added['strace -c']:.2f} s"
        figures.append(
            Figure(f"{row.workload}: added by -c / by strace -c", added["-c"] / added["strace -c"], 1.0, note=note)
        )
        ratio = row.seconds["--hist"] / row.seconds["plain"]
        figures.append(Figure(f"{row.workload}: time with --hist / plain", ratio, 1.1))
    return figures
