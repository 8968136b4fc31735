# SPDX-License-Identifier: GPL-2.0-only
"""A per-CPU, lock-free ring buffer in shared memory, in the format of the kernel's tracing buffers. Usable alone.

>>> buffer = RingBuffer.create(cpus=1, size=64 << 10)
>>> buffer.write(0, b"one.")
True
>>> [event.data for event in buffer.iterate(0)]
[b'one.']
>>> image, lost = buffer.read_page(0)   # consumes; image is what trace_pipe_raw gives
>>> buffer.close()

C code works on the same buffer: ``ringbuf/ringbuf.h``, :data:`ringbuf.sources.SOURCES`, :attr:`RingBuffer.handle`.
"""

from ringbuf.buffer import CLOCKS, Event, RingBuffer, Stats, WaitResult

__all__ = ["CLOCKS", "Event", "RingBuffer", "Stats", "WaitResult"]
