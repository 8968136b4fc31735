# SPDX-License-Identifier: GPL-2.0-only
"""Namespaces of this process's own, in which it may mount: a mount namespace, and without privilege a user namespace
around it.

The calls are those of mount_namespaces(7), user_namespaces(7), open_tree(2) and move_mount(2).
"""

from __future__ import annotations

import ctypes
import errno
import os
import tempfile

CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 8, 1 << 12, 1 << 14, 1 << 18
_OPEN_TREE, _MOVE_MOUNT = 428, 429
"""Numbers for every architecture; the C library has functions for them since 2.36 only."""
_CLONE, _CLOEXEC, _EMPTY_SOURCE = 1, os.O_CLOEXEC, 4
_AT_FDCWD = -100

_libc = ctypes.CDLL(None, use_errno=True)


class Forbidden(OSError):
    """This process may make no namespace of its own, or not mount in it."""


def enter() -> None:
    """From here on what this process mounts is seen by itself and by what it starts. Its uid and gid stay what they
    are.

    To be called while it has one thread. Raises Forbidden.
    """
    uid, gid = os.getuid(), os.getgid()
    try:
        _unshare(CLONE_NEWNS)
    except OSError as error:
        if error.errno != errno.EPERM:
            raise Forbidden(error.errno, f"unshare: {error.strerror}") from None
        try:
            _unshare(CLONE_NEWUSER | CLONE_NEWNS)
            _map(uid, gid)
        except OSError as refused:
            raise Forbidden(refused.errno, f"a user namespace: {refused.strerror}") from None
    try:
        mount(None, "/", None, MS_REC | MS_PRIVATE)
    except OSError as error:  # such a namespace has no privilege where a security module takes it
        raise Forbidden(error.errno, f"mount in a user namespace: {error.strerror}") from None


def mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    """mount(2). Raises OSError."""
    words = [None if word is None else os.fsencode(word) for word in (source, target, kind)]
    if _libc.mount(*words, ctypes.c_ulong(flags), None if data is None else data.encode()):
        raise _error(target)


def bind(source: str, target: str) -> None:
    """`target` shows what `source` does."""
    mount(source, target, None, MS_BIND)


def cover(target: str, text: str) -> None:
    """`target`, a file or a symbolic link itself, becomes a plain file with this text, which may be written to."""
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(text)
        file.flush()
        tree = _libc.syscall(_OPEN_TREE, _AT_FDCWD, os.fsencode(file.name), _CLONE | _CLOEXEC)
        if tree < 0:
            raise _error(target)
        try:
            if _libc.syscall(_MOVE_MOUNT, tree, b"", _AT_FDCWD, os.fsencode(target), _EMPTY_SOURCE) < 0:
                raise _error(target)
        finally:
            os.close(tree)


def _unshare(flags: int) -> None:
    if _libc.unshare(flags):
        raise _error("unshare")


def _map(uid: int, gid: int) -> None:
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def _error(name: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number), name)
