# SPDX-License-Identifier: GPL-2.0-only
"""The self-checking programs hold without a tracer; else what they say under one would mean nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.capture.harness.programs import PROGRAMS


@pytest.mark.parametrize("name", PROGRAMS)
def test_program_holds_untraced(name: str, programs: Path) -> None:
    done = subprocess.run([programs / name], capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
