# SPDX-License-Identifier: GPL-2.0-only
"""A recording in a tree of its own: what was recorded goes through that tree's filters, triggers and buffers."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tracefs.calls.stream import FrameSource
from tracefs.capture.replay import Replay
from tracefs.events import REGISTRY, Cmdlines, EventClass, Field
from tracefs.events.cmdlines import DEFAULT_ENTRIES
from tracefs.export import trailer
from tracefs.export.day import Offsets
from tracefs.export.recorded import of_trace_dat
from tracefs.export.source import Source
from tracefs.render.frames import Lost
from tracefs.tree import Tracefs
from tracefs.tree.shared import possible_cpus

_COMMON = struct.Struct("<HBBi")
_LOC = struct.Struct("<HH")
_ARGS_AT = 16
"""Of a call's record, also where its result stands."""
Convert = Callable[[bytes], bytes]


class Recording:
    """To be told once. Raises OSError, and recorded.NotReadable where it is none."""

    def __init__(self, path: Path) -> None:
        self.source = of_trace_dat(path)
        more = trailer.read(path)
        self.lost = more.lost
        """Events that are missing, as far as is known by now."""
        self._day = Offsets(more.day) if more.day else None
        self._frames: FrameSource | None = None
        self.damaged = False
        """Whether some of it cannot be what was recorded."""
        self._converts: dict[int, tuple[Convert | None, int]] = {}
        tasks = [task._replace(tgid=more.tgids.get(task.pid, task.tgid)) for task in self.source.tasks()]
        self._cmdlines = Cmdlines(max(DEFAULT_ENTRIES, len(tasks)))
        for task in tasks:
            self._cmdlines.save(task.pid, task.tgid, task.comm)
        classes = self.source.registry.by_id.values()
        self.engine = Replay(self._cmdlines, _fork(), any(each.syscall for each in classes))
        names = {task.pid: task.comm for task in tasks}
        self.engine.name_by(lambda tid: names.get(tid, b"<...>"))
        self.tree = Tracefs(engine=self.engine, cmdlines=self._cmdlines, cpus=max(self.source.cpus, possible_cpus()))

    @property
    def events(self) -> list[str]:
        """All that it may have besides calls, as words of set_event."""
        known = (REGISTRY.find(each.system, each.name) for each in self.source.registry.by_id.values())
        return [f"{each.system}:{each.name}" for each in known if each and each.switched and not each.syscall
                and each.system not in ("raw_syscalls", "compat_syscalls")]  # fmt: skip

    def told(self, source: Source) -> Source:
        """The tree's source, as a recording's: all that will come is there when it is looked at."""
        return replace(source, now=None, day=self._day, lost=lambda: self.lost)

    def feed(self, amount: int) -> bool:
        """Let about so many bytes more of it happen. False: that was all."""
        if self._frames is None:
            self._frames = self.source.frames()
        while amount > 0:
            try:
                found = self._frames.take()
            except struct.error:
                self.damaged = True
                return False
            if not found:
                return False
            for each in found:
                if isinstance(each, Lost):
                    self.lost += each.events or 1
                    continue
                if len(each.record) < _COMMON.size:
                    self.damaged = True
                    continue
                number, _, _, tid = _COMMON.unpack_from(each.record)
                convert, least = self._converts[number] if number in self._converts else self._learn(number)
                if convert is None:
                    continue
                record = convert(each.record)
                if len(record) < least:
                    self.damaged = True
                    continue
                amount -= len(record) + 8
                self.engine.write(each.ts, each.cpu, tid, record)
        return True

    def _learn(self, number: int) -> tuple[Convert | None, int]:
        """What makes one of ours of that event, and the bytes that it has at least."""
        theirs = self.source.registry.by_id.get(number)
        ours = REGISTRY.find(theirs.system, theirs.name) if theirs else None
        found: tuple[Convert | None, int] = (None, 0)
        if theirs and ours:
            found = _convert(theirs, ours), _least(ours)
        self._converts[number] = found
        return found


def _fork() -> tuple[int, int] | None:
    event = REGISTRY.find("sched", "sched_process_fork")
    child = event.field("child_pid") if event else None
    return (event.id, child.offset) if event and child else None


def _least(ours: EventClass) -> int:
    if ours.syscall is None:
        return _COMMON.size
    return _ARGS_AT + 8 * (len(ours.syscall.params) if ours.kind == "enter" else 1)


def _convert(theirs: EventClass, ours: EventClass) -> Convert:
    """A record of theirs as one of ours; what theirs lacks is 0."""
    head = ours.id.to_bytes(2, "little")
    if [_place(each) for each in theirs.fields] == [_place(each) for each in ours.fields]:
        return (lambda record: record) if theirs.id == ours.id else lambda record: head + record[2:]
    fixed = max((each.offset + each.size for each in ours.fields), default=_COMMON.size)
    pairs = [(mine, field) for mine in ours.fields if (field := theirs.field(mine.name))]

    def convert(record: bytes) -> bytes:
        made, tail = bytearray(fixed), b""
        made[: _COMMON.size] = head + record[2 : _COMMON.size]
        for mine, field in pairs:
            if mine.is_data_loc and field.is_data_loc:
                at, length = _LOC.unpack_from(record.ljust(field.offset + 4, b"\0"), field.offset)
                _LOC.pack_into(made, mine.offset, (fixed + len(tail)) & 0xFFFF, length)
                tail += record[at : at + length]
            elif mine.is_data_loc or field.is_data_loc:
                continue
            elif mine.is_array or field.is_array:
                data = record[field.offset : field.offset + field.size if field.size else len(record)]
                if mine.size:
                    made[mine.offset : mine.offset + mine.size] = data[: mine.size].ljust(mine.size, b"\0")
                else:
                    tail += data
            else:
                value = int.from_bytes(record[field.offset : field.offset + field.size], "little", signed=field.signed)
                made[mine.offset : mine.offset + mine.size] = (value & (1 << 8 * mine.size) - 1).to_bytes(
                    mine.size, "little"
                )
        return bytes(made) + tail

    return convert


def _place(field: Field) -> tuple[str, int, int]:
    return field.name, field.offset, field.size
