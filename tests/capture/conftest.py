# SPDX-License-Identifier: GPL-2.0-only
"""The compiled test programs, once for a session."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.capture.harness import programs as sources


@pytest.fixture(scope="session")
def programs() -> Iterator[Path]:
    """The directory of the compiled programs of tests/capture/programs, readable by every user (pytest's own are
    not)."""
    with tempfile.TemporaryDirectory(prefix="tracefs-programs-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        sources.build_all(directory)
        yield directory
