# SPDX-License-Identifier: GPL-2.0-only
"""trace_marker and trace_marker_raw: events that programs write themselves."""

from __future__ import annotations

import errno
import struct

from tracefs.tree.instance import Instance
from tracefs.tree.node import Context, File, Handle, writable
from tracefs.tree.procfs import Task, look_up
from tracefs.tree.segments import segments

_COMMON = struct.Struct("<HBBi")
_PRINT, _RAW_DATA = 5, 19
_LONGEST_TEXT = 4096
_TAG = 4
"""trace_marker_raw begins with a number that says what the rest is."""


class TraceMarker(File):
    """Base of both: who may write, and where the event goes."""

    def __init__(self, instance: Instance) -> None:
        super().__init__(0o220)
        self._instance = instance

    def open(self, flags: int, ctx: Context) -> Handle:
        return _MarkerHandle(self, flags)

    def store(self, data: bytes, ctx: Context) -> int:
        """Write one event, cut to what fits; returns the bytes taken. EINVAL: markers are off; EBADF: tracing is."""
        taken = -1
        task = look_up(ctx.tid)
        for instance in self._targets():
            if not instance.options["markers"]:
                raise OSError(errno.EINVAL, "markers are off")
            record = self.record(data, ctx.tid, instance.buffer.max_event)
            taken = record[0]
            _put(instance, task, record[1], self.seen(record[1], taken))
        if taken < 0:
            raise OSError(errno.ENODEV, "copy_trace_marker is off everywhere")
        return taken

    def record(self, data: bytes, tid: int, longest: int) -> tuple[int, bytes]:
        """The bytes taken of `data`, and the record of them, of at most `longest` bytes."""
        room = min(_LONGEST_TEXT, longest - _COMMON.size - 8 - len(b"\n\0"))
        text = data[:room]
        end = b"\0" if text.endswith(b"\n") else b"\n\0"
        return len(text), _COMMON.pack(_PRINT, 0, 0, tid) + bytes(8) + text + end

    def seen(self, record: bytes, taken: int) -> bytes:
        """The record as triggers see it: the text as it was written, without the newline that its line will need."""
        return record[: _COMMON.size + 8 + taken] + b"\0"

    def _targets(self) -> list[Instance]:
        """What is written at the top goes to all that have copy_trace_marker, which the top has at first."""
        if not self._instance.top:
            return [self._instance]
        return [instance for instance in self._instance.shared.instances if instance.options["copy_trace_marker"]]


class TraceMarkerRaw(TraceMarker):
    """Binary: a 4-byte tag and data, all or nothing."""

    def _targets(self) -> list[Instance]:
        return [self._instance]

    def seen(self, record: bytes, taken: int) -> bytes:
        return record

    def record(self, data: bytes, tid: int, longest: int) -> tuple[int, bytes]:
        record = _COMMON.pack(_RAW_DATA, 0, 0, tid) + data
        if len(data) < _TAG or len(record) > longest:
            raise OSError(errno.EINVAL, "too short or too long")
        return len(data), record


class _MarkerHandle(Handle):
    nonseekable = True

    def __init__(self, file: TraceMarker, flags: int) -> None:
        self._file, self._flags = file, flags

    def write(self, data: bytes, offset: int, ctx: Context) -> int:
        if not writable(self._flags):
            raise OSError(errno.EBADF, "not open for writing")
        taken = 0
        for segment in segments(ctx.tid, data):
            try:
                part = self._file.store(segment, ctx)
            except OSError:
                if taken:
                    break
                raise
            taken += part
            if part < len(segment):
                break
        return taken


def _put(instance: Instance, task: Task, record: bytes, seen: bytes) -> None:
    # The lock keeps a resize away meanwhile.
    with instance.lock:
        if not instance.buffer.recording or instance.buffer.paused:
            raise OSError(errno.EBADF, "tracing is off")
        if instance.options["record-cmd"] and task.tid:
            tgid = task.tgid if instance.options["record-tgid"] else 0
            instance.shared.cmdlines.save(task.tid, tgid, task.comm)
        if not instance.mark(task.tid, task.comm, task.cpu % instance.buffer.cpus, record, seen):
            raise OSError(errno.EBADF, "no room, or this CPU is not recorded")
