# SPDX-License-Identifier: GPL-2.0-only
"""When a task can be made to stop without its noticing.

PTRACE_INTERRUPT wakes a sleeping task as a signal would. Most system calls then start again by themselves; some end with EINTR or with
part of their work done (signal(7), "Interruption of system calls and library functions by stop signals", and the kernel's
habit of returning short counts). An EINTR is undone at the stop that follows at once (restart.c), but not if the tracer is killed
in between. So a task is interrupted where no harm can come of it, and in the other calls only when there is no other way.
"""

from __future__ import annotations

import ctypes
import os
from enum import Enum, auto

from tracefs.capture._engine import lib
from tracefs.capture.policy import procfs
from tracefs.capture.policy.procfs import Sight
from tracefs.syscalls import COMPAT_NAMES, by_name
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
MSG_WAITALL = 0x100
WRITE, PIPE_BUF = "write", 4096
IOCTL, TERMINAL = "ioctl", 0x54
"""Of ioctls, those of a terminal: the third digit pair of the request from the right."""
PIDFD_GETFD = by_name["pidfd_getfd"].nr

AUDIT_ARCH = {False: 0xC000003E, True: 0x40000003}
"""linux/audit.h: x86-64 and i386."""
_libc = ctypes.CDLL(None, use_errno=True)


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

    steady: seconds for which it has been as it is, asleep in one call or never asleep. restless: it has not been so for long.
    entering: it must stop for its calls to be seen; else (it is to leave) it stops by itself when its call ends.
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
        return flags is None or not args[flags] & MSG_WAITALL
    if name == WRITE:
        return args[2] <= PIPE_BUF and _writes_whole(tid, args[0])
    if name == IOCTL:
        return args[1] >> 8 & 0xFF == TERMINAL
    return False


def _knows_restart(tid: int, sight: Sight) -> bool:
    """Whether the task can make restart_syscall(2), as far as is known: it has no filter that we have not."""
    return procfs.filters(tid) <= procfs.filters(os.getpid())


def unsettled(tid: int, sight: Sight, steady: float) -> bool:
    """Whether the task computes, so that its next stop is the entry of any call; or sleeps in a call that knows EINTR, which a
    signal that it ignores might end in the moment of the tracer's end."""
    return _undone(tid, sight) if sight.call else sight.state == "R" and steady >= COMPUTES


def _undone(tid: int, sight: Sight) -> bool:
    """Whether an interrupt makes its call end with EINTR, which is undone."""
    nr, first = sight.call[:2]
    if not lib.cap_undoable(AUDIT_ARCH[sight.compat], nr, first):
        return False
    name = COMPAT_NAMES.get(nr) if sight.compat else NATIVE_NAMES.get(nr)
    return name not in RECEIVING or _may_time_out(tid, first)


def _target(tid: int, fd: int) -> str:
    """What a descriptor is open on, "" if that cannot be seen. Not stat(): the file may be our own."""
    try:
        return os.readlink(f"/proc/{tid}/fd/{fd}")
    except OSError:
        return ""


def _writes_whole(tid: int, fd: int) -> bool:
    """Whether a short write to it is not cut: not to a terminal or a socket."""
    return not _target(tid, fd).startswith(("/dev/", "socket:")) and bool(_target(tid, fd))


def _may_time_out(tid: int, fd: int) -> bool:
    """Whether it is a socket with a receive time-out, or one that cannot be asked."""
    if not _target(tid, fd).startswith("socket:"):
        return False
    try:
        pidfd = os.pidfd_open(int(procfs.status(tid).get("Tgid", "0")))
    except OSError:
        return True
    try:
        copy = _libc.syscall(PIDFD_GETFD, pidfd, fd, 0)
    finally:
        os.close(pidfd)
    if copy < 0:
        return True
    import socket  # here, as hardly any start needs it

    with socket.socket(fileno=copy) as one:
        return any(one.getsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, 16))
