# SPDX-License-Identifier: GPL-2.0-only
"""Is the task that waits in one of our files wanted elsewhere?"""

from __future__ import annotations

import signal

_SILENT = (signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH)


def _bits(signals: tuple[signal.Signals, ...]) -> int:
    return sum(1 << (number - 1) for number in signals)


def has_signal(tid: int) -> bool:
    """Has this thread a signal to act on (a handler, a stop or death waits for it)?

    A tracer's PTRACE_INTERRUPT and the freezer interrupt a wait as well, and leave no signal: the wait must go on then.
    A traced task also queues signals that it ignores, for its tracer to see; those are not counted either.
    True where the task cannot be looked at: it is gone, or in another PID namespace.
    """
    try:
        with open(f"/proc/{tid}/status", "rb") as status:
            lines = dict(line.split(b":", 1) for line in status if b":" in line)
        pending, shared, blocked, ignored, caught = (
            int(lines[name], 16) for name in (b"SigPnd", b"ShdPnd", b"SigBlk", b"SigIgn", b"SigCgt")
        )
    except (OSError, KeyError, ValueError):
        return True
    default_ignored = _bits(_SILENT) & ~caught
    return bool((pending | shared) & ~blocked & ~ignored & ~default_ignored)


def in_page_fault(tid: int) -> bool:
    """Does this thread wait for a page of a mapping, and not in a system call?

    False where the task cannot be looked at (Yama, a sandbox): then it is taken to be in a call.
    """
    try:
        with open(f"/proc/{tid}/syscall", "rb") as call:
            return call.read(3) == b"-1 "
    except OSError:
        return False
