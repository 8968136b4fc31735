# SPDX-License-Identifier: GPL-2.0-only
"""Calls of real programs have the words that strace has for them (scripts/compare-strace, some of its workloads)."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

COMPARE = Path(__file__).resolve().parent.parent.parent / "scripts/compare-strace"


@pytest.mark.parametrize("workload", ["sqlite3", "controls", "others", "signals", "sockets"])
def test_the_words_are_straces(workload: str) -> None:
    lacking = [tool for tool in ("strace", "sqlite3", "cc") if not shutil.which(tool)]
    if lacking:
        pytest.skip(f"not installed: {' '.join(lacking)}")
    command = [sys.executable, COMPARE, "--below", "98", workload]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
