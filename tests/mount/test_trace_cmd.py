# SPDX-License-Identifier: GPL-2.0-only
"""Unmodified trace-cmd on a mount of ours.

Its library takes the first line of /proc/mounts whose type is exactly `tracefs`, and FUSE cannot say that. So the
kernel's tracefs is mounted in a mount namespace of the test's own, and ours on top of it: what trace-cmd finds there is
ours.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.mount.mounting import PATIENCE, TRACEFS, needs_fuse

pytestmark = [
    *needs_fuse,
    pytest.mark.skipif(not shutil.which("trace-cmd"), reason="NO TRACE-CMD: it is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="NO ROOT: trace-cmd finds a mount of ours as root only"),
]

BEGIN = f"""
set -eu
umount -l -a -t tracefs,debugfs || true
mount -t tracefs none /sys/kernel/tracing || exit 77
mkdir ours
{" ".join(TRACEFS)} mount --scope none ours >&2
trap 'umount /sys/kernel/tracing; fusermount -u -z ours' EXIT
mount --bind ours /sys/kernel/tracing
[ "$(cat /sys/kernel/tracing/available_tracers)" = "syscall nop" ]
if [ -e /proc/sys/kernel/ftrace_enabled ]; then
	echo 1 > enabled
	mount --bind enabled /proc/sys/kernel/ftrace_enabled
fi
"""
"""The last is a switch of the kernel's that trace-cmd sets, and that must not be touched."""


def run(directory: Path, script: str) -> str:
    """What the script prints, in a place where trace-cmd finds our mount."""
    command = ["unshare", "--mount", "bash", "-c", BEGIN + script]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=4 * PATIENCE, check=False)
    if done.returncode == 77:
        pytest.skip("NO TRACEFS: the kernel's cannot be mounted, and trace-cmd looks for no other type")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_record_writes_is_what_report_shows(tmp_path: Path) -> None:
    """The raw sub-buffers and the formats, parsed by somebody else's library; the filter and the pid reach us."""
    output = run(
        tmp_path,
        """
        trace-cmd record -B foo -e syscalls:sys_enter_openat -e syscalls:sys_enter_write -f 'count == 3' \\
            -F sh -c 'echo ab; echo abcdefg; cat /dev/null' >&2
        trace-cmd report
        ls /sys/kernel/tracing/instances
        """,
    )
    lines = re.findall(r"^foo: +(\w+)-\d+ +\[\d{3}\] +\d+\.\d{6}: (\w+): +(.*)$", output, re.M)
    opened = [text for comm, name, text in lines if (comm, name) == ("sh", "sys_enter_openat")]
    assert re.fullmatch(r'dfd: AT_FDCWD, filename: "/.*", flags: O_RDONLY\|O_CLOEXEC', opened[0])
    written = [text.rpartition(", ")[2] for _, name, text in lines if name == "sys_enter_write"]
    assert written == ["count: 3"]
    assert {name for _, name, _ in lines} == {"sys_enter_openat", "sys_enter_write"}


def test_list_start_show_stat_stop_extract_snapshot_reset(tmp_path: Path) -> None:
    output = run(
        tmp_path,
        """
        trace-cmd list -t
        trace-cmd list -e sched:
        trace-cmd start -e syscalls:sys_enter_openat -f 'flags == 0'
        sh -c 'echo $$ > /sys/kernel/tracing/set_event_pid; exec cat /dev/null'
        trace-cmd stop
        echo =====; trace-cmd stat
        echo =====; trace-cmd show
        trace-cmd extract >&2
        echo =====; trace-cmd report
        trace-cmd snapshot -s
        echo =====; trace-cmd snapshot
        trace-cmd snapshot -f
        trace-cmd reset
        echo =====; cat /sys/kernel/tracing/set_event
        """,
    )
    listed, stat, shown, report, snapshot, after = output.split("=====\n")
    assert listed.splitlines()[0] == "syscall nop"
    assert "sched:sched_process_exec\n" in listed
    assert "sys_enter_openat\n" in stat
    assert 'syscalls:sys_enter_openat "(flags == 0)"' in stat
    line = r'^ +cat-\d+ .* sys_openat\(dfd: 0xffffff9c, filename: 0x[0-9a-f]+ ("/.*"), flags: 0, mode: 0\)$'
    opened = re.findall(line, shown, re.M)
    assert opened
    assert f"filename: {opened[-1]}" in report
    assert "* Snapshot is allocated *" in snapshot
    assert after == ""
