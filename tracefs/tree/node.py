# SPDX-License-Identifier: GPL-2.0-only
"""Nodes of the tree and the handles that opening them gives: the whole face that a mount needs.

Errors are OSError with the errno that the kernel gives. A node is stateless as far as opens go: whatever belongs to one
open file lives in its Handle. Every operation carries a Context, because the task, its O_NONBLOCK and its pending
signals may differ from call to call on one handle.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

POLLIN = 0x001
POLLOUT = 0x004
POLLERR = 0x008
POLLRDNORM = 0x040
POLLWRNORM = 0x100
READABLE = POLLIN | POLLRDNORM
WRITABLE = POLLOUT | POLLWRNORM

STREAM_ROOM = 4096
"""st_size of a stream, beyond what its reader has read of it.

splice(2), sendfile(2) and copy_file_range(2) end at st_size without asking anybody; below it they ask, are refused, and
their users read instead. Tools do not believe a size that is a multiple of a page where the file cannot seek; GNU tail
-c only up to st_blksize. Many runtimes (Go, Node.js, Python 3.14) make room for st_size bytes before they read: another
reason to keep it small.
"""
RAW_SIZE = 1 << 40
"""st_size of files whose splice(2) is served: it ends there."""


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Context:
    """Who asks: ids of the calling task, and what the wait of a blocking call has to look at."""

    tid: int = 0
    uid: int = 0
    gid: int = 0
    nonblock: bool = False
    """O_NONBLOCK as it is now (fcntl may have changed it since the open)."""
    interrupted: Callable[[], bool] = _never
    """Asked after a wait was broken off: True ends the call with EINTR, False lets it wait on."""


class Handle:
    """One open file. The default refuses everything, as the VFS does for a file without the operation."""

    nonseekable = False
    """lseek() and pread() give ESPIPE."""
    spliced = False
    """splice(2) is served. Of others it is refused (EINVAL), as by most of the kernel's files, and its users fall back
    to read(2)."""

    def read(self, size: int, offset: int, ctx: Context) -> bytes:
        """At most `size` bytes from `offset`; b"" is the end of the file."""
        raise OSError(errno.EINVAL, "not readable")

    def write(self, data: bytes, offset: int, ctx: Context) -> int:
        """Take `data`; returns how much of it was taken."""
        raise OSError(errno.EINVAL, "not writable")

    def poll(self, notify: Callable[[], None] | None) -> int:
        """Poll mask now. Without POLLIN in it, `notify` (if given) is called once when that may have changed."""
        return READABLE | WRITABLE

    def end(self) -> int:
        """Where lseek(2) from the end begins: at 0 for the kernel's files, as their size is. EINVAL: a seq_file has no
        end."""
        return 0

    def ioctl(self, command: int, argument: int, ctx: Context) -> int:
        raise OSError(errno.ENOTTY, "no ioctl")

    def flush(self, ctx: Context) -> None:
        """A descriptor of this handle is being closed (once per dup, synchronous with close)."""

    def release(self) -> None:
        """The last descriptor is gone. Never raises."""


class Node:
    """A file or a directory."""

    mode: int
    """Type and permission bits, as st_mode."""

    def size(self, ctx: Context) -> int:
        """st_size: the bytes that a reading gives, where there are so many that can be told; 0 for what is only
        written."""
        return 0

    @property
    def is_dir(self) -> bool:
        return stat.S_ISDIR(self.mode)


class File(Node):
    """A regular file of the tree."""

    def __init__(self, mode: int) -> None:
        self.mode = stat.S_IFREG | mode

    def open(self, flags: int, ctx: Context) -> Handle:
        """Open with `flags` of open(2), O_TRUNC included (the mount passes it on)."""
        raise NotImplementedError


class Directory(Node):
    """A directory whose entries are known; `children` may be any mapping, so also one made on demand."""

    def __init__(self, children: Mapping[str, Node], mode: int = 0o750) -> None:
        self.mode = stat.S_IFDIR | mode
        self.children = children

    def lookup(self, name: str) -> Node:
        try:
            return self.children[name]
        except KeyError:
            raise OSError(errno.ENOENT, f"no {name} here") from None

    def names(self) -> Iterator[str]:
        return iter(self.children)

    def mkdir(self, name: str) -> None:
        raise OSError(errno.EPERM, "no directories can be made here")

    def rmdir(self, name: str) -> None:
        raise OSError(errno.EPERM, "this directory cannot be removed")


def readable(flags: int) -> bool:
    """Whether an open with these flags may read."""
    return flags & os.O_ACCMODE in (os.O_RDONLY, os.O_RDWR)


def writable(flags: int) -> bool:
    """Whether an open with these flags may write."""
    return flags & os.O_ACCMODE in (os.O_WRONLY, os.O_RDWR)


def truncates(flags: int) -> bool:
    """Whether this open is the `>` of a shell."""
    return writable(flags) and bool(flags & os.O_TRUNC)
