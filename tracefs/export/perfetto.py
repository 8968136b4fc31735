# SPDX-License-Identifier: GPL-2.0-only
"""A Perfetto trace: TrackEvents, for ui.perfetto.dev and trace_processor.

C writes most calls (native/perfetto.c), on a sequence of packets of its own; here is what begins, ends and connects
tasks. Numbers of fields are those of protos/perfetto/trace in Perfetto's source. Packets stand in the order in which
calls end; the reader sorts them by time stamp, and leaves those of one time stamp as they stand.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

from tracefs.calls.pairing import Happening
from tracefs.export import story
from tracefs.export._native import ffi, lib
from tracefs.export.forms import Wish
from tracefs.export.native.driver import ALL, CHANNELS, Driver, is_ours
from tracefs.export.protobuf import fixed64, key, message, number, string, varint
from tracefs.export.source import Source
from tracefs.export.story import READS, WRITES, Event, Story, Task
from tracefs.syscalls import SYSCALLS

SLICE_BEGIN, SLICE_END, INSTANT, COUNTER = 1, 2, 3, 4
CLOCKS = {"realtime": 1, "mono": 3, "mono_raw": 5, "boot": 6}
"""As in builtin_clock.proto."""
_READABLE = {
    "realtime": time.CLOCK_REALTIME,
    "mono": time.CLOCK_MONOTONIC,
    "mono_raw": time.CLOCK_MONOTONIC_RAW,
    "boot": time.CLOCK_BOOTTIME,
}
_SEQUENCE, _ITS_SEQUENCE = number(10, 1), number(10, 2)
"""Of the packets that are made here, and of those of C."""
_CLEARED, _NEEDS_STATE = _SEQUENCE + number(13, 1), _SEQUENCE + number(13, 2)
CATEGORY, NAME, ANNOTATION, STRING = 1, 2, 3, 29
"""Fields of InternedData."""
_MOST = 1 << 16
"""Strings that the reader is to remember, before it may forget them all."""
SLOT = 10_000_000
"""ns that a value of a counter stands for."""
COUNTERS = ("calls/s", "failed calls/s", "tasks", "bytes read/s", "bytes written/s")
_COUNTER_TRACK, _TREE = 1 << 40, (1 << 40) + 100
_BORN, _REAPED, _MOVED = 1 << 60, 2 << 60, 3 << 60
"""What the ids of flows begin with."""


class Interned:
    """Strings that the reader knows by a number, and those that it is to learn with the next packet."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], int] = {}
        self.fresh = b""
        """Fields of InternedData."""

    def __call__(self, field: int, text: str) -> int:
        known = self._known.get((field, text))
        if known is None:
            known = self._known[field, text] = len(self._known) + 1
            self.fresh += message(field, number(1, known) + string(2, text))
        return known

    def forget(self) -> bool:
        """Begin anew, if there are many: the reader has to be told."""
        many = len(self._known) > _MOST
        if many:
            self._known.clear()
        return many


def _defaults(clock: str, sequence: bytes) -> bytes:
    """What says which clock the time stamps are of."""
    known = CLOCKS.get(clock, CLOCKS["boot"])
    return b"" if known == CLOCKS["boot"] else message(1, message(59, number(58, known)) + sequence + number(13, 2))


def snapshot(source: Source, ts: int) -> bytes:
    """A ClockSnapshot: by it the trace is placed beside others. Of now, or of `ts` in a recording."""
    clock = CLOCKS.get(source.clock, CLOCKS["boot"])
    clocks = {clock: ts}
    if source.day:
        clocks[CLOCKS["realtime"]] = source.day(ts)
    if source.now and source.clock in CLOCKS:
        clocks = {number: time.clock_gettime_ns(_READABLE[name]) for name, number in CLOCKS.items()}
    return b"".join(message(1, number(1, each) + number(2, at)) for each, at in clocks.items()) + number(2, clock)


