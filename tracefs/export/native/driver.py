# SPDX-License-Identifier: GPL-2.0-only
"""Forms that C writes, but for what only Python tells: a source's records to pairs.c, and to Python what that
leaves."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from tracefs.calls.pairing import Entered, Happening, Pairing
from tracefs.events import REGISTRY, EventClass
from tracefs.export._native import ffi, lib
from tracefs.export.source import Source
from tracefs.render._render import ffi as render_ffi
from tracefs.render.frames import Lost
from tracefs.render.typed.types import BUILT_IN, Types
from tracefs.syscalls.types import Decoder, Table
from tracefs.syscalls.types.loader import compile_rows, compiled, load

ALL, CHANNELS = lib.EX_ALL, lib.EX_CHANNELS
"""Which calls of a syscall are Python's: see pairs.h."""
_FOREVER = (1 << 64) - 1
_UNCOUNTED = (1 << 64) - 1
_CHUNK = 1 << 20
"""Bytes that are taken from the source at once, and written at once."""
_FRAME = struct.Struct("<QII")
_LOST = 0xFFFFFFFF
"""As in struct rn_frame."""
_PAGES = 16
"""Sub-buffers of one CPU that are held at least."""


class Told(Protocol):
    """What Python tells of the rest."""

    def lines(self, happenings: Iterable[Happening], /) -> Iterator[bytes]: ...

    def lost(self, ts: int, cpu: int, count: int | None, /) -> bytes: ...

    def end(self) -> Iterator[bytes]: ...

    def seen(self, now: int, /) -> None:
        """The time stamp of the newest record; before anything else is told."""
        ...


class Driver:
    """An Export. `pairs`: a struct ex_pairs, whose sink has `written` bytes (or rows), at most about `limit`; `taken`
    takes them."""

    def __init__(
        self, source: Source, pairs: Any, told: Told, written: Any, taken: Callable[[], bytes], limit: int = _CHUNK
    ) -> None:
        self._source, self._pairs, self._told, self._taken, self._written = source, pairs, told, taken, written
        self._feed: _Live | _Pages | _Frames = (
            _Live(source, pairs)
            if source.chunks
            else _Pages(source, pairs)
            if source.pages_of
            else _Frames(source, pairs)
        )
        self._limit = limit
        self._table: Table | None = None
        self._types: Types | None = None
        self._pairing = Pairing(source.registry, Decoder(source.table()))
        self._take_over_types()
        self._ended = self._full = False

    def take(self, last: bool) -> bytes:
        """b"" too where the sink is full."""
        while True:
            found = self._feed.more(last)
            self._take_over_types()
            if (out := self._run(self._feed.until)) or self._full:
                return out
            if not found and not self.held:
                break
        return self._end() if last else b""

    @property
    def held(self) -> bool:
        return bool(lib.ex_waiting(self._pairs))

    def close(self) -> None:
        pass

    def _run(self, until: int) -> bytes:
        out: list[bytes] = []
        while True:
            stop = lib.ex_run(self._pairs, self._address, until, self._written, self._limit)
            out.append(self._taken())
            if stop == lib.EX_FRAME:
                out += self._rest(lib.ex_frame_of(self._pairs))
            elif stop == lib.EX_NO_MEMORY:
                raise MemoryError
            self._full = stop == lib.EX_FULL
            if stop == lib.EX_DONE or self._full:
                break
        return b"".join(out)

    def _rest(self, frame: Any) -> list[bytes]:
        """What Python makes of a record that C left."""
        self._told.seen(lib.ex_now(self._pairs))
        told = []
        if frame.lost:
            told.append(self._told.lost(frame.ts, frame.cpu, None if frame.lost == _UNCOUNTED else frame.lost))
        records = [*self._open(frame.tid), (frame.ts, _record(frame))]
        told += self._told.lines(self._wanted(records))
        return told

    def _open(self, tid: int) -> list[tuple[int, bytes]]:
        """The call that C has of that task is the pairing's from now on."""
        opened = ffi.new("struct ex_frame *")
        return [(opened.ts, _record(opened))] if lib.ex_take_open(self._pairs, tid, opened) else []

    def _wanted(self, records: list[tuple[int, bytes]]) -> Iterator[Happening]:
        for each in self._pairing.happenings(records):
            if not (self._source.whole and isinstance(each, Entered)):
                yield each

    def _end(self) -> bytes:
        if self._ended:
            return b""
        self._ended = True
        told: list[bytes] = []
        self._told.seen(lib.ex_now(self._pairs))
        while (tid := lib.ex_any_open(self._pairs)) >= 0:
            told += self._told.lines(self._wanted(self._open(tid)))
        told += self._told.end()
        return b"".join(told)

    def _take_over_types(self) -> None:
        table = self._source.table()
        if table is self._table:
            return
        if self._table is not None:
            self._pairing.decoder = Decoder(table)
        self._table = table
        self._types = Types(compiled() if table is load() else compile_rows(table))
        self._address = ffi.cast("struct rn_types *", int(render_ffi.cast("uintptr_t", self._types.address)))


