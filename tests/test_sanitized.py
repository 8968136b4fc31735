# SPDX-License-Identifier: GPL-2.0-only
"""The C of all rooms under sanitizers: some of the suite, on modules built with them.

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
ROOMS = (
    "ringbuf",
    "tracefs/capture",
    "tracefs/events",
    "tracefs/events/triggers",
    "tracefs/render",
    "tracefs/export/native",
)
TESTS = (
    "tests/events/test_filter_match.py",
    "tests/events/test_cmdlines.py",
    "tests/events/triggers",
    "tests/commands/test_run.py",
    "tests/render/test_typed.py",
    "tests/render/test_robust.py",
    "tests/export/perfetto/test_native.py",
    "tests/tree/test_fd_paths.py",
    "tests/tree/test_netlink.py",
    "tests/tree/test_parts.py",
    "tests/tree/test_races.py",
    "tests/tree/test_fuzzed.py",
)
LEFT_OUT = ("many_calls", "signal_that_the_command_died_of", "are_those_of_set_event", "under_sanitizers")
"""What is traced there has the sanitizer's library in it as well, and that catches SIGSEGV, or makes calls of its own;
the last has sanitizers of its own."""
OPTIONS = {
    "ASAN_OPTIONS": "detect_leaks=0",  # Python keeps what it has to its end
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "TSAN_OPTIONS": "report_signal_unsafe=0",
}


def library(name: str) -> Path:
    found = subprocess.run(["gcc", f"-print-file-name=lib{name}.so"], capture_output=True, text=True, check=True)
    path = Path(found.stdout.strip())
    if not path.is_absolute():
        pytest.skip(f"NO SANITIZER: gcc has no lib{name} here")
    return path.resolve()


def build(target: Path, sanitizers: str) -> None:
    """The project in another place, with the modules of ROOMS built under these sanitizers."""
    ours = shutil.ignore_patterns(
        "_ringbuf.*", "_engine.*", "_filter.*", "_hist.*", "_render.*", "_native.*", "*.o", "__pycache__"
    )
    for name in ("ringbuf", "tracefs", "tests", "docs"):
        shutil.copytree(ROOT / name, target / name, ignore=ours)
    shutil.copy(ROOT / "pyproject.toml", target)
    sanitize = f"-fsanitize={sanitizers}"
    environment = {
        **os.environ,
        "CFLAGS": f"{sanitize} -fno-sanitize-recover=undefined -O1 -g1",
        "LDFLAGS": sanitize,
    }
    builds = [
        subprocess.Popen([sys.executable, f"{room}/build.py"], cwd=target, env=environment, stderr=subprocess.DEVNULL)
        for room in ROOMS
    ]
    assert [build.wait() for build in builds] == [0] * len(ROOMS)


def check(copy: Path, preload: Path, *chosen: str) -> None:
    """Those tests pass there, and no sanitizer says anything."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", *chosen],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy), "LD_PRELOAD": str(preload), **OPTIONS},
        capture_output=True,
        text=True,
    )
    assert "Sanitizer" not in done.stdout + done.stderr, done.stdout[-5000:] + done.stderr[-9000:]
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]


@pytest.mark.timeout(400)
def test_no_memory_error_and_nothing_undefined(tmp_path: Path) -> None:
    preload = library("asan")
    build(tmp_path, "address,undefined")
    check(tmp_path, preload, *TESTS, "-k", " and ".join(f"not {name}" for name in LEFT_OUT))


@pytest.mark.soak
@pytest.mark.timeout(3000)
@pytest.mark.parametrize(("name", "sanitizers"), [("asan", "address,undefined"), ("tsan", "thread")])
def test_races_for_long(name: str, sanitizers: str, tmp_path: Path) -> None:
    """RACE_SECONDS says how long (tests/tree/test_races.py)."""
    preload = library(name)
    build(tmp_path, sanitizers)
    check(tmp_path, preload, "--soak", "tests/tree/test_races.py")


@pytest.mark.soak
@pytest.mark.timeout(20000)
def test_nonsense_for_long(tmp_path: Path) -> None:
    """FUZZED_WRITES says how many writes (tests/tree/test_fuzzed.py)."""
    preload = library("asan")
    build(tmp_path, "address,undefined")
    check(tmp_path, preload, "--soak", "tests/tree/test_fuzzed.py", "-k", "for_long")
