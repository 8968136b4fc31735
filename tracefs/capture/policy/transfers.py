# SPDX-License-Identifier: GPL-2.0-only
"""Calls that move data, or connect: when one that sleeps has done nothing yet, so that it starts again after an
interrupt.

Of one that has moved a part the interrupt would end it with that part. Only what its arguments and descriptors tell is
asked: its memory may be another's to answer for (userfaultfd). Sources: fs/splice.c, fs/pipe.c, net/socket.c,
net/unix/af_unix.c of Linux.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tracefs.capture.policy import procfs
from tracefs.syscalls import by_name

if TYPE_CHECKING:
    from socket import socket

PIPE_BUF = 4096
"""What a pipe takes as a whole or not at all."""
CHUNK_SPARE = 64
"""A UNIX stream takes at once what is shorter than half of its buffer by this."""
LIMITED = frozenset(("write", "sendto", "sendmsg", "sendmmsg", "recvmmsg", "connect"))
MSG_WAITALL, MSG_WAITFORONE = 0x100, 0x10000
PIDFD_GETFD = by_name["pidfd_getfd"].nr
_libc = ctypes.CDLL(None, use_errno=True)


def untouched(tid: int, name: str, args: Sequence[int]) -> bool:
    """Whether this call of 64-bit code, which task `tid` sleeps in, has done nothing yet."""
    judge = _JUDGES.get(name)
    return judge is not None and judge(tid, args)


def limited(tid: int, name: str, args: Sequence[int]) -> bool:
    """Whether a socket puts a time limit on it, so that an interrupt ends it with EINTR; or cannot be asked."""
    if name not in LIMITED or not is_socket(tid, args[0]):
        return False
    import socket as s  # here, as hardly any start needs it

    one = duplicate(tid, args[0])
    if one is None:
        return True
    with one:
        return any(one.getsockopt(s.SOL_SOCKET, s.SO_RCVTIMEO if "recv" in name else s.SO_SNDTIMEO, 16))


def target(tid: int, fd: int) -> str:
    """What a descriptor is open on, "" if that cannot be seen. Not stat(): the file may be our own."""
    try:
        return os.readlink(f"/proc/{tid}/fd/{fd & 0xFFFFFFFF}")
    except OSError:
        return ""


def duplicate(tid: int, fd: int) -> socket | None:
    """A task's socket as our own descriptor, to be asked and closed; None where it cannot be had."""
    try:
        pidfd = os.pidfd_open(int(procfs.status(tid).get("Tgid", "0")))
    except OSError:
        return None
    try:
        copy = _libc.syscall(PIDFD_GETFD, pidfd, fd & 0xFFFFFFFF, 0)
    finally:
        os.close(pidfd)
    if copy < 0:
        return None
    import socket  # here, as hardly any start needs it

    return socket.socket(fileno=copy)


def is_socket(tid: int, fd: int) -> bool:
    return target(tid, fd).startswith("socket:")


def is_pipe(tid: int, fd: int) -> bool:
    """Or a FIFO, whose name does not tell: that counts as none."""
    return target(tid, fd).startswith("pipe:")


def _is_plain(tid: int, fd: int) -> bool:
    """A file that is waited for as a disk is, where no signal wakes; or one of a filesystem in user space, where it
    does no harm."""
    path = target(tid, fd)
    return path.startswith("/") and not path.startswith("/dev/")


def _sends_whole(tid: int, fd: int, size: int | None) -> bool:
    """Whether a socket takes so many bytes (None: it is not known how many) as a whole or not at all."""
    import socket as s

    one = duplicate(tid, fd)
    if one is None:
        return False
    with one:
        if one.family in (s.AF_UNIX, s.AF_INET, s.AF_INET6, s.AF_NETLINK) and one.type in (s.SOCK_DGRAM, s.SOCK_RAW):
            return True
        if one.family != s.AF_UNIX:
            return size is not None and size <= 1
        if one.type == s.SOCK_SEQPACKET:
            return True
        return size is not None and size <= one.getsockopt(s.SOL_SOCKET, s.SO_SNDBUF) // 2 - CHUNK_SPARE


def _connects(tid: int, fd: int) -> bool:
    """One that goes on where it was when it is made again."""
    import socket as s

    one = duplicate(tid, fd)
    if one is None:
        return False
    with one:
        return one.family in (s.AF_UNIX, s.AF_INET, s.AF_INET6)


def _receives_one(tid: int, args: Sequence[int]) -> bool:
    """recvmmsg of which no message has come: it waits for the first alone. (Its own limit is looked at after a message
    only.)"""
    return not args[3] & MSG_WAITALL and (args[2] & 0xFFFFFFFF == 1 or bool(args[3] & MSG_WAITFORONE))


def _writes(tid: int, args: Sequence[int]) -> bool:
    if is_socket(tid, args[0]):
        return _sends_whole(tid, args[0], args[2])
    path = target(tid, args[0])
    return args[2] <= PIPE_BUF and bool(path) and not path.startswith("/dev/")  # a terminal takes a part


def _splices(tid: int, args: Sequence[int]) -> bool:
    """Of a pipe it waits for the first byte alone, or for room before the first."""
    source, sink = args[0], args[2]
    if is_pipe(tid, source):
        return is_pipe(tid, sink) or _is_plain(tid, sink)
    return is_pipe(tid, sink) and _is_plain(tid, source)


_JUDGES: dict[str, Callable[[int, Sequence[int]], bool]] = {
    "write": _writes,
    "sendto": lambda tid, args: _sends_whole(tid, args[0], args[2]),
    "sendmsg": lambda tid, args: _sends_whole(tid, args[0], None),
    "sendmmsg": lambda tid, args: args[2] & 0xFFFFFFFF == 1 and _sends_whole(tid, args[0], None),
    "recvmmsg": _receives_one,
    "connect": lambda tid, args: _connects(tid, args[0]),
    "tee": lambda tid, args: True,
    "vmsplice": lambda tid, args: True,
    "splice": _splices,
    "sendfile": lambda tid, args: is_pipe(tid, args[0]) and _is_plain(tid, args[1]),
}
"""By name: whether the call with these arguments has done nothing yet."""
