# SPDX-License-Identifier: GPL-2.0-only
"""Which programs must not be executed under a tracer without privilege.

The kernel takes from a traced task what a setuid, setgid or file-capability program would give it, unless the tracer
has CAP_SYS_PTRACE (ptrace(2), execve(2)). So such a tracer lets go before the execve.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import time

from tracefs.capture.policy import procfs
from tracefs.capture.policy.native import Call
from tracefs.syscalls import COMPAT_NAMES, by_name
from tracefs.syscalls.table import X32_BIT, X32_NAMES

CAP_SYS_PTRACE = 19
AT_FDCWD, AT_EMPTY_PATH = -100, 0x1000
EXECVEAT = {
    False: {by_name["execveat"].nr, *(X32_BIT | nr for nr, name in X32_NAMES.items() if name == "execveat")},
    True: {nr for nr, name in COMPAT_NAMES.items() if name == "execveat"},
}
"""By whether it is 32-bit code; 64-bit code has x32's number, too."""
PATH_MAX, PAGE, SCRIPT_HEAD = 4096, 4096, 256
INTERPRETERS = 5
"""A script's interpreter may be a script: so often (the kernel's limit)."""
LEASE_POLL = 0.01
"""Seconds between two looks whether a lease was given up."""
OPENAT2, RESOLVE_IN_ROOT = by_name["openat2"].nr, 0x10

_libc = ctypes.CDLL(None, use_errno=True)


def tracer_is_privileged() -> bool:
    """Whether programs keep what they are given under this thread as tracer."""
    return bool(int(procfs.status(os.getpid()).get("CapEff", "0"), 16) >> CAP_SYS_PTRACE & 1)


class Late(Exception):
    """It could not be known in time."""


def gains_nothing(tid: int) -> bool:
    """Whether the task has sworn off what a file may give it."""
    return procfs.status(tid).get("NoNewPrivs") == "1"


def gives_privilege(tid: int, call: Call, until: float) -> str | None:
    """The task stands before this execve or execveat: the file in it, or in its chain of interpreters, that would give
    it other ids or capabilities. None: no such file.

    May wait for as long as the file's filesystem lets it. until: by time.monotonic(), when to raise Late instead of
    waiting for the holder of a lease on it."""
    start = _named(tid, call)
    if start is None:
        return None
    where, path = start
    for _ in range(INTERPRETERS):
        fd = _open(tid, where, path)
        if fd < 0:
            return None
        try:
            if _gives(tid, fd):
                return os.fsdecode(path) or os.readlink(where)
            interpreter = _interpreter(fd, until)
        finally:
            os.close(fd)
        if not interpreter:
            return None
        where, path = f"/proc/{tid}/cwd", interpreter
    return None


def _named(tid: int, call: Call) -> tuple[str, bytes] | None:
    """The directory (or file, with an empty path) and the path that the call names."""
    if call.nr not in EXECVEAT[call.compat]:
        path = _text(tid, call.args[0])
        return (f"/proc/{tid}/cwd", path) if path else None
    fd, path = ctypes.c_int(call.args[0]).value, _text(tid, call.args[1])
    if path is None or (not path and not call.args[4] & AT_EMPTY_PATH):
        return None
    return (f"/proc/{tid}/cwd" if fd == AT_FDCWD else f"/proc/{tid}/fd/{fd}"), path


def _text(tid: int, address: int) -> bytes | None:
    """The string there, without its NUL; None where there is none."""
    text = b""
    try:
        with open(f"/proc/{tid}/mem", "rb", buffering=0) as memory:
            while len(text) < PATH_MAX:
                memory.seek(address + len(text))
                piece = memory.read(PAGE - (address + len(text)) % PAGE)
                end = piece.find(b"\0")
                if end >= 0:
                    return text + piece[:end]
                if not piece:
                    return None
                text += piece
    except (OSError, ValueError, OverflowError):  # seek() takes addresses below 2^63: those above are the kernel's
        return None
    return None


def _open(tid: int, where: str, path: bytes) -> int:
    """O_PATH descriptor of the file, as the task would find it; -1: it would not. Opens nothing: a fifo would wait for
    a writer, a device may do anything."""
    root = f"/proc/{tid}/root"
    try:
        if path.startswith(b"/") and not os.path.samefile(root, "/"):
            return _open_below(root, path)
        return os.open(os.fsencode(where) + b"/" + path if path and path[:1] != b"/" else path or where, os.O_PATH)
    except (OSError, ValueError):
        return -1


def _open_below(root: str, path: bytes) -> int:
    """As a task finds an absolute path whose root directory is another than ours."""
    fd = os.open(root, os.O_PATH | os.O_DIRECTORY)
    try:
        how = (ctypes.c_uint64 * 3)(os.O_PATH | os.O_CLOEXEC, 0, RESOLVE_IN_ROOT)
        return int(_libc.syscall(OPENAT2, fd, path, how, ctypes.c_size_t(ctypes.sizeof(how))))
    finally:
        os.close(fd)


def _gives(tid: int, fd: int) -> bool:
    """Whether the file's owner, group or capabilities would become the task's."""
    try:
        file = os.fstat(fd)
        if not stat.S_ISREG(file.st_mode) or os.fstatvfs(fd).f_flag & os.ST_NOSUID:
            return False
        status = procfs.status(tid)
        uids, gids = (set(map(int, status.get(key, "0").split()[:2])) for key in ("Uid", "Gid"))
    except OSError:
        return False
    if file.st_mode & stat.S_ISUID and uids != {file.st_uid}:
        return True
    if file.st_mode & stat.S_ISGID and file.st_mode & stat.S_IXGRP and gids != {file.st_gid}:
        return True
    try:
        return bool(os.getxattr(f"/proc/self/fd/{fd}", "security.capability"))
    except OSError:
        return False


def _interpreter(fd: int, until: float) -> bytes | None:
    """What the first line of a script names. None: it is no script, or cannot be read."""
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        return None  # nor can it be executed
    try:
        reader = _reader(fd, until)
        with os.fdopen(reader, "rb", buffering=0) as file:
            head = file.read(SCRIPT_HEAD)
    except OSError:
        return None
    words = head[2:].split(b"\n")[0].split() if head.startswith(b"#!") else []
    return words[0].split(b"\0")[0] if words else None


def _reader(fd: int, until: float) -> int:
    """The O_PATH descriptor's file, open for reading. Who holds a write lease on it is told, and waited for as the
    execve does."""
    while True:
        try:
            return os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError as error:
            if error.errno != errno.EWOULDBLOCK:
                raise
        if time.monotonic() >= until:
            raise Late
        time.sleep(LEASE_POLL)
