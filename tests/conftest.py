# SPDX-License-Identifier: GPL-2.0-only
"""What tests of several rooms share: the kernel's own tracefs to compare with, and the switch for long tests."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest

# How long an example takes says how busy the machine is, and nothing about us.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

# Under nohup, and in a shell's background job, these are ignored, and so they would be in every program that the tests
# start.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run the tests that take minutes, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--soak"):
        for item in items:
            if "soak" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="takes minutes: give --soak"))


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing is kept in the user's own cache directory, nor taken from there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@dataclass(frozen=True)
class Oracle:
    """The live kernel's tracefs."""

    root: Path
    """Its top directory: shared by all on this machine, to be read and put back as it was."""
    instance: Path
    """An instance of the test's own."""


@pytest.fixture(scope="session")
def oracle_root() -> Iterator[Path]:
    """A private mount of the kernel's tracefs. Unmounted at the end of the session."""
    if os.geteuid() != 0:
        pytest.skip("NO ORACLE: mounting the kernel's tracefs needs root")
    directory = tempfile.mkdtemp(prefix="oracle-")
    done = subprocess.run(["mount", "-t", "tracefs", "none", directory], capture_output=True, text=True)
    if done.returncode:
        os.rmdir(directory)
        pytest.skip(f"NO ORACLE: {done.stderr.strip()}")
    try:
        yield Path(directory)
    finally:
        subprocess.run(["umount", "-l", directory], check=False)
        with contextlib.suppress(OSError):
            os.rmdir(directory)


@pytest.fixture
def oracle(oracle_root: Path) -> Iterator[Oracle]:
    """The kernel's tracefs with a fresh instance, removed after the test."""
    instance = Path(tempfile.mkdtemp(prefix="test-", dir=oracle_root / "instances"))
    try:
        yield Oracle(oracle_root, instance)
    finally:
        instance.rmdir()
