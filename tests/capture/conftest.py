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


KNOWN_FAULTS = {
    "test_setuid_program_run_by_a_traced_shell_is_privileged": "an unprivileged tracer does not let go of a setuid exec yet",
}
"""What the engine still gets wrong; each line is to be mended and taken away."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for words, why in KNOWN_FAULTS.items():
            if words in item.name:
                item.add_marker(pytest.mark.xfail(reason=why, strict=False))
