# SPDX-License-Identifier: GPL-2.0-only
"""Counting the open files of a directory that may be removed: it is busy while there are any."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterator, Mapping

from tracefs.tree.node import Context, Directory, File, Handle, Node

GRACE = 0.5
"""Seconds that end() gives those who have just closed: the kernel tells of the last close after close() has
returned."""


class Uses:
    """How many files are open. Safe from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0
        self._ended = False

    def begin(self) -> bool:
        """One more; False where end() has been."""
        with self._changed:
            self._count += not self._ended
            return not self._ended

    def release(self) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def end(self) -> bool:
        """Allow no more, if there are none; returns whether that is so."""
        with self._changed:
            self._ended = self._changed.wait_for(lambda: not self._count, GRACE)
            return self._ended


def counted(directory: Directory, uses: Uses) -> Directory:
    """The same directory, in which and below which opening a file counts."""
    return Directory(_Counted(directory.children, uses), directory.mode & 0o7777)


class _Counted(Mapping[str, Node]):
    def __init__(self, children: Mapping[str, Node], uses: Uses) -> None:
        self._children, self._uses = children, uses

    def __getitem__(self, name: str) -> Node:
        node = self._children[name]
        if isinstance(node, Directory):
            return counted(node, self._uses)
        assert isinstance(node, File)
        return _CountedFile(node, self._uses)

    def __iter__(self) -> Iterator[str]:
        return iter(self._children)

    def __len__(self) -> int:
        return len(self._children)


class _CountedFile(File):
    def __init__(self, file: File, uses: Uses) -> None:
        super().__init__(file.mode & 0o7777)
        self._file, self._uses = file, uses

    def size(self, ctx: Context) -> int:
        return self._file.size(ctx)

    def open(self, flags: int, ctx: Context) -> Handle:
        if not self._uses.begin():
            raise FileNotFoundError(errno.ENOENT, "removed")
        try:
            return _CountedHandle(self._file.open(flags, ctx), self._uses)
        except BaseException:
            self._uses.release()
            raise


class _CountedHandle(Handle):
    def __init__(self, handle: Handle, uses: Uses) -> None:
        self._handle, self._uses = handle, uses
        self.nonseekable, self.spliced = handle.nonseekable, handle.spliced

    def read(self, size: int, offset: int, ctx: Context) -> bytes:
        return self._handle.read(size, offset, ctx)

    def write(self, data: bytes, offset: int, ctx: Context) -> int:
        return self._handle.write(data, offset, ctx)

    def poll(self, notify: Callable[[], None] | None) -> int:
        return self._handle.poll(notify)

    def end(self) -> int:
        return self._handle.end()

    def ioctl(self, command: int, argument: int, ctx: Context) -> int:
        return self._handle.ioctl(command, argument, ctx)

    def flush(self, ctx: Context) -> None:
        self._handle.flush(ctx)

    def release(self) -> None:
        try:
            self._handle.release()
        finally:
            self._uses.release()
