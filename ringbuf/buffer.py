# SPDX-License-Identifier: GPL-2.0-only
"""The Python face of the ring buffer: one class, and the plain values that it hands out."""

from __future__ import annotations

import enum
import os
from collections.abc import Iterator
from typing import NamedTuple

from ringbuf._ringbuf import ffi, lib

CLOCKS: tuple[str, ...] = ("local", "global", "counter", "mono", "mono_raw", "boot", "tai", "x86-tsc")
"""The clocks by name, in the order of the kernel's ``trace_clock`` (which has ``uptime`` and ``perf`` besides)."""

_BILLION = 1_000_000_000


class Stats(NamedTuple):
    """The counters of ``per_cpu/cpuN/stats``, in its order. Time stamps are raw: ns, or ticks of the clock."""

    entries: int
    """Events that can be read now."""
    overrun: int
    """Events overwritten before they were read."""
    commit_overrun: int
    """Events dropped because no sub-buffer could be recycled: all held uncommitted events."""
    bytes: int
    """Bytes of the events that can be read, headers included."""
    oldest_ts: int
    """Time stamp of the oldest sub-buffer with unread events."""
    now_ts: int
    """The buffer's clock now."""
    dropped_events: int
    """Events dropped because the buffer was full, not overwriting."""
    read_events: int
    """Events consumed."""


class Event(NamedTuple):
    """One event, as iterators give it."""

    ts: int
    """When: ns, or ticks of the clock."""
    data: bytes
    """What was written, filled up with zeroes to a multiple of 4 bytes."""
    lost: int
    """Events that were overwritten just before this one could be returned."""


class WaitResult(enum.Enum):
    """Why :meth:`RingBuffer.wait` returned."""

    READY = "ready"
    INTERRUPTED = "interrupted"
    TIMEOUT = "timeout"
    KICKED = "kicked"


_WAIT_RESULTS = {
    0: WaitResult.READY,
    -4: WaitResult.INTERRUPTED,  # EINTR
    -110: WaitResult.TIMEOUT,  # ETIMEDOUT
    -125: WaitResult.KICKED,  # ECANCELED
}


def _check(result: int) -> int:
    if result < 0:
        raise OSError(-result, os.strerror(-result))
    return result


def _clock_number(name: str) -> int:
    try:
        return CLOCKS.index(name)
    except ValueError:
        raise OSError(22, f"no such clock: {name}") from None


def _any(cpu: int | None) -> int:
    return -1 if cpu is None else cpu


