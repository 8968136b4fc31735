# SPDX-License-Identifier: GPL-2.0-only
"""The C of capture/, events/ and render/ under AddressSanitizer and UBSan: some of the suite, on modules built with them.

(ringbuf/ and render/ have C programs of their own for this, too: tests/ringbuf/stress.c, tests/render/fuzz_driver.c.)
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("tracefs/capture", "tracefs/events", "tracefs/events/triggers", "tracefs/render")
SANITIZE = "-fsanitize=address,undefined"
TESTS = (
    "tests/events/test_filter_match.py",
    "tests/events/test_cmdlines.py",
    "tests/events/triggers",
    "tests/commands/test_run.py",
    "tests/render/test_typed.py",
    "tests/render/test_robust.py",
    "tests/tree/test_fd_paths.py",
    "tests/tree/test_netlink.py",
    "tests/tree/test_parts.py",
)
LEFT_OUT = ("many_calls", "dies_by_the_signal", "signal_is_128", "are_those_of_set_event", "under_sanitizers")
"""What is traced there has the sanitizer's library in it as well, and that catches SIGSEGV, or makes calls of its own; the
last has sanitizers of its own."""


def library() -> Path:
    found = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True)
    return Path(found.stdout.strip())


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project with the modules of ROOMS built under the sanitizers."""
    ours = shutil.ignore_patterns("_engine.*", "_filter.*", "_hist.*", "_render.*", "*.o", "__pycache__")
    for name in ("ringbuf", "tracefs", "tests", "docs"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ours)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    environment = {
        **os.environ,
        "CFLAGS": f"{SANITIZE} -fno-sanitize-recover=undefined -O1 -g1",
        "LDFLAGS": SANITIZE,
    }
    builds = [
        subprocess.Popen([sys.executable, f"{room}/build.py"], cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
        for room in ROOMS
    ]
    assert [build.wait() for build in builds] == [0] * len(ROOMS)
    return tmp_path


@pytest.mark.timeout(400)
def test_no_memory_error_and_nothing_undefined(copy: Path) -> None:
    if not library().is_absolute():
        pytest.skip("NO SANITIZER: gcc has no libasan here")
    chosen = [*TESTS, "-k", " and ".join(f"not {name}" for name in LEFT_OUT)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen],
        cwd=copy,
        env={
            **os.environ,
            "PYTHONPATH": str(copy),
            "LD_PRELOAD": str(library()),
            "ASAN_OPTIONS": "detect_leaks=0",  # Python keeps what it has to its end
            "UBSAN_OPTIONS": "print_stacktrace=1",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    assert "Sanitizer" not in done.stdout + done.stderr