class PerfettoLines:
    """Packets, one after the other."""

    def __init__(self, source: Source, native: Any, pairs: Any) -> None:
        """`native`: a struct ex_perfetto, which has the counters; `pairs`: its struct ex_pairs, which is told of
        tasks."""
        self._source, self._native, self._pairs = source, native, pairs
        self._counts = lib.ex_perfetto_counts(native)
        self._story = Story(source)
        self._interned = Interned()
        self._begun = False
        self._processes: dict[int, int] = {}
        """pid -> its track."""
        self._annotation_keys: dict[str, bytes] = {}
        self._writes: dict[str, tuple[int, int, str]] = {}
        """Channel -> the last write to it that nobody has read yet: flow, time stamp, who wrote."""
        self._reads: dict[str, tuple[int, int]] = {}
        """Channel -> a read whose write has not ended yet: flow, end."""
        self._flows = 0

    def lines(self, happenings: Iterable[Happening]) -> Iterator[bytes]:
        for event in self._story.events(happenings):
            yield from self._packets(event)
        self._counts.count[lib.EX_TASKS] = self._story.living

    def seen(self, now: int) -> None:
        self._story.seen(now)

    def lost(self, ts: int, cpu: int, count: int | None) -> bytes:
        return b"".join(self._packets(story.Missed(ts, cpu, count)))

    def end(self) -> Iterator[bytes]:
        for event in self._story.end():
            yield from self._packets(event)
        if self._begun:
            yield self._count(self._counts.slot + SLOT)

    def _packets(self, event: Event) -> Iterator[bytes]:
        if not self._begun:
            self._begun = True
            self._counts.slot = event.ts // SLOT * SLOT
            yield from self._head(event.ts)
        if self._interned.forget():
            self._annotation_keys.clear()
            yield message(1, number(8, event.ts) + _CLEARED) + _defaults(self._source.clock, _SEQUENCE)
        match event:
            case story.Called():
                yield from self._called(event)
            case story.Began(ts, task):
                lib.ex_task(self._pairs, task.tid, 4 * task.serial + 1)
                yield from self._tracks(task)
                yield self._event(ts, SLICE_BEGIN, task, task.name, "program")
            case story.Ran(ts, task, _):
                yield self._event(ts, SLICE_END, task)
                yield self._event(
                    ts, SLICE_BEGIN, task, task.name, "program", self._annotation("cmdline", task.cmdline)
                )
                yield from self._life(task, event.before, ts)
            case story.Struck(ts, task, name, info):
                yield self._event(ts, INSTANT, task, name, "signal", self._annotation("siginfo", info) if info else b"")
            case story.Gone(ts, task, how):
                lib.ex_task(self._pairs, task.tid, 0)
                yield from self._gone(ts, task, how)
            case story.Noted(ts, task, name, fields):
                about = b"".join(self._annotation(each, _shown(value)) for each, value in fields.items())
                yield self._event(ts, INSTANT, task, str(fields.get("buf", name)).strip() or name, "event", about)
            case story.Missed(ts, cpu, events):
                about = self._annotation("cpu", cpu) + (b"" if events is None else self._annotation("events", events))
                yield self._on(ts, INSTANT, _TREE, "lost events", "lost", about)

    def _head(self, ts: int) -> Iterator[bytes]:
        yield message(1, number(8, ts) + _CLEARED)
        yield message(1, message(6, snapshot(self._source, ts)) + _SEQUENCE)
        yield _defaults(self._source.clock, _SEQUENCE)
        yield self._descriptor(_TREE, string(2, "programs, by who started whom") + number(11, 2))
        for index, name in enumerate(COUNTERS):
            yield self._descriptor(_COUNTER_TRACK + index, string(2, name) + message(8, number(3, 2)))

    # -- tracks

    @staticmethod
    def _descriptor(uuid: int, content: bytes) -> bytes:
        return message(1, message(60, number(1, uuid) + content) + _SEQUENCE)

    def _tracks(self, task: Task, named: bool = False) -> Iterator[bytes]:
        """Once without names, when a task is first seen: the reader keeps the first that it gets, and the last is
        wanted."""
        if task.pid not in self._processes or (task.pid == task.tid and not named):
            self._processes[task.pid] = 4 * task.serial
        process, rank = self._processes[task.pid], number(12, task.serial)
        thread, about = number(1, task.pid) + number(2, task.tid), number(1, task.pid)
        if named:
            thread += string(5, task.name)
            about += b"".join(string(2, word) for word in task.cmdline.split(" ")[:64] if word) + string(6, task.name)
        if task.pid == task.tid:
            yield self._descriptor(process, message(3, about) + rank)
        yield self._descriptor(4 * task.serial + 1, number(5, process) + message(4, thread) + rank)

    def _life(self, task: Task, name: str, end: int) -> Iterator[bytes]:
        """What a process was until now, in the tree of those who started each other."""
        if task.pid != task.tid:
            return
        parent = 4 * task.parent.serial + 2 if task.parent and task.parent.pid == task.parent.tid else _TREE
        track = 4 * task.serial + 2
        yield self._descriptor(
            track, string(2, f"{task.name} {task.tid}") + number(5, parent) + number(12, task.serial)
        )
        yield self._on(task.program_began, SLICE_BEGIN, track, name, "program")
        yield self._on(end, SLICE_END, track)

    # -- events

    def _called(self, call: story.Called) -> Iterator[bytes]:
        task, category = call.task, story.category(call.name)
        yield self._count(call.ts if call.end is None else call.end)
        counts = self._counts.count
        counts[lib.EX_CALLS] += 1
        about = b"".join(self._annotation(name, value) for name, value in call.args)
        if call.error:
            counts[lib.EX_FAILED] += 1
            about += self._annotation("error", call.error)
        elif call.ret is not None:
            about += self._annotation("result", call.ret)
            if call.said:
                about += self._annotation("returned", call.said)
            if call.ret > 0:
                counts[lib.EX_READ] += call.ret * (call.name in READS)
                counts[lib.EX_WRITTEN] += call.ret * (call.name in WRITES)
        flows = fixed64(47, _BORN | call.child.serial) if call.child else b""
        came = (_REAPED | call.reaped.serial, call.reaped.ended, f"end of {call.reaped.name}") if call.reaped else None
        if call.channel and call.name in WRITES:
            flows += fixed64(47, self._wrote(call))
        elif call.channel:
            came = self._writes.pop(call.channel, None) or self._read_first(call)
        if came and came[1] <= call.ts:
            flows += fixed64(48, came[0])
        more = ("failed",) if call.error else ("unfinished",) if call.end is None else ()
        if not call.whole:
            if call.ret == 0 and call.name in story.FORKS:
                yield self._event(call.ts, INSTANT, task, "born", "process", fixed64(48, _BORN | task.serial))
            else:
                yield self._event(call.ts, INSTANT, task, call.name, category, about + flows, *more, "begun before")
            return
        end = self._story.now if call.end is None else call.end
        yield self._event(call.ts, SLICE_BEGIN, task, call.name, category, about + flows, *more)
        if came and came[1] > call.ts:  # it was waited for, and a flow cannot lead to what began before it
            yield self._event(end, INSTANT, task, came[2], category, fixed64(48, came[0]))
        yield self._event(end, SLICE_END, task)

    def _wrote(self, call: story.Called) -> int:
        """The flow that begins with a write."""
        flow, end = self._reads.pop(call.channel, (0, 0))
        if not flow or end < call.ts:
            flow = self._flow()
            self._writes[call.channel] = (flow, call.ts, f"from {call.task.name}")
            _bound(self._writes)
        return flow

    def _read_first(self, call: story.Called) -> tuple[int, int, str] | None:
        """A read ended before the end of the write that it has its bytes from, on another CPU: that is still to
        come."""
        if call.end is None or not call.ret or call.ret < 0:
            return None
        self._reads[call.channel] = (self._flow(), call.end)
        _bound(self._reads)
        return self._reads[call.channel][0], call.end, "bytes came"

    def _flow(self) -> int:
        self._flows += 1
        return _MOVED | self._flows

    def _gone(self, ts: int, task: Task, how: str) -> Iterator[bytes]:
        if how:
            yield self._event(ts, INSTANT, task, how, "exit", fixed64(47, _REAPED | task.serial))
        yield self._event(ts, SLICE_END, task)
        yield from self._tracks(task, named=True)
        yield from self._life(task, task.name, ts)

    def _count(self, ts: int) -> bytes:
        """The counters of what is over."""
        self._counts.count[lib.EX_TASKS] = self._story.living
        lib.ex_perfetto_count(self._native, ts)
        return _taken(self._native)

    def _event(
        self, ts: int, kind: int, task: Task, name: str = "", category: str = "", about: bytes = b"", *more: str
    ) -> bytes:
        return self._on(ts, kind, 4 * task.serial + 1, name, category, about, *more)

    def _on(
        self, ts: int, kind: int, track: int, name: str = "", category: str = "", about: bytes = b"", *more: str
    ) -> bytes:
        """One packet; `about`: more fields of the TrackEvent."""
        interned = self._interned
        content = _KINDS[kind] + varint(track) + about
        if name:
            content += _NAME + varint(interned(NAME, name))
            content += b"".join(_CATEGORY + varint(interned(CATEGORY, each)) for each in (category, *more))
        packet = _TS + varint(ts) + message(11, content) + _NEEDS_STATE
        if interned.fresh:
            packet += message(12, interned.fresh)
            interned.fresh = b""
        return message(1, packet)

    def _annotation(self, name: str, value: str | int) -> bytes:
        begin = self._annotation_keys.get(name)
        if begin is None:
            begin = self._annotation_keys[name] = number(1, self._interned(ANNOTATION, name))
        if isinstance(value, int):
            return message(4, begin + (number(4, value) if -(1 << 63) <= value < 1 << 63 else number(3, value)))
        return message(4, begin + number(17, self._interned(STRING, value)))


