# SPDX-License-Identifier: GPL-2.0-only
"""snapshot, of all CPUs or of one, and snapshot_raw."""

from __future__ import annotations

import errno
import io
import threading

from tracefs.render import Iterator, Reader
from tracefs.tree.instance import Instance
from tracefs.tree.long_text import Stream
from tracefs.tree.node import Context, Handle, readable, writable
from tracefs.tree.output import EventsFile, EventsReader, RawFile
from tracefs.tree.parse import unsigned

_STATE = "#\n# * Snapshot is {} *\n#\n# Snapshot commands:\n"
_CLEAR = """\
 snapshot buffer (but does not allocate or free)
#                      (Doesn't have to be '2' works with any number that
#                       is not a '0' or '1')
"""
_ALLOCATE = """\
# echo 1 > snapshot : Allocates snapshot buffer, if not already allocated.
#                      Takes a snapshot of the main buffer"""
_HELP = f"# echo 0 > snapshot : Clears and frees snapshot buffer\n{_ALLOCATE}.\n# echo 2 > snapshot : Clears{_CLEAR}"
_HELP_OF_A_CPU = (
    "# echo 0 > snapshot : Invalid for per_cpu snapshot file.\n"
    f"{_ALLOCATE} for this cpu.\n# echo 2 > snapshot : Clears this cpu's{_CLEAR}"
)


class SnapshotFile(EventsFile):
    """Reading shows the snapshot as `trace` shows the buffer; 0 frees it, 1 takes one, other numbers empty it."""

    def reader(self) -> Reader | None:
        snapshot = self.instance.snapshot
        return snapshot.reader if snapshot else None

    def begin(self) -> Stream:
        instance, reader = self.instance, self.reader()
        if reader and not reader.empty(self.cpu):
            return Iterator(instance.shared.renderer, reader, instance.view, self.cpu)
        state = _STATE.format("allocated" if instance.snapshot else "freed")
        usage = _HELP if self.cpu is None else _HELP_OF_A_CPU
        return io.BytesIO(f"# tracer: {instance.tracer}\n#\n{state}{usage}".encode())

    def open(self, flags: int, ctx: Context) -> Handle:
        return _SnapshotHandle(self, flags, ctx)


class _SnapshotHandle(EventsReader):
    def __init__(self, file: SnapshotFile, flags: int, ctx: Context) -> None:
        super().__init__(file, ctx)
        self._instance, self._cpu, self._flags = file.instance, file.cpu, flags

    def read(self, size: int, offset: int, ctx: Context) -> bytes:
        if not readable(self._flags):
            raise OSError(errno.EBADF, "not open for reading")
        return super().read(size, offset, ctx)

    def write(self, data: bytes, offset: int, ctx: Context) -> int:
        if not writable(self._flags):
            raise OSError(errno.EBADF, "not open for writing")
        self._instance.expand()
        command = unsigned(data)
        if command == 0:
            if self._cpu is not None:
                raise OSError(errno.EINVAL, "a snapshot is freed as a whole")
            self._instance.free_snapshot()
        elif command == 1:
            self._instance.take_snapshot(self._cpu)
        else:
            self._instance.empty_snapshot(self._cpu)
        return len(data)

    def end(self) -> int:
        return super().end() if readable(self._flags) else 0


class SnapshotRaw(RawFile):
    """per_cpu/cpuN/snapshot_raw: whole sub-buffers of the snapshot, consumed. It does not fill by itself: there is an
    end."""

    def __init__(self, instance: Instance, cpu: int) -> None:
        super().__init__(0o440)
        self._instance, self._cpu = instance, cpu

    def open(self, flags: int, ctx: Context) -> Handle:
        return _SnapshotRawHandle(self._instance, self._cpu)


class _SnapshotRawHandle(Handle):
    nonseekable = True
    spliced = True

    def __init__(self, instance: Instance, cpu: int) -> None:
        self._instance, self._cpu = instance, cpu
        self._rest = b""
        self._lock = threading.Lock()

    def read(self, size: int, offset: int, ctx: Context) -> bytes:
        with self._lock:
            snapshot = self._instance.snapshot
            page = self._rest or (snapshot and snapshot.reader.take_page(self._cpu)) or b""
            data, self._rest = page[:size], page[size:]
        if not data and size and ctx.nonblock:
            raise OSError(errno.EAGAIN, "no more sub-buffers")
        return data
