# SPDX-License-Identifier: GPL-2.0-only
"""Making a task stop without its noticing.

PTRACE_INTERRUPT wakes a sleeping task as a signal would. Most system calls then start again by themselves; some end with EINTR or with
part of their work done (signal(7), "Interruption of system calls and library functions by stop signals", and the kernel's
habit of returning short counts). So a task is interrupted only where that is harmless; elsewhere it is left until it
leaves the call. Between our look and the interrupt it may enter such a call; an EINTR that comes of it is undone.
"""

from __future__ import annotations

import errno
import os

from tracefs.capture import procfs, ptrace_ops

# Numbers of arch/x86/entry/syscalls/syscall_64.tbl, as in tracefs/syscalls/syscalls.tbl.
RESTARTING: frozenset[int] = frozenset({
    0, 19,              # read, readv
    2, 257, 437,        # open, openat, openat2: a fifo
    7, 271, 23, 270,    # poll, ppoll, select, pselect6
    34, 130,            # pause, rt_sigsuspend
    35, 230, 219,       # nanosleep, clock_nanosleep, restart_syscall
    43, 288,            # accept, accept4
    61, 247,            # wait4, waitid
    68, 69, 70,         # msgget, msgsnd, msgrcv
    72, 73,             # fcntl (locks), flock
    202, 449, 455, 456, # futex, futex_waitv, futex_wait, futex_requeue
    242, 243,           # mq_timedsend, mq_timedreceive
    56, 57, 58, 435,    # clone, fork, vfork, clone3: a parent that waits for its vfork child
    59, 322,            # execve, execveat
    3, 16,              # close, ioctl of a terminal
})  # fmt: skip
"""Calls that an interrupt leaves as they were."""

RECEIVING: dict[int, int] = {45: 3, 47: 2}
"""recvfrom, recvmsg: which argument has the flags; with MSG_WAITALL they return what they have."""
MSG_WAITALL = 0x100
WRITE, PIPE_BUF = 1, 4096

UNDOABLE: frozenset[int] = frozenset({
    0, 19, 43, 288, 45, 47,      # with a receive time-out
    232, 281, 441,               # epoll_wait, epoll_pwait, epoll_pwait2
    65, 220,                     # semop, semtimedop
    128,                         # rt_sigtimedwait
    208, 333, 426,               # io_getevents, io_pgetevents, io_uring_enter
})  # fmt: skip
"""Calls that have done nothing when they return EINTR, and so can be made again."""

CS_64 = 0x33
SYSCALL_INSTRUCTION = 2
"""Bytes."""


def harmless(tid: int, computes: bool) -> bool:
    """Whether the task can be interrupted now without its noticing. True for one that has gone.

    computes: what to say of a task that runs. It may go to sleep in any call before the interrupt reaches it, so this should be
    true only where it has not slept for a while.
    """
    call = procfs.syscall(tid)
    if call is None:
        # Gone, or in a sandbox that hides its calls: then it may be in any.
        return computes if procfs.status(tid) else True
    if not call:
        return computes
    nr, args = call[0], call[1:]
    if nr in RESTARTING or nr < 0:
        return True
    if nr in RECEIVING:
        return not args[RECEIVING[nr]] & MSG_WAITALL
    if nr == WRITE:
        return args[2] <= PIPE_BUF and _writes_whole(tid, args[0])
    return False


def _writes_whole(tid: int, fd: int) -> bool:
    """Whether a short write to it is not cut: not to a terminal or a socket. Not stat(): the file may be our own."""
    try:
        target = os.readlink(f"/proc/{tid}/fd/{fd}")
    except OSError:
        return False
    return not target.startswith(("/dev/", "socket:"))


def undo_eintr(tid: int) -> bool:
    """The task has stopped after our interrupt. Where that made its call return EINTR, have it make the call again."""
    try:
        regs = ptrace_ops.getregs(tid)
    except OSError:
        return False
    if regs.cs != CS_64 or regs.orig_rax not in UNDOABLE or _signed(regs.rax) != -errno.EINTR or _signalled(tid):
        return False
    regs.rax = regs.orig_rax
    regs.rip -= SYSCALL_INSTRUCTION
    try:
        ptrace_ops.setregs(tid, regs)
    except OSError:
        return False
    return True


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def _signalled(tid: int) -> bool:
    """Whether a signal waits that it does not block: then the EINTR is the signal's."""
    status = procfs.status(tid)
    pending = int(status.get("SigPnd", "0"), 16) | int(status.get("ShdPnd", "0"), 16)
    return bool(pending & ~int(status.get("SigBlk", "0"), 16))