_TS, _NAME, _CATEGORY = key(8, 0), key(10, 0), key(3, 0)
_KINDS = {kind: number(9, kind) + key(11, 0) for kind in (SLICE_BEGIN, SLICE_END, INSTANT)}


def _bound(waiting: dict[str, Any]) -> None:
    """Of what nobody has read yet the oldest is forgotten, so that memory does not grow."""
    if len(waiting) > _MOST:
        del waiting[next(iter(waiting))]


def _shown(value: object) -> str | int:
    return value if isinstance(value, int) else " ".join(map(hex, value)) if isinstance(value, list) else str(value)


def _taken(native: Any) -> bytes:
    size = ffi.new("size_t *")
    data = lib.ex_perfetto_take(native, size)
    return bytes(ffi.buffer(data, size[0])) if size[0] else b""


def make(source: Source, wish: Wish, file: int) -> Driver:
    """The form."""
    defaults = _defaults(source.clock, _ITS_SEQUENCE)
    native = ffi.gc(lib.ex_perfetto_new(2, defaults, len(defaults), _COUNTER_TRACK, SLOT), lib.ex_perfetto_free)
    mine = bytearray(1024)
    for call in SYSCALLS:
        name = call.uapi_name
        moves = 1 if name in READS else 2 if name in WRITES else 0
        lib.ex_perfetto_name(native, call.nr, name.encode(), story.category(name).encode(), moves)
        mine[call.nr] = ALL if name in story.TOLD else CHANNELS if moves else 0
    pairs = ffi.gc(lib.ex_perfetto_pairs(native, is_ours(source), bytes(mine)), lib.ex_pairs_free)
    told = PerfettoLines(source, native, pairs)
    return Driver(source, pairs, told, lib.ex_perfetto_written(native), lambda: _taken(native))
