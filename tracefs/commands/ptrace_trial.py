# SPDX-License-Identifier: GPL-2.0-only
"""May this user trace? Asked of the kernel, on processes made for the purpose."""

from __future__ import annotations

import ctypes
import os
import signal

PTRACE_SEIZE = 0x4206

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


def _seize(pid: int) -> int:
    """0 or an errno. The trace ends with its tracer or its tracee."""
    return 0 if _libc.ptrace(PTRACE_SEIZE, pid, None, None) == 0 else ctypes.get_errno()


def _sleeper() -> int:
    pid = os.fork()
    if pid == 0:
        while True:
            signal.pause()
    return pid


def _end(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def own_child() -> str:
    """Why tracing a child fails; empty if it works. That is all that `tracefs run` needs."""
    target = _sleeper()
    try:
        number = _seize(target)
    finally:
        _end(target)
    return os.strerror(number) if number else ""


def not_a_child() -> str:
    """Why tracing a process of the same user that is no descendant fails; empty if it works. Mounts need it."""
    target = _sleeper()
    try:
        tracer = os.fork()
        if tracer == 0:
            os._exit(_seize(target))
        _, status = os.waitpid(tracer, 0)
    finally:
        _end(target)
    number = os.waitstatus_to_exitcode(status)
    return os.strerror(number) if number else ""