class RingBuffer:
    """A per-CPU ring buffer in shared memory.

    Writers (any number per CPU, in any process that has it open) never wait. Consuming readers of one CPU must be
    serialised by the caller; iterators may be as many as wanted. :meth:`resize`, :meth:`set_subbuf_size`,
    :meth:`set_clock` and :meth:`reset` may run beside readers of this process, but the caller keeps writers out.

    Methods that take ``cpu=None`` mean all CPUs. A CPU that does not exist is ``OSError(EINVAL)``.
    """

    def __init__(self, pointer: object) -> None:
        """For :meth:`create` and :meth:`open`: takes over a ``struct rb *``."""
        self._rb = ffi.gc(pointer, lib.rb_close)

    @classmethod
    def create(
        cls, cpus: int, size: int, subbuf_size: int = 4096, overwrite: bool = True, clock: str = "local"
    ) -> RingBuffer:
        """Make a new, empty buffer that is recording.

        ``size`` is in bytes per CPU, rounded up to whole sub-buffers, at least two. ``subbuf_size`` is 4096 times
        a power of two, up to 512 KiB. ``clock`` is one of :data:`CLOCKS`. No memory is touched before it is used.

        Raises OSError: EINVAL for arguments out of range, ENOMEM where the machine has not that much.
        """
        if not 0 < cpus < 1 << 31 or not 0 <= subbuf_size < 1 << 32 or size < 0:
            raise OSError(22, os.strerror(22))
        if size >= 1 << 62:
            raise OSError(12, os.strerror(12))
        out = ffi.new("struct rb **")
        _check(lib.rb_create(out, cpus, size, subbuf_size, overwrite, _clock_number(clock)))
        return cls(out[0])

    @classmethod
    def open(cls, fd: int) -> RingBuffer:
        """Map the buffer behind ``fd`` (another :attr:`fd`, duplicated or passed from another process).

        Raises OSError(EINVAL) if that is not a sound buffer.
        """
        out = ffi.new("struct rb **")
        _check(lib.rb_open(out, fd))
        return cls(out[0])

    def close(self) -> None:
        """Unmap it. Nothing else may be called afterwards; iterators and waits must have ended."""
        rb, self._rb = self._rb, ffi.NULL
        if rb != ffi.NULL:
            ffi.release(rb)

    def __enter__(self) -> RingBuffer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # What it is

    @property
    def handle(self) -> int:
        """Address of the ``struct rb``, for C modules. The same until :meth:`close`."""
        return int(ffi.cast("uintptr_t", self._rb))

    @property
    def fd(self) -> int:
        """The memory file. Sealed against shrinking.

        -1 where RLIMIT_FSIZE left it no room; :meth:`open` refuses one that had room for a part alone."""
        return int(lib.rb_fd(self._rb))

    @property
    def cpus(self) -> int:
        """Number of CPUs it has room for."""
        return int(lib.rb_cpus(self._rb))

    @property
    def subbuf_size(self) -> int:
        """Bytes of a sub-buffer, its 16 bytes of header included."""
        return int(lib.rb_subbuf_size(self._rb))

    @property
    def max_event(self) -> int:
        """Bytes of the longest event."""
        return int(lib.rb_max_event(self._rb))

    @property
    def clock(self) -> str:
        """The clock's name, one of :data:`CLOCKS`."""
        return CLOCKS[int(lib.rb_clock(self._rb))]

    @property
    def overwrite(self) -> bool:
        """Whether a full buffer takes its oldest events for new ones; else it drops the new ones."""
        return bool(lib.rb_overwrite(self._rb))

    @overwrite.setter
    def overwrite(self, on: bool) -> None:
        lib.rb_set_overwrite(self._rb, on)

    @property
    def recording(self) -> bool:
        """Whether writes are taken at all (``tracing_on``)."""
        return bool(lib.rb_recording(self._rb))

    @recording.setter
    def recording(self, on: bool) -> None:
        lib.rb_set_recording(self._rb, on)

    @property
    def paused(self) -> bool:
        """A second switch: while it is on nothing is taken, whatever :attr:`recording` says."""
        return bool(lib.rb_paused(self._rb))

    @paused.setter
    def paused(self, on: bool) -> None:
        lib.rb_set_paused(self._rb, on)

    def size(self, cpu: int) -> int:
        """Bytes of events that fit into a CPU's buffer, sub-buffer headers left out, as the kernel counts them."""
        self._existing(cpu)
        return int(lib.rb_size(self._rb, cpu))

    # Writing

    def write(self, cpu: int, data: bytes) -> bool:
        """Record one event, stamped now. False: not taken (dropped and counted, too long, or not recording)."""
        self._existing(cpu)
        return len(data) < 1 << 32 and bool(lib.rb_write(self._rb, cpu, data, len(data)))

    # Reading

    def read_page(self, cpu: int) -> tuple[bytes, int] | None:
        """Consume the oldest events, as one sub-buffer image in the kernel's format, and how many were lost before
        them.

        None: there is nothing to read now.
        """
        self._existing(cpu)
        lost = ffi.new("uint64_t *")
        while True:
            page = ffi.new("uint8_t[]", self.subbuf_size)
            got = lib.rb_read_page_into(self._rb, cpu, page, len(page), lost)
            if got != -28:  # ENOSPC: sub-buffers have grown since we looked
                break
        return (bytes(ffi.buffer(page)), int(lost[0])) if _check(got) else None

    def iterate(self, cpu: int) -> Iterator[Event]:
        """Yield the unread events, oldest first, without consuming them, until there is none left."""
        self._existing(cpu)
        it = ffi.gc(lib.rb_iter_new(self._rb, cpu), lib.rb_iter_free)
        if it == ffi.NULL:
            raise OSError(12, os.strerror(12))
        try:
            event = ffi.new("struct rb_event *")
            while lib.rb_iter_peek(it, event):
                yield Event(int(event.ts), bytes(ffi.buffer(event.data, event.len)), int(event.lost))
                lib.rb_iter_next(it)
        finally:
            ffi.release(it)

    def empty(self, cpu: int | None = None) -> bool:
        """Whether there is nothing to consume now."""
        self._existing(cpu)
        return bool(lib.rb_empty(self._rb, _any(cpu)))

    def ready(self, cpu: int | None = None, percent: int = 0) -> bool:
        """Whether :meth:`wait` would return at once."""
        self._existing(cpu)
        return bool(lib.rb_ready(self._rb, _any(cpu), percent))

    def wait(self, cpu: int | None = None, percent: int = 0, timeout: float | None = None) -> WaitResult:
        """Sleep until there is something to consume and ``percent`` of the buffer is full (``buffer_percent``).

        ``timeout`` is in seconds. A signal ends the wait: it is not taken up again, unlike Python's own waits.
        """
        self._existing(cpu)
        timeout_ns = -1 if timeout is None else max(0, min(int(timeout * _BILLION), 1 << 62))
        result = lib.rb_wait(self._rb, _any(cpu), percent, timeout_ns)
        if result in _WAIT_RESULTS:
            return _WAIT_RESULTS[result]
        raise OSError(-result, os.strerror(-result))

    def kick(self) -> None:
        """End all waits that are going on now, in every process."""
        lib.rb_kick(self._rb)

    # Counters

    def stats(self, cpu: int) -> Stats:
        """The counters of one CPU."""
        out = ffi.new("struct rb_stats *")
        self._existing(cpu)
        _check(lib.rb_stats(self._rb, cpu, out))
        return Stats(*(int(getattr(out, name)) for name in Stats._fields))

    def entries(self, cpu: int | None = None) -> int:
        """Events that can be read now."""
        self._existing(cpu)
        return int(lib.rb_entries(self._rb, _any(cpu)))

    def written(self, cpu: int | None = None) -> int:
        """Events written since the buffer was emptied."""
        self._existing(cpu)
        return int(lib.rb_written(self._rb, _any(cpu)))

    def now(self) -> int:
        """The buffer's clock: ns, or ticks. Reading ``counter`` does not move it."""
        return int(lib.rb_now(self._rb))

    # Changing its shape

    def resize(self, size: int, cpu: int | None = None) -> None:
        """Give one CPU or all ``size`` bytes each, keeping the newest events that fit.

        What does not fit counts as overrun. Raises OSError(ENOMEM), nothing changed, where memory is short.
        """
        self._existing(cpu)
        if size < 0:
            raise OSError(22, os.strerror(22))
        _check(lib.rb_resize(self._rb, size, _any(cpu)) if size < 1 << 62 else -12)

    def set_subbuf_size(self, nbytes: int) -> None:
        """Change the size of sub-buffers (as in :meth:`create`), keeping the buffer's. Empties the buffer."""
        _check(lib.rb_set_subbuf_size(self._rb, nbytes) if 0 <= nbytes < 1 << 32 else -22)

    def set_clock(self, name: str) -> None:
        """Choose one of :data:`CLOCKS`. Empties the buffer."""
        _check(lib.rb_set_clock(self._rb, _clock_number(name)))

    def reset(self, cpu: int | None = None) -> None:
        """Empty one CPU's buffer or all, and zero the counters."""
        self._existing(cpu)
        _check(lib.rb_reset(self._rb, _any(cpu)))

    def swap(self, other: RingBuffer, cpu: int | None = None) -> None:
        """Exchange the events, sizes and counters of two buffers, of one CPU or all: how a snapshot is taken.

        Each stays what it was otherwise: its clock, its switches and its readers, which go on with what it holds now.
        The clocks should be the same. Raises OSError: EINVAL where the numbers of CPUs differ, ENOMEM.
        """
        self._existing(cpu)
        _check(lib.rb_swap(self._rb, ffi.cast("struct rb *", other.handle), _any(cpu)))

    def _existing(self, cpu: int | None) -> None:
        if cpu is not None and not 0 <= cpu < self.cpus:
            raise OSError(22, f"no such cpu: {cpu}")