def _record(frame: Any) -> bytes:
    return bytes(ffi.buffer(frame.record, frame.length))


def is_ours(source: Source) -> bool:
    """Whether C knows the records: they have our numbers, and their types are those that C has words for."""
    if not all(_same(event, REGISTRY.by_id.get(event.id)) for event in source.registry.by_id.values() if event.syscall):
        return False
    return BUILT_IN.issuperset(compiled().customs)


def _same(event: EventClass, ours: EventClass | None) -> bool:
    if event is ours or ours is None:
        return event is ours
    places = [[(field.name, field.offset, field.size) for field in each.fields] for each in (event, ours)]
    return event.syscall is ours.syscall and event.kind == ours.kind and places[0] == places[1]


class _Live:
    """A buffer that may be written meanwhile: what is younger than the beginning of a look waits for the next, as
    another CPU may still have something older."""

    def __init__(self, source: Source, pairs: Any) -> None:
        assert source.chunks
        self._pairs, self._now = pairs, source.now
        self._read = source.chunks()
        self.until = 0

    def more(self, last: bool) -> bool:
        self.until = _FOREVER if last or self._now is None else self._now()
        if lib.ex_waiting(self._pairs) > 1 << 16:
            return False
        data = self._read(_CHUNK)
        if data and not lib.ex_add(self._pairs, data, len(data)):
            raise MemoryError
        return bool(data)


class _Pages:
    """Sub-buffers that all are there. As many of each CPU are held that the next in time is known."""

    def __init__(self, source: Source, pairs: Any) -> None:
        assert source.pages_of
        self._pairs, self._pages = pairs, source.pages_of()
        self._last = dict.fromkeys(self._pages, 0)
        self.until = 0

    def more(self, last: bool) -> bool:
        if not self._last:
            self.until = _FOREVER
            return False
        cpu = min(self._last, key=self._last.__getitem__)
        stamp = ffi.new("uint64_t *")
        for _ in range(_PAGES):
            page = next(self._pages[cpu], None)
            if page is None:
                del self._last[cpu]
                break
            if not lib.ex_add_page(self._pairs, ffi.from_buffer(page), len(page), cpu, stamp):
                raise MemoryError
            self._last[cpu] = stamp[0] or self._last[cpu]
        self.until = min(self._last.values(), default=_FOREVER)
        return True


class _Frames:
    """Records that Python has already."""

    def __init__(self, source: Source, pairs: Any) -> None:
        self._pairs, self._now, self._frames = pairs, source.now, source.frames()
        self.until = 0

    def more(self, last: bool) -> bool:
        self.until = _FOREVER if last or self._now is None else self._now()
        found = self._frames.take()
        data = b"".join(
            _FRAME.pack(_UNCOUNTED if each.events is None else each.events, each.cpu, _LOST)
            if isinstance(each, Lost)
            else _FRAME.pack(each.ts, each.cpu, len(each.record)) + each.record
            for each in found
        )
        if not lib.ex_add(self._pairs, data, len(data)):
            raise MemoryError
        return bool(found)
