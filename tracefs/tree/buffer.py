# SPDX-License-Identifier: GPL-2.0-only
"""The size of the buffer, whole and per CPU, and its counters."""

from __future__ import annotations

import contextlib
import errno
import os

from tracefs.tree.control import InstanceFile
from tracefs.tree.instance import FULL_SIZE, SMALLEST, Instance
from tracefs.tree.node import Context, Handle
from tracefs.tree.parse import unsigned
from tracefs.tree.textfile import TextHandle

_ULONG = 1 << 64
_LARGEST_SUBBUF_KB = 512


def _memory() -> int:
    """Bytes that could be had without swapping; more than that is not tried, as in the kernel."""
    try:
        with open("/proc/meminfo") as lines:
            return next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


class BufferSize(InstanceFile):
    """buffer_size_kb: of every CPU, or of one."""

    def __init__(self, instance: Instance, cpu: int | None = None) -> None:
        super().__init__(instance)
        self._cpu = cpu

    def show(self) -> str:
        buffer = self.instance.buffer
        cpus = range(buffer.cpus) if self._cpu is None else (self._cpu,)
        sizes = {buffer.size(cpu) >> 10 for cpu in cpus}
        if len(sizes) > 1:
            return "X\n"
        size = sizes.pop()
        return f"{size}\n" if self.instance.expanded else f"{size} (expanded: {FULL_SIZE >> 10})\n"

    def store(self, data: bytes, ctx: Context) -> int:
        kilobytes = unsigned(data)
        if not kilobytes:
            raise OSError(errno.EINVAL, "no size")
        size = (kilobytes << 10) % _ULONG
        buffer = self.instance.buffer
        if size * (buffer.cpus if self._cpu is None else 1) > _memory():
            raise OSError(errno.ENOMEM, "more than there is memory")
        # The kernel counts sub-buffers in 64 bits: what wraps around asks for the smallest buffer.
        self.instance.resize(size if size < _ULONG - buffer.subbuf_size else SMALLEST, self._cpu)
        return len(data)


class BufferTotalSize(InstanceFile):
    """buffer_total_size_kb: of all CPUs together."""

    def show(self) -> str:
        buffer = self.instance.buffer
        total = sum(buffer.size(cpu) >> 10 for cpu in range(buffer.cpus))
        if self.instance.expanded:
            return f"{total}\n"
        return f"{total} (expanded: {buffer.cpus * (FULL_SIZE >> 10)})\n"


class SubbufSize(InstanceFile):
    """buffer_subbuf_size_kb: rounded up to a power of two of pages. A change empties the buffer."""

    def show(self) -> str:
        return f"{self.instance.buffer.subbuf_size >> 10}\n"

    def store(self, data: bytes, ctx: Context) -> int:
        kilobytes = unsigned(data)
        if not 0 < kilobytes <= _LARGEST_SUBBUF_KB:
            raise OSError(errno.EINVAL, "1 to 512")
        pages = -(-kilobytes // 4)
        self.instance.set_subbuf_size(4096 << (pages - 1).bit_length())
        return len(data)


class BufferPercent(InstanceFile):
    """buffer_percent: how full a CPU's buffer is when those who poll it are woken."""

    def show(self) -> str:
        return f"{self.instance.buffer_percent}\n"

    def store(self, data: bytes, ctx: Context) -> int:
        percent = unsigned(data)
        if percent > 100:
            raise OSError(errno.EINVAL, "0 to 100")
        self.instance.buffer_percent = percent
        return len(data)


class FreeBuffer(InstanceFile):
    """free_buffer: gives the memory back when it is closed; what is written is taken and forgotten."""

    def __init__(self, instance: Instance) -> None:
        super().__init__(instance, 0o200)

    def store(self, data: bytes, ctx: Context) -> int:
        return len(data)

    def open(self, flags: int, ctx: Context) -> Handle:
        return _FreeBufferHandle(self, flags)


class _FreeBufferHandle(TextHandle):
    nonseekable = True

    def __init__(self, file: FreeBuffer, flags: int) -> None:
        super().__init__(file, flags)
        self._instance = file.instance

    def release(self) -> None:
        # Not at flush: that comes for each dup, and a program holds the file open so that its death frees the buffer.
        if self._instance.options["disable_on_free"]:
            self._instance.tracing_on = False
        with contextlib.suppress(OSError):
            self._instance.resize(SMALLEST)


class Stats(InstanceFile):
    """per_cpu/cpuN/stats."""

    def __init__(self, instance: Instance, cpu: int) -> None:
        super().__init__(instance, 0o440)
        self._cpu = cpu

    def show(self) -> str:
        buffer = self.instance.buffer
        stats = buffer.stats(self._cpu)
        time = str if buffer.clock in ("counter", "x86-tsc") else _seconds
        return (
            f"entries: {stats.entries}\n"
            f"overrun: {stats.overrun}\n"
            f"commit overrun: {stats.commit_overrun}\n"
            f"bytes: {stats.bytes}\n"
            f"oldest event ts: {time(stats.oldest_ts)}\n"
            f"now ts: {time(stats.now_ts)}\n"
            f"dropped events: {stats.dropped_events}\n"
            f"read events: {stats.read_events}\n"
        )


def _seconds(nanoseconds: int) -> str:
    seconds, micros = divmod(nanoseconds // 1000, 1_000_000)
    return f"{seconds:5d}.{micros:06d}"
