# SPDX-License-Identifier: GPL-2.0-only
"""The mounts of this tool that this mount namespace has, and how to take one away."""

from __future__ import annotations

import ctypes
import errno
import os
import re
import shutil
import subprocess
import time

TYPE = "fuse.tracefs"
STATUS = "user.tracefs.status"
"""Extended attribute of a mount's root: JSON about its daemon. Only the owner of the mount can reach it."""
STOP = "user.tracefs.stop"
"""Setting this one ends the daemon."""
MOST_LINKS = 40
"""As many as the kernel follows."""
MNT_DETACH = 2
"""umount2(2): out of sight at once, gone when the last open file is closed."""

_libc = ctypes.CDLL(None, use_errno=True)


def _unescape(field: str) -> str:
    """Undo the octal escapes that the kernel writes for space, tab, newline and backslash."""
    return os.fsdecode(re.sub(rb"\\([0-7]{3})", lambda m: bytes([int(m[1], 8)]), os.fsencode(field)))


def ours() -> list[str]:
    """Directories where a tracefs of this user is mounted, dead ones included, in the order of mounting."""
    found = []
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as mountinfo:
        for line in mountinfo:
            head, _, tail = line.partition(" - ")
            kind, _, options = tail.split(" ", 2)
            if kind == TYPE and f"user_id={os.getuid()}" in options.replace(",", " ").split():
                found.append(_unescape(head.split(" ")[4]))
    return found


def is_mounted(directory: str) -> bool:
    return directory in ours()


def absolute(directory: str) -> str:
    """The path as mountinfo has it. Nothing is asked of what is mounted there: it may be dead, or hang.

    Raises OSError for the empty path, and for symbolic links that lead in a circle.
    """
    if not directory:
        raise OSError(errno.ENOENT, "no directory is named by an empty path")
    path = os.path.abspath(directory)
    for _ in range(MOST_LINKS):
        parent, name = os.path.split(path)
        if not name:
            return parent
        path = os.path.join(os.path.realpath(parent), name)
        try:
            target = os.readlink(path)  # the root of a mount is no link: the kernel says so without asking its server
        except OSError:
            return path
        path = os.path.abspath(os.path.join(os.path.dirname(path), target))
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), directory)


def is_dead(directory: str) -> bool:
    """Has the daemon behind this mount gone? ("Transport endpoint is not connected")"""
    try:
        os.stat(directory)
    except OSError as error:
        return error.errno in (errno.ENOTCONN, errno.ECONNABORTED)
    return False


def detach(directory: str) -> None:
    """Take the mount away, with files open on it or not. Raises OSError."""
    if _libc.umount2(os.fsencode(directory), MNT_DETACH) == 0:
        return
    number = ctypes.get_errno()
    helper = shutil.which("fusermount") or shutil.which("fusermount3")
    if number != errno.EPERM or helper is None:
        raise OSError(number, os.strerror(number), directory)
    # Without privilege only the setuid helper may.
    done = subprocess.run([helper, "-u", "-z", "--", directory], capture_output=True, text=True)
    if done.returncode:
        raise OSError(number, done.stderr.strip() or os.strerror(number), directory)


def wait_until_gone(directory: str, seconds: float) -> bool:
    """Wait for the mount to go; false if it is still there after `seconds`."""
    end = time.monotonic() + seconds
    while is_mounted(directory):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
