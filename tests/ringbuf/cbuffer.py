# SPDX-License-Identifier: GPL-2.0-only
"""The C interface of a buffer, for what the Python face leaves out: reserving without committing, discarding."""

from __future__ import annotations

import os
import signal
from typing import Any

from ringbuf._ringbuf import ffi, lib

from ringbuf import RingBuffer
from tests.ringbuf.page_parser import Format, parse

FORMAT = Format.read()
CAPACITY = 4096 - 16


class Writer:
    """A writer that can stop half way."""

    def __init__(self, buffer: RingBuffer) -> None:
        self.rb = ffi.cast("struct rb *", buffer.handle)

    def reserve(self, data: bytes, cpu: int = 0) -> Any:
        """Reserve and fill, but publish nothing. None: refused."""
        slot = ffi.new("struct rb_slot *")
        if not lib.rb_reserve(self.rb, cpu, len(data), slot):
            return None
        ffi.memmove(slot.data, data, len(data))
        return slot

    def commit(self, slot: Any) -> None:
        lib.rb_commit(self.rb, slot)

    def discard(self, slot: Any) -> None:
        lib.rb_discard(self.rb, slot)


def die_in_reserve(buffer: RingBuffer, *events: bytes) -> None:
    """A process reserves for these events, fills them, commits none and is killed."""
    pid = os.fork()
    if pid == 0:
        writer = Writer(buffer)
        for event in events:
            writer.reserve(event)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)


def drain(buffer: RingBuffer, cpu: int = 0) -> tuple[list[bytes], int]:
    """Consume all there is: the events, and how many were said to be lost."""
    events, lost_in_all = [], 0
    while (got := buffer.read_page(cpu)) is not None:
        image, lost = got
        lost_in_all += lost
        events += [data for _, data in parse(image, FORMAT).events]
    return events, lost_in_all


def number(n: int, length: int = 60) -> bytes:
    """An event that says which it is; 60 bytes fill 64, of which 63 go into a page of 4080."""
    return n.to_bytes(4, "little").ljust(length, b".")


def numbers(events: list[bytes]) -> list[int]:
    return [int.from_bytes(event[:4], "little") for event in events]
