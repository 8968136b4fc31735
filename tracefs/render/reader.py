# SPDX-License-Identifier: GPL-2.0-only
"""The reader pages of one buffer, shared by all that read it: the Python face of reader.h."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from typing import Any

from ringbuf import RingBuffer
from tracefs.render._render import ffi, lib

ALL = -1
"""Instead of a CPU's number."""


def cpu_number(cpu: int | None) -> int:
    """A CPU as C wants it; None is all of them."""
    return ALL if cpu is None else cpu


class Reader:
    """Owner of a buffer's reader pages. One per instance; every Iterator and Pipe of the instance shares it."""

    def __init__(self, buffer: RingBuffer) -> None:
        self.buffer = buffer
        rb = ffi.cast("struct rb *", buffer.handle)
        made = lib.rn_reader_new(rb, buffer.cpus)
        if not made:
            raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
        self.address: Any = ffi.gc(made, lib.rn_reader_free)

    def unread(self, cpu: int | None = None) -> int:
        """Events that left the buffer for a reader page and were not read: entries-in-buffer counts them too."""
        return int(lib.rn_reader_unread(self.address, cpu_number(cpu)))

    def entries(self, cpu: int | None = None) -> int:
        """Events that can still be read: in the buffer and on the reader pages."""
        return self.buffer.entries(cpu) + self.unread(cpu)

    def empty(self, cpu: int | None = None) -> bool:
        """Whether trace_pipe has nothing to give."""
        return bool(lib.rn_reader_empty(self.address, cpu_number(cpu)))

    def take_page(self, cpu: int) -> bytes | None:
        """Consume one page, what was read of it already left out: a sub-buffer image, or None where there is none."""
        while True:
            size = self.buffer.subbuf_size
            page = ffi.new("char[]", size)
            got = lib.rn_reader_take(self.address, cpu, page, size)
            if got > 0:
                return bytes(ffi.buffer(page, size))
            if got == 0:
                return None
            if got != -errno.ENOSPC or size == self.buffer.subbuf_size:
                raise OSError(-got, os.strerror(-got))

    def take_pages(self) -> Iterator[tuple[int, bytes]]:
        """All that there are now: CPU, page."""
        for cpu in range(self.buffer.cpus):
            while page := self.take_page(cpu):
                yield cpu, page

    def reset(self, cpu: int | None = None) -> None:
        """Forget the pages: to be called whenever the buffer is emptied."""
        lib.rn_reader_reset(self.address, cpu_number(cpu))
