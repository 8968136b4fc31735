# SPDX-License-Identifier: GPL-2.0-only
"""The second buffer of an instance: a snapshot exchanges what the two hold, so recording goes on while it is read."""

from __future__ import annotations

from ringbuf import RingBuffer
from tracefs.render import Reader


class Snapshot:
    """A buffer like another one, and its reader pages."""

    def __init__(self, main: RingBuffer) -> None:
        """ENOMEM."""
        self.buffer = RingBuffer.create(main.cpus, main.size(0), main.subbuf_size, clock=main.clock)
        self.reader = Reader(self.buffer)
        self.fit(main)

    def fit(self, main: RingBuffer) -> None:
        """Become as large as `main`, CPU by CPU: sizes are exchanged with the content, and must not change by it."""
        for cpu in range(main.cpus):
            if self.buffer.size(cpu) != main.size(cpu):
                self.buffer.resize(main.size(cpu), cpu)

    def follow(self, main: RingBuffer) -> None:
        """`main` was emptied to get another clock or sub-buffers of another size: so is this."""
        if self.buffer.subbuf_size != main.subbuf_size:
            self.buffer.set_subbuf_size(main.subbuf_size)
        self.buffer.set_clock(main.clock)
        self.fit(main)
        self.reader.reset()

    def empty(self, cpu: int | None = None) -> None:
        self.buffer.reset(cpu)
        self.reader.reset(cpu)
