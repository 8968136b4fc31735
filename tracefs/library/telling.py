# SPDX-License-Identifier: GPL-2.0-only
"""A source's records as what happened to tasks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tracefs.calls import pairing
from tracefs.calls.fields import fields
from tracefs.calls.stream import Stream
from tracefs.export.source import Source
from tracefs.library.happenings import Call, Event, Exit, Happening, Lost, Signal, Task
from tracefs.library.plain import plain
from tracefs.render.frames import Frame
from tracefs.render.frames import Lost as LostFrame
from tracefs.syscalls.types import Decoder
from tracefs.syscalls.types.notation.printers import text
from tracefs.syscalls.types.notation.values import Errno

_STACK = "user_stack"


class Telling:
    """Of one source. A call is told when it has ended, or when something later shows that its end was not recorded."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._table = source.table()
        self._stream = Stream(source.frames(), source.now)
        self._pairing = pairing.Pairing(source.registry, Decoder(self._table))
        self._inside: dict[int, pairing.Entered] = {}
        self._stacks: dict[int, tuple[int, ...]] = {}

    def take(self, last: bool) -> Iterator[Happening]:
        """What is there now; with `last`, also what has not ended."""
        while found := self._stream.take(last):
            table = self._source.table()
            if table is not self._table:
                self._table, self._pairing.decoder = table, Decoder(table)
            for each in found:
                if isinstance(each, LostFrame):
                    yield Lost(self._time(each.ts), each.cpu, each.events)
                else:
                    yield from self._happened(each)
        if last:
            for entered in self._inside.values():
                yield self._call(entered)
            self._inside.clear()

    def _happened(self, frame: Frame) -> Iterator[Happening]:
        for each in self._pairing.happenings(((frame.ts, frame.record),)):
            tid = each.tid
            if isinstance(each, pairing.Other) and each.event.name == _STACK:
                if tid in self._inside:
                    self._stacks[tid] = _callers(fields(each.event, each.record))
                continue
            inside = self._inside.get(tid)
            if inside and self._cut_short(each, inside):
                yield self._call(self._inside.pop(tid))
            if isinstance(each, pairing.Entered):
                self._stacks.pop(tid, None)
                if each.endless:
                    yield self._call(each)
                elif not self._source.whole:
                    self._inside[tid] = each
            elif isinstance(each, pairing.Returned):
                self._inside.pop(tid, None)
                yield self._call(each)
            else:
                if isinstance(each, pairing.Superseded):
                    self._inside.pop(each.by, None)
                    if each.entered:
                        self._inside[tid] = each.entered
                yield self._other(each)

    @staticmethod
    def _cut_short(each: pairing.Happening, inside: pairing.Entered) -> bool:
        if isinstance(each, pairing.Returned):
            return each.entered is not inside
        return isinstance(each, (pairing.Entered, pairing.Ended, pairing.Superseded))

    def _call(self, each: pairing.Entered | pairing.Returned) -> Call:
        call = each.call
        entered = each.entered if isinstance(each, pairing.Returned) else each
        returned = isinstance(each, pairing.Returned)
        names = [arg.name for arg in call.args]
        return Call(
            **self._task(entered.ts if entered else each.ts, each.tid),
            name=each.uapi_name,
            args={arg.name: plain(arg.value) for arg in call.args},
            words={arg.name: text(arg.value) for arg in call.args},
            raw=dict(zip(names, each.args, strict=False)),
            result=each.ret if isinstance(each, pairing.Returned) else None,
            returned=text(call.result) if call.result is not None else "",
            errno=(call.result.name or str(call.result.value)) if isinstance(call.result, Errno) else None,
            duration=each.ts - entered.ts if returned and entered else None,
            stack=self._stacks.pop(each.tid, ()),
            arch=each.arch,
        )

    def _other(
        self, each: pairing.Signalled | pairing.Stopped | pairing.Ended | pairing.Superseded | pairing.Other
    ) -> Happening:
        task = self._task(each.ts, each.tid)
        if isinstance(each, pairing.Signalled):
            info = plain(each.siginfo) if each.siginfo is not None else {}
            return Signal(**task, number=each.number, info=info)
        if isinstance(each, pairing.Ended):
            return Exit(**task, status=0 if each.killed_by else each.status, signal=each.killed_by)
        event = each.event
        return Event(**task, system=event.system, name=event.name, fields=fields(event, each.record))

    def _task(self, ts: int, tid: int) -> dict[str, Any]:
        source = self._source
        return vars(Task(self._time(ts), source.tgid(tid) or tid, tid, source.comm(tid) or ""))

    def _time(self, ts: int) -> int:
        return self._source.day(ts) if self._source.day else ts


def _callers(said: dict[str, Any]) -> tuple[int, ...]:
    found: list[int] = said.get("caller", [])
    return tuple(found[: found.index(0)] if 0 in found else found)
