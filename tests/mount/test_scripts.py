# SPDX-License-Identifier: GPL-2.0-only
"""scripts/run, where scripts/test has set the machine up."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

import pytest

from tests.mount.mounting import PATIENCE, ROOT, can_mount

pytestmark = pytest.mark.skipif(
    not (ROOT / ".venv/.installed-test").exists(), reason="NOT SET UP by scripts/test: scripts/run would install"
)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [ROOT / "scripts/run", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=2 * PATIENCE, check=False)


def test_run_with_a_command_traces_it_and_returns_its_status() -> None:
    start = time.monotonic()
    done = run("sh", "-c", "echo out; exit 3")
    assert (done.returncode, done.stdout) == (3, "out\n")
    assert "sys_exit_group(error_code: 3)" in done.stderr
    assert "setup:" not in done.stderr, "everything is in place already"
    assert time.monotonic() - start < PATIENCE


@pytest.mark.mount
@pytest.mark.skipif(not can_mount(), reason="NO FUSE: /dev/fuse cannot be opened here")
def test_run_shows_the_tracer_at_work_and_leaves_nothing_mounted() -> None:
    done = run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    decoded = ("sys_openat(dfd: AT_FDCWD, ", "sys_openat -> -ENOENT", "{ id: sys_")
    for shown in (
        "$ echo syscall > current_tracer",
        "$ ls -l /etc",
        "# tracer: syscall",
        "sys_openat(int dfd: ",
        *decoded,
    ):
        assert shown in done.stdout
    directory = re.search(r"^tracefs is mounted on (.*)$", done.stdout, re.M)
    assert directory
    assert directory[1] not in Path("/proc/mounts").read_text()
