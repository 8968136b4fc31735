# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs run --strace` and `--json` against `strace -f -ttt -T -v -o FILE`: the whole run, and their decoding alone.

Decoding runs beside the traced program. Where it takes less time per call than the program's own calls do under strace,
it keeps up with all that strace keeps up with; what it is behind meanwhile waits in the buffer.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import interleave, peers
from benchmarks.recording import Recording
from benchmarks.report import Figure
from benchmarks.workloads import Workload, read_and_find
from tracefs.commands.setting import OPTIONS, STRUCTURED_KB, SUBBUF_KB
from tracefs.export.day import TimeOfDay
from tracefs.export.forms import FORMS, Wish, open_form
from tracefs.tree.source import live

CALLS = 100_000
NAMES = ("json", "strace")
GOAL = 1.0


class Strace(peers.Strace):
    def command(self, argv: Sequence[str], output: Path) -> list[str]:
        return ["strace", "-f", "-ttt", "-T", "-v", "-o", str(output), *argv]


@dataclass
class Structured(peers.Peer):
    """Fails where events are lost."""

    def run(self, argv: Sequence[str], output: Path) -> float:
        start = time.perf_counter()
        done = subprocess.run(self.command(argv, output), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        took = time.perf_counter() - start
        if b" lost" in done.stderr:
            raise RuntimeError(f"{self.name}: {done.stderr.decode().strip()}")
        return took

    def command(self, argv: Sequence[str], output: Path) -> list[str]:
        return [sys.executable, "-m", "tracefs.cli", "run", f"--{self.name}", "-v", "-w", str(output), "--", *argv]


def run(args: argparse.Namespace) -> list[Figure]:
    """`dd bs=1` and `find`."""
    peers.all_peers()  # for the environment
    who = [peers.Peer("untraced"), *map(Structured, NAMES), Strace("strace -v")]
    if not who[-1].available():
        return []
    work = read_and_find(CALLS, args.quick)
    rows = interleave.measure(work, who, rounds=args.rounds)[1:]
    return [figure for each, row in zip(work, rows, strict=True) for figure in _figures(each, row.added)]


def _figures(work: Workload, added: dict[str, float]) -> list[Figure]:
    figures = []
    for form in NAMES:
        calls, took = decoding(work.argv, form)
        theirs = added["strace -v"] / calls
        note = f"{added[form]:.2f} s, {added['strace -v']:.2f} s"
        figures.append(
            Figure(f"{work.name}: added by --{form} / by strace", added[form] / added["strace -v"], GOAL, note=note)
        )
        note = f"{1e6 * took:.1f} us a call, {1 / took:,.0f} calls/s; strace adds {1e6 * theirs:.1f} us"
        figures.append(Figure(f"{work.name}: decoding of --{form} / strace", took / theirs, GOAL, note=note))
    return figures


def decoding(argv: Sequence[str], form: str) -> tuple[int, float]:
    """How many lines there are of the command, and the CPU seconds that one takes from a recorded buffer."""
    settings = [
        ("buffer_subbuf_size_kb", str(SUBBUF_KB)),
        ("buffer_size_kb", str(2 * STRUCTURED_KB)),
        ("trace_clock", FORMS[form].clock),
        *FORMS[form].settings,
        *(("set_event", event) for event in FORMS[form].events),
        ("current_tracer", "syscall"),
        *(("trace_options", option) for option in OPTIONS),
    ]
    with tempfile.TemporaryFile() as null, Recording(argv, settings, stdout=null.fileno()) as recording:
        export = open_form(FORMS[form], live(recording.files.top, day=TimeOfDay(FORMS[form].clock)), Wish(True), -1)
        start, count = time.thread_time(), 0
        while text := export.take(True):
            count += text.count(b"\n")
        took = time.thread_time() - start
    return count, took / count
