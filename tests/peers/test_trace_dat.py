# SPDX-License-Identifier: GPL-2.0-only
"""trace-cmd reads what `tracefs run --trace-dat` writes: no mount, no root."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.mount.mounting import TRACEFS

pytestmark = pytest.mark.skipif(not shutil.which("trace-cmd"), reason="NO TRACE-CMD: it is not installed")


def test_report_has_each_task_s_calls_in_words(tmp_path: Path) -> None:
    file = tmp_path / "trace.dat"
    events = ["-e", "sys_*_openat", "-e", "sched_process_exit"]
    command = ["sh", "-c", "/bin/cat /does/not/exist 2> /dev/null; exec /bin/true"]
    subprocess.run([*TRACEFS, "run", "--trace-dat", "-w", file, *events, "--", *command], check=True, timeout=60)
    done = subprocess.run(
        ["trace-cmd", "report", "-N", "-i", file], capture_output=True, text=True, check=True, timeout=60
    )
    lines = re.findall(r"^ +(\w+)-\d+ +\[\d{3}\] +\d+\.\d{6}: (\w+): +(.*)$", done.stdout, re.M)
    failed = lines.index(("cat", "sys_enter_openat", 'dfd: AT_FDCWD, filename: "/does/not/exist", flags: O_RDONLY'))
    assert lines[failed + 1] == ("cat", "sys_exit_openat", "-ENOENT")
    ends = [(comm, text.partition(" ")[0]) for comm, name, text in lines if name == "sched_process_exit"]
    assert ends == [("cat", "comm=cat"), ("true", "comm=true")]
