# SPDX-License-Identifier: GPL-2.0-only
"""A Perfetto trace of plain ftrace events: sys_enter and sys_exit with their numbers, as Perfetto's own recorder writes
them.

Numbers of fields are those of protos/perfetto/trace in Perfetto's source. The importer names calls by the table of the
machine that the trace says it is of, and takes time stamps for those of the boot clock.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator

from tracefs.calls.stream import Stream
from tracefs.export.forms import Wish
from tracefs.export.perfetto import snapshot
from tracefs.export.protobuf import message, number, string
from tracefs.export.source import Source
from tracefs.render.frames import Frame, Lost

SYS_ENTER, SYS_EXIT = 329, 330
"""Fields of FtraceEvent."""
_COMMON = struct.Struct("<HBBi")
_NUMBER = struct.Struct("<q")
_NUMBER_AT, _ARGS_AT = 8, 16
_SEQUENCE = number(10, 1)


class PerfettoRaw:
    """An Export."""

    def __init__(self, source: Source, wish: Wish, file: int) -> None:
        self._source = source
        self._stream = Stream(source.frames(), source.now)
        self._known = {event.syscall.nr for event in source.registry.by_id.values() if event.syscall}
        """Calls that have events of their own."""
        self._begun = self._ended = False

    @property
    def held(self) -> bool:
        return self._stream.held

    def take(self, last: bool) -> bytes:
        while found := self._stream.take(last):
            if data := b"".join(self._packets(found)):
                return data
        if not last or not self._begun or self._ended:
            return b""
        self._ended = True
        return self._tasks()

    def close(self) -> None:
        pass

    def _packets(self, found: list[Frame | Lost]) -> Iterator[bytes]:
        if not self._begun:
            self._begun = True
            yield from self._head(found[0].ts)
        bundles: dict[int, list[bytes]] = {}
        for each in found:
            event = number(3, 1) if isinstance(each, Lost) else self._event(each)
            if event:
                bundles.setdefault(each.cpu, []).append(event)
        for cpu, events in bundles.items():
            yield message(1, message(1, number(1, cpu) + b"".join(events)) + _SEQUENCE)

    def _head(self, ts: int) -> Iterator[bytes]:
        here = os.uname()
        named = string(1, here.sysname) + string(2, here.version) + string(3, here.release) + string(4, here.machine)
        yield message(1, number(13, 1) + _SEQUENCE)
        yield message(1, message(45, message(1, named)) + _SEQUENCE)
        yield message(1, message(6, snapshot(self._source, ts)) + _SEQUENCE)

    def _event(self, frame: Frame) -> bytes:
        """A field of the bundle; b"" where the importer has no word for it: a 32-bit call, what is no call."""
        kind, _, _, tid = _COMMON.unpack_from(frame.record)
        event = self._source.registry.by_id.get(kind)
        if event is None or event.kind not in ("enter", "exit", "raw_enter", "raw_exit"):
            return b""
        if event.syscall:
            call, count = event.syscall.nr, len(event.syscall.params)
        else:
            (call,), count = _NUMBER.unpack_from(frame.record, _NUMBER_AT), 6
            if event.system != "raw_syscalls" or call in self._known or call < 0:
                return b""
        if event.kind in ("exit", "raw_exit"):
            content = message(SYS_EXIT, number(1, call) + number(2, *_NUMBER.unpack_from(frame.record, _ARGS_AT)))
        else:
            args = struct.unpack_from(f"<{count}Q", frame.record, _ARGS_AT)
            content = message(SYS_ENTER, number(1, call) + b"".join(number(2, each) for each in args))
        return message(2, number(1, frame.ts) + number(2, tid) + content)

    def _tasks(self) -> bytes:
        """Who they were, as far as that is known now."""
        tree = b""
        for task in self._source.tasks():
            name, group = task.comm.decode(errors="replace"), task.tgid or task.pid
            if group == task.pid:
                tree += message(1, number(1, task.pid) + string(3, name))
            tree += message(2, number(1, task.pid) + string(2, name) + number(3, group))
        return message(1, message(2, tree) + _SEQUENCE)
