# SPDX-License-Identifier: GPL-2.0-only
"""A tree of two files, to try the mount adapter with no tracer: what is written to `in` comes out of `pipe`.

`python -m tests.mount.fake DIR` mounts it.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import sys
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from tracefs import daemon
from tracefs.capture.visitors import Visitors
from tracefs.tree.node import READABLE, Context, Directory, File, Handle, truncates

FIRST_TEXT = b"empty\n"

_libc = ctypes.CDLL(None, use_errno=True)


class _PollFd(ctypes.Structure):
    _fields_ = (("fd", ctypes.c_int), ("events", ctypes.c_short), ("revents", ctypes.c_short))


class Queue:
    def __init__(self) -> None:
        self.data = b""
        self.lock = threading.Lock()
        self.wake_ups: list[Callable[[], None]] = []
        self.ended = False
        self.changed = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_SEMAPHORE)

    def put(self, data: bytes) -> None:
        with self.lock:
            self.data += data
            wake_ups, self.wake_ups = self.wake_ups, []
        os.eventfd_write(self.changed, 1)
        for wake in wake_ups:
            wake()

    def take(self, size: int) -> bytes:
        with self.lock:
            data, self.data = self.data[:size], self.data[size:]
        return data

    def wait(self) -> bool:
        """A C wait, as the ring buffer's; false if a signal broke it off."""
        poll = _PollFd(self.changed, 1, 0)
        if _libc.poll(ctypes.byref(poll), 1, -1) < 0:
            return ctypes.get_errno() != errno.EINTR
        if not self.ended:
            with contextlib.suppress(BlockingIOError):  # another reader was faster
                os.eventfd_read(self.changed)
        return True

    def end(self) -> None:
        self.ended = True
        os.eventfd_write(self.changed, 1)


class PipeFile(File):
    def __init__(self, queue: Queue) -> None:
        super().__init__(0o440)
        self.queue = queue

    def open(self, flags: int, ctx: Context) -> Handle:
        return PipeHandle(self.queue)


class PipeHandle(Handle):
    nonseekable = True

    def __init__(self, queue: Queue) -> None:
        self.queue = queue

    def read(self, size: int, offset: int, ctx: Context) -> bytes:
        while not self.queue.ended:
            data = self.queue.take(size)
            if data:
                return data
            if ctx.nonblock:
                raise OSError(errno.EAGAIN, "empty")
            if not self.queue.wait() and ctx.interrupted():
                raise OSError(errno.EINTR, "a signal")
        return b""

    def poll(self, notify: Callable[[], None] | None) -> int:
        with self.queue.lock:
            if self.queue.data:
                return READABLE
            if notify:
                self.queue.wake_ups.append(notify)
        return 0


class TextFile(File):
    """Keeps the last text; writing `fault` is a programming error inside, `reset` makes all as it was at first."""

    def __init__(self, queue: Queue) -> None:
        super().__init__(0o640)
        self.queue = queue
        self.text = FIRST_TEXT

    def open(self, flags: int, ctx: Context) -> Handle:
        if truncates(flags):
            self.text = b""
        return TextHandle(self)


class TextHandle(Handle):
    def __init__(self, file: TextFile) -> None:
        self.file = file

    def read(self, size: int, offset: int, ctx: Context) -> bytes:
        return self.file.text[offset : offset + size]

    def write(self, data: bytes, offset: int, ctx: Context) -> int:
        if data == b"fault":
            raise KeyError("a fault")
        if data == b"invalid":
            raise OSError(errno.EINVAL, "invalid")
        if data == b"reset":
            self.file.text = FIRST_TEXT
            self.file.queue.take(len(self.file.queue.data))
            return len(data)
        self.file.text += data
        self.file.queue.put(data)
        return len(data)


class FakeTracefs:
    def __init__(self) -> None:
        self.queue = Queue()
        self.root = Directory({"in": TextFile(self.queue), "pipe": PipeFile(self.queue), "sub": Directory({})})
        self.scope = SimpleNamespace(kind="none", root=0, top=0)
        self.engine = SimpleNamespace(tracees=list, visitors=Visitors(), in_task=False)

    def shutdown(self) -> None:
        self.queue.end()


def main(directory: str) -> None:
    def serve(ready: Callable[[], None]) -> None:
        files: Any = FakeTracefs()
        daemon.Daemon(files, directory).run(ready)

    daemon.start(serve, None)


if __name__ == "__main__":
    main(sys.argv[1])
