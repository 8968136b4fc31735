# SPDX-License-Identifier: GPL-2.0-only
"""The same processes, the same events, the same filters: the lines of the kernel's `trace` and of ours, per task."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Oracle
from tests.kernel.differential import LAUNCHER
from tests.tree.traced import Traced

LINE = re.compile(r"^.*?-(\d+) +\[\d+\].*? [\d.]+: (\w+)(?:: |)(.*)$", re.M)

SCRIPT = """
trap : USR1
kill -USR1 $$
"$SCRIPT" one two
(exit 3) & wait $!
/bin/ls /nonexistent . | /bin/cat
exec "$PYTHON" -S -c 'import ctypes; libc = ctypes.CDLL(None)
libc.prctl(15, b"renamed"); libc.prctl(4711, 1, -2, 3, 4); libc.wait4(-1, 0, 1, 0)'
"""

LIFE = {
    f"{system}/{event}": ""
    for system, event in (
        ("sched", "sched_prepare_exec"),
        ("sched", "sched_process_fork"),
        ("sched", "sched_process_exec"),
        ("sched", "sched_process_exit"),
        ("sched", "sched_process_wait"),
        ("signal", "signal_deliver"),
        ("task", "task_newtask"),
        ("task", "task_prctl_unknown"),
        ("task", "task_rename"),
    )
}
FILTERED = {
    "syscalls/sys_exit_openat": "ret < 0",
    "syscalls/sys_enter_openat": "flags & 0x80000 && dfd != 3",
    "syscalls/sys_exit_read": "ret > 100 || ret == 0",
    "syscalls/sys_enter_mmap": "prot == 5",
    "sched/sched_process_exec": 'filename ~ "*/ls"',
    "sched/sched_process_fork": 'child_comm == "sh" && common_pid > 1',
}
RAW = {
    "raw_syscalls/sys_enter": "id == 39 || id == 110 || id == 257",
    "raw_syscalls/sys_exit": "ret == -2",
}
"""Apart from FILTERED: which of two events of one call comes first depends on which was enabled first."""


def per_task(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for tid, event, rest in LINE.findall(text):
        found.setdefault(tid, []).append(f"{event}: {told(rest)}")
    return found


def told(rest: str) -> str:
    """Without what ours says alone (docs/differences.md)."""
    return re.sub(r" exit_code=\w+$", "", rest)


def both(
    oracle: Oracle, events: dict[str, str], script: str = SCRIPT
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """What the kernel and we say of one run of the script. The launcher in between waits for it: the tracer must
    not."""
    launcher = subprocess.Popen(
        ["sh", "-c", LAUNCHER, "sh", "sh", "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHON": os.path.realpath(sys.executable)},
    )
    assert launcher.stdin
    assert launcher.stdout
    pid = launcher.stdout.readline().strip()
    ours = Traced()
    ours.write("syscall_user_buf_size", "0\n")  # which this kernel does not have
    try:
        for name, text in (("options/event-fork", "1"), ("set_event_pid", pid), ("buffer_size_kb", "8192")):
            (oracle.instance / name).write_text(text + "\n")
            ours.write(name, text + "\n")
        for name, text in events.items():
            for file, content in (("filter", text or "0"), ("enable", "1")):
                (oracle.instance / "events" / name / file).write_text(content + "\n")
                ours.write(f"events/{name}/{file}", content + "\n")
        engine = ours.files.engine
        assert engine.settle(10)  # type: ignore[attr-defined]
        launcher.stdin.write("go\n")
        launcher.stdin.close()
        assert launcher.wait(60) == 0
        assert engine.settle(10)  # type: ignore[attr-defined]
        for name in events:
            (oracle.instance / "events" / name / "enable").write_text("0\n")
        return per_task((oracle.instance / "trace").read_text()), per_task(ours.read("trace"))
    finally:
        ours.files.shutdown()


@pytest.mark.oracle
def test_tasks_come_go_wait_rename_and_send_and_take_signals_as_the_kernel_says(
    oracle: Oracle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "script"
    script.write_text("#!/bin/sh -u\nexit 3\n")
    script.chmod(0o700)
    monkeypatch.setenv("SCRIPT", str(script))
    kernels, mine = both(oracle, LIFE)
    assert len(kernels) >= 4
    assert mine == kernels


@pytest.mark.oracle
@pytest.mark.parametrize("events", [FILTERED, RAW], ids=["syscalls and sched", "raw_syscalls"])
def test_the_same_filters_let_the_same_events_through(events: dict[str, str], oracle: Oracle) -> None:
    kernels, mine = both(oracle, events)
    assert sum(map(len, kernels.values())) > 20
    assert mine == kernels
