# SPDX-License-Identifier: GPL-2.0-only
"""Calls a second from a recording to each form, in CPU time: `dd bs=1` and `find`."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.report import Figure
from tracefs.export.forms import FORMS, Wish, open_form
from tracefs.export.recorded import of_trace_dat

CALLS = 200_000
NATIVE = ("perfetto", "parquet")
"""Forms that C writes."""
GOAL = 500_000
"""Calls a second, for these."""


def run(args: argparse.Namespace) -> list[Figure]:
    count, tree = (CALLS // 10, "/usr/share/doc") if args.quick else (CALLS, "/usr")
    work = {
        "dd bs=1": ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", f"count={count}", "status=none"],
        f"find {tree}": ["find", tree],
    }
    figures = []
    with tempfile.TemporaryDirectory(prefix="bench-export-") as directory:
        for name, argv in work.items():
            recording = Path(directory) / "trace.dat"
            command = [sys.executable, "-m", "tracefs.cli", "run", "--trace-dat", "-w", str(recording), "--", *argv]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            calls = sum(data.count(b'"syscall"') for data in _parts(recording, "json"))
            rates = {
                form: calls / min(_took(recording, form) for _ in range(args.rounds)) for form in (*NATIVE, "json")
            }
            for form in NATIVE:
                note = f"{rates[form]:,.0f} calls/s, of {calls:,}; as JSON {rates['json']:,.0f}"
                figures.append(Figure(f"{name}: --{form}, us a call", 1e6 / rates[form], 1e6 / GOAL, note=note))
    return figures


def _parts(recording: Path, form: str) -> list[bytes]:
    export = open_form(FORMS[form], of_trace_dat(recording), Wish(), -1)
    return list(iter(lambda: export.take(True), b""))


def _took(recording: Path, form: str) -> float:
    export = open_form(FORMS[form], of_trace_dat(recording), Wish(), -1)
    start = time.process_time()
    while export.take(True):
        pass
    return time.process_time() - start
