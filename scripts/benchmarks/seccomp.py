# SPDX-License-Identifier: GPL-2.0-only
"""A program of which one call is wanted that it hardly makes: what all the others cost where they do not stop it."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import interleave, peers
from benchmarks.report import Figure
from benchmarks.workloads import Workload

CALLS = 12_000_000
"""Each a read and a write: seconds, so that the start of a tracer (which is taken off as well) is little of it."""


class Tracefs(peers.Tracefs):
    def command(self, argv: Sequence[str], output: Path) -> list[str]:
        wanted = ["--seccomp", "-e", "syscalls:sys_*_openat"]
        return [sys.executable, "-m", "tracefs.cli", "run", *wanted, "-w", str(output), "--", *argv]


class Strace(peers.Strace):
    def command(self, argv: Sequence[str], output: Path) -> list[str]:
        return ["strace", "-f", "--seccomp-bpf", "-e", "trace=openat", "-o", str(output), *argv]


def run(args: argparse.Namespace) -> list[Figure]:
    """`dd bs=1` with only openat recorded, against the untraced run, and strace that does the same."""
    peers.all_peers()  # for the environment
    who = [peer for peer in (peers.Peer("untraced"), Tracefs("tracefs"), Strace("strace")) if peer.available()]
    count = CALLS // 10 if args.quick else CALLS
    dd = ("dd", "if=/dev/zero", "of=/dev/null", "bs=1", f"count={count}", "status=none")
    with tempfile.TemporaryDirectory(prefix="bench-seccomp-"):
        start, row = interleave.measure([Workload("dd bs=1, only openat", dd, single=True)], who, rounds=args.rounds)
    untraced = row.seconds["untraced"] - start.seconds["untraced"]
    figures = [Figure("dd bs=1, only openat, --seccomp: time / untraced", 1 + row.added["tracefs"] / untraced, 1.2)]
    if "strace" in row.added:
        figures.append(Figure("the same under strace --seccomp-bpf", 1 + row.added["strace"] / untraced, 1.2))
    return figures
