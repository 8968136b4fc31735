# SPDX-License-Identifier: GPL-2.0-only
"""Runs stress.c: plain, under ThreadSanitizer, and under AddressSanitizer and UndefinedBehaviorSanitizer."""

from __future__ import annotations

import runpy
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = runpy.run_path(str(ROOT / "ringbuf/sources.py"))

FLAVOURS = {
    "plain": [],
    "tsan": ["-fsanitize=thread"],
    "asan": ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
}
# ThreadSanitizer does not follow processes that are forked from one with threads: it gets the threads only.
RUNS = [
    (flavour, writers, mode)
    for flavour in FLAVOURS
    for writers in ("threads", "processes")
    for mode in ("overwrite", "drop")
    if (flavour, writers) != ("tsan", "processes")
]


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The program in each flavour."""
    directory = tmp_path_factory.mktemp("stress")
    for name, options in FLAVOURS.items():
        subprocess.run(
            [
                "gcc",
                *SOURCES["CFLAGS"],
                "-g",
                *options,
                "-I.",
                "-o",
                str(directory / name),
                "tests/ringbuf/stress.c",
                *SOURCES["SOURCES"],
                "-pthread",
            ],
            cwd=ROOT,
            check=True,
        )
    return {name: directory / name for name in FLAVOURS}


def run(program: Path, writers: str, mode: str, seconds: float, seed: int) -> None:
    done = subprocess.run(
        [str(program), writers, mode, str(seconds), str(seed)], capture_output=True, text=True, timeout=seconds + 60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("written ")


@pytest.mark.parametrize(("flavour", "writers", "mode"), RUNS)
def test_events_survive_whole_in_order_and_counted(
    programs: dict[str, Path], flavour: str, writers: str, mode: str
) -> None:
    run(programs[flavour], writers, mode, 1.0, 1)


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(2, 6))
@pytest.mark.parametrize(("flavour", "writers", "mode"), RUNS)
def test_stress_soak(programs: dict[str, Path], flavour: str, writers: str, mode: str, seed: int) -> None:
    run(programs[flavour], writers, mode, 30.0, seed)
