# SPDX-License-Identifier: GPL-2.0-only
"""When a task can be made to stop without its noticing.

PTRACE_INTERRUPT wakes a sleeping task as a signal would. Most system calls then start again by themselves; some end
with EINTR or with part of their work done (signal(7), "Interruption of system calls and library functions by stop
signals", and the kernel's habit of returning short counts). An EINTR is undone at the stop that follows at once
(restart.c), but not if the tracer is killed in between. So a task is interrupted where no harm can come of it, and in
the other calls only when there is no other way.
"""

from __future__ import annotations

import os
from enum import Enum, auto

from tracefs.capture._engine import lib
from tracefs.capture.policy import procfs, transfers
from tracefs.capture.policy.procfs import Sight
from tracefs.syscalls import COMPAT_NAMES
from tracefs.syscalls.traits import NATIVE_NAMES, TRAITS, named

COMPUTES = 0.003
"""Seconds without sleep after which a running task is taken to compute: else it may be on its way into any call."""
RESTLESS = 1.0
"""Seconds after which a task is interrupted when it runs, though it sleeps often."""
UNDOABLE = 0.1
"""Seconds in one call after which that is taken to last: it is interrupted where EINTR can be undone."""
HIDDEN = 0.5
"""The same for a call that cannot be seen."""

RESTARTING, RECEIVING = named("restarts"), named("receives")
SLEEPS = frozenset(("nanosleep", "clock_nanosleep", "clock_nanosleep_time64", "poll", "futex", "futex_time64"))
"""Those that start again by restart_syscall(2)."""
IOCTL, TERMINAL = "ioctl", 0x54
"""Of ioctls, those of a terminal: the third digit pair of the request from the right."""

AUDIT_ARCH = {False: 0xC000003E, True: 0x40000003}
"""linux/audit.h: x86-64 and i386."""


class When(Enum):
    """When a task can be interrupted."""

    NOW = auto()
    SOON = auto()
    """Look again: it runs, or has only just fallen asleep."""
    AFTER_CALL = auto()
    """It has slept for a while in a call that an interrupt would cut short."""


def when(tid: int, sight: Sight, steady: float, restless: bool, entering: bool) -> When:
    """When the task can be interrupted without its noticing.

    The arguments are those of _harmless(), which says whether it can now.
    """
    if _harmless(tid, sight, steady, restless, entering):
        return When.NOW
    return When.AFTER_CALL if sight.call and sight.state != "R" and steady >= UNDOABLE else When.SOON


def _harmless(tid: int, sight: Sight, steady: float, restless: bool, entering: bool) -> bool:
    """Whether the task can be interrupted now without its noticing.

    steady: seconds for which it has been as it is, asleep in one call or never asleep. restless: it has not been so for
    long. entering: it must stop for its calls to be seen; else (it is to leave) it stops by itself when its call ends.
    """
    if sight.state in "TtZX":
        return True  # in a stop already, or dead
    if not sight.call:
        return steady >= COMPUTES or restless if sight.state == "R" else steady >= HIDDEN
    if sight.state == "R":
        return False  # it fell asleep in between
    if _undone(tid, sight):
        return entering and steady >= UNDOABLE
    nr, args = sight.call[0], sight.call[1:]
    name = COMPAT_NAMES.get(nr) if sight.compat else NATIVE_NAMES.get(nr)
    if nr < 0 or name in RESTARTING:
        return name not in SLEEPS or _knows_restart(tid, sight)
    if name in RECEIVING:
        flags = TRAITS[name].receive_flags
        return flags is None or not args[flags] & transfers.MSG_WAITALL
    if name == IOCTL:
        return args[1] >> 8 & 0xFF == TERMINAL
    if name is None or sight.compat or not transfers.untouched(tid, name, args):
        return False
    return not transfers.limited(tid, name, args) or (entering and steady >= UNDOABLE)


def _knows_restart(tid: int, sight: Sight) -> bool:
    """Whether the task can make restart_syscall(2), as far as is known: it has no filter that we have not."""
    return procfs.filters(tid) <= procfs.filters(os.getpid())


def unsettled(tid: int, sight: Sight, steady: float) -> bool:
    """Whether the task computes, so that its next stop is the entry of any call; or sleeps in a call that knows EINTR,
    which a signal that it ignores might end in the moment of the tracer's end."""
    return _undone(tid, sight) if sight.call else sight.state == "R" and steady >= COMPUTES


def _undone(tid: int, sight: Sight) -> bool:
    """Whether an interrupt makes its call end with EINTR, which is undone."""
    nr, first = sight.call[:2]
    if not lib.cap_undoable(AUDIT_ARCH[sight.compat], nr, first):
        return False
    name = COMPAT_NAMES.get(nr) if sight.compat else NATIVE_NAMES.get(nr)
    return name not in RECEIVING or _may_time_out(tid, first)


def _may_time_out(tid: int, fd: int) -> bool:
    """Whether it is a socket with a receive time-out, or one that cannot be asked."""
    if not transfers.is_socket(tid, fd):
        return False
    import socket  # here, as hardly any start needs it

    one = transfers.duplicate(tid, fd)
    if one is None:
        return True
    with one:
        return any(one.getsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, 16))
