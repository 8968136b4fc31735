# SPDX-License-Identifier: GPL-2.0-only
"""The ptrace requests of the cold path, on python-ptrace. Only the capture thread may make them."""

from __future__ import annotations

from typing import Any

from ptrace import PtraceError
from ptrace.binding import func

from tracefs.capture._engine import lib

PTRACE_SEIZE = 0x4206
"""From linux/ptrace.h; python-ptrace 0.9.9 lacks it."""

OPTIONS: int = (
    func.PTRACE_O_TRACESYSGOOD
    | func.PTRACE_O_TRACEFORK
    | func.PTRACE_O_TRACEVFORK
    | func.PTRACE_O_TRACECLONE
    | func.PTRACE_O_TRACEEXEC
)
"""Set at PTRACE_SEIZE already: a syscall stop without TRACESYSGOOD would leave a SIGTRAP behind if we died in it."""


def _checked(function: Any, *args: Any) -> Any:
    """Call it; its error as OSError. Counted for TRACEFS_KILL_AT (ops.h)."""
    lib.cap_op()
    try:
        return function(*args)
    except PtraceError as error:
        raise OSError(error.errno, str(error)) from None


def seize(tid: int) -> None:
    """Attach without stopping. OSError: EPERM (not allowed, already traced), ESRCH (gone)."""
    _checked(func.ptrace, PTRACE_SEIZE, tid, 0, OPTIONS)
