# SPDX-License-Identifier: GPL-2.0-only
"""A mount whose programs record themselves: its files reach programs that run free, and its readers do not feed
themselves."""

from __future__ import annotations

import errno
import re
import subprocess
import sys
from typing import IO, cast

import pytest

from tests.mount.mounting import PATIENCE, TRACEFS, Mounted, mounted, needs_fuse, refused
from tracefs.capture.policy.native import in_task_machine

pytestmark = [
    *needs_fuse,
    pytest.mark.skipif(in_task_machine() is not None, reason=f"programs cannot: {in_task_machine()}"),
]

PROGRAM = """
import os, sys
for line in sys.stdin:
    for _ in range(int(line)):
        os.getppid()
    print(flush=True)
"""
RECORDED = "recorded themselves"


class Program:
    """Makes so many calls getppid() whenever it is asked to."""

    def __init__(self) -> None:
        command = [sys.executable, "-S", "-E", "-c", PROGRAM]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._asks, self._answers = cast(IO[str], self.process.stdin), cast(IO[str], self.process.stdout)

    def calls(self, count: int) -> None:
        self._asks.write(f"{count}\n")
        self._asks.flush()
        self._answers.readline()

    def end(self) -> None:
        self._asks.close()
        assert self.process.wait(PATIENCE) == 0
        self._answers.close()


def shown(mount: Mounted, trace: str = "trace") -> int:
    return len(re.findall(r"sys_getppid\(", mount.read(trace)))


def test_the_files_of_a_mount_reach_programs_that_record_themselves() -> None:
    with mounted([*TRACEFS, "mount", "--scope", "tree"]) as mount:
        mount.write("options/in_task", "1")
        mount.write("buffer_size_kb", "2048")
        mount.write("current_tracer", "syscall")
        program = Program()
        program.calls(100)
        assert shown(mount) == 100
        mount.write("tracing_on", "0")
        program.calls(10)
        mount.write("tracing_on", "1")
        assert shown(mount) == 100
        mount.write("trace", "\n")
        program.calls(20)
        assert shown(mount) == 20
        mount.write("buffer_size_kb", "4096")
        program.calls(30)
        assert shown(mount) == 50
        (mount.path / "instances/other").mkdir()
        mount.write("instances/other/events/syscalls/sys_enter_getppid/filter", "common_pid == 0")
        mount.write("instances/other/events/syscalls/sys_enter_getppid/enable", "1")
        program.calls(5)
        mount.write("instances/other/events/syscalls/sys_enter_getppid/filter", f"common_pid == {program.process.pid}")
        program.calls(7)
        assert (shown(mount), shown(mount, "instances/other/trace")) == (62, 7)
        mount.write("set_ftrace_pid", "1")
        program.calls(9)
        assert (shown(mount), shown(mount, "instances/other/trace")) == (62, 16)
        assert cast(dict[str, int], mount.status()["in_task"])[RECORDED] >= 1
        with refused(errno.EBUSY):
            mount.write("options/in_task", "0")
        program.end()


def test_who_reads_the_buffer_does_not_feed_it() -> None:
    with mounted([*TRACEFS, "mount", "--scope", "tree"]) as mount:
        mount.write("options/in_task", "1")
        mount.write("current_tracer", "syscall")
        with subprocess.Popen(["cat", str(mount.path / "trace_pipe")], stdout=subprocess.PIPE, text=True) as reader:
            assert reader.stdout is not None
            program = Program()
            program.calls(1)
            program.end()
            seen = ""
            while not re.search(r"sys_getppid -> .*sys_exit_group\(", seen, re.S):
                seen += reader.stdout.readline()
            reader.terminate()
            assert f"cat-{reader.pid} " in seen, "how it began"
            assert not re.search(rf"cat-{reader.pid} .*sys_write", seen)
