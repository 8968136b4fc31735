# SPDX-License-Identifier: GPL-2.0-only
"""Nanoseconds per event of the ring buffer alone (the loop is C: python -m ringbuf.bench)."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

from benchmarks.report import Figure


def run(args: argparse.Namespace) -> list[Figure]:
    found = subprocess.run(
        [sys.executable, "-m", "ringbuf.bench", "--json"], check=True, capture_output=True, text=True
    )
    figures = json.loads(found.stdout)
    two = f"two writers on one CPU's buffer: {figures['ns_per_event_2']:.1f} ns"
    return [Figure("ring buffer: one writer, 56-byte event", figures["ns_per_event_1"], 60.0, " ns", two)]
