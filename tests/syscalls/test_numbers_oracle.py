# SPDX-License-Identifier: GPL-2.0-only
"""Syscall numbers that no header of this machine confirms: make the call and see which event the kernel records."""

import ctypes
import os
import re
from pathlib import Path

import pytest

from tests.events.conftest import instance, oracle
from tracefs.syscalls import SYSCALLS, Syscall

__all__ = ["instance", "oracle"]

pytestmark = pytest.mark.oracle

FIRST_YOUNG = 451
YOUNG = [syscall for syscall in SYSCALLS if syscall.nr >= FIRST_YOUNG and syscall.in_kernel]


def call_in_child(instance: Path, calls: list[Syscall]) -> None:
    """Fork a child that makes each call with six arguments of -1 (all fail), traced in the instance."""
    ready, go = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(ready, 1)
        libc = ctypes.CDLL(None)
        for syscall in calls:
            libc.syscall(syscall.nr, *[ctypes.c_long(-1)] * 6)
        os._exit(0)
    (instance / "set_event_pid").write_text(str(child))
    (instance / "events" / "syscalls" / "enable").write_text("1")
    os.write(go, b"x")
    os.waitpid(child, 0)
    (instance / "events" / "syscalls" / "enable").write_text("0")
    os.close(ready)
    os.close(go)


def test_young_calls_have_the_number_that_the_table_says(instance: Path) -> None:
    call_in_child(instance, YOUNG)
    recorded = re.findall(r": sys_(\w+)\(", (instance / "trace").read_text())
    names = [syscall.name for syscall in YOUNG]
    assert [name for name in recorded if name in names] == names
