# SPDX-License-Identifier: GPL-2.0-only
"""The ptrace requests of the cold path, on python-ptrace. Only the capture thread may make them."""

from __future__ import annotations

import functools
from types import ModuleType

from tracefs.capture._engine import lib

PTRACE_SEIZE = 0x4206
"""From linux/ptrace.h; python-ptrace 0.9.9 lacks it."""


@functools.cache
def binding() -> ModuleType:
    """python-ptrace, imported when it is first needed: `tracefs run` starts its program without it, and sooner so."""
    from ptrace.binding import func

    module: ModuleType = func
    return module


def options() -> int:
    """Set at PTRACE_SEIZE already: a syscall stop without TRACESYSGOOD would leave a SIGTRAP behind if we died in
    it."""
    func = binding()
    return int(
        func.PTRACE_O_TRACESYSGOOD
        | func.PTRACE_O_TRACEFORK
        | func.PTRACE_O_TRACEVFORK
        | func.PTRACE_O_TRACECLONE
        | func.PTRACE_O_TRACEEXEC
    )


def seize(tid: int) -> None:
    """Attach without stopping. OSError: EPERM (not allowed, already traced), ESRCH (gone)."""
    func = binding()
    wanted = options()
    lib.cap_op()  # counted for TRACEFS_KILL_AT (ptrace_calls.h)
    try:
        func.ptrace(PTRACE_SEIZE, tid, 0, wanted)
    except func.PtraceError as error:
        raise OSError(error.errno, str(error)) from None
