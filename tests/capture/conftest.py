# SPDX-License-Identifier: GPL-2.0-only
"""The compiled test programs, once for a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.capture.harness import programs as sources


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the compiled programs of tests/capture/programs, readable by every user."""
    directory = tmp_path_factory.mktemp("programs")
    for path in (directory, *directory.parents[:2]):
        path.chmod(0o755)
    sources.build_all(directory)
    return directory
