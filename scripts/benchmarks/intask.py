# SPDX-License-Identifier: GPL-2.0-only
"""What the recorder that runs in tasks adds to a call, in one process: no stop, no dispatching."""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path

from benchmarks.report import Figure

GOALS = {"getppid": 120.0, "read": 130.0, "getppid+saved": 120.0, "read+saved": 350.0}
"""ns."""


def run(args: argparse.Namespace) -> list[Figure]:
    from tests.capture.intask import recorder

    with tempfile.TemporaryDirectory(prefix="bench-intask-") as directory:
        command = recorder.driver(Path(directory))
        count = "20000" if args.quick else "200000"
        found = subprocess.run([*command, "time", count], check=True, capture_output=True, text=True)
    figures = []
    for line in found.stdout.splitlines():
        name, plain, recorded = line.split()
        added = float(recorded) - float(plain)
        note = f"{plain} ns by itself, {recorded} ns recorded"
        figures.append(Figure(f"in-task recorder: {name}, added", added, GOALS[name], " ns", note))
    return figures
