# SPDX-License-Identifier: GPL-2.0-only
"""One JSON object a line: calls with enter and exit in one, signals, ends of tasks, other events."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tracefs.calls.direct import Direct
from tracefs.calls.fields import fields
from tracefs.calls.pairing import Ended, Entered, Happening, Other, Returned, Signalled, Stopped, Superseded
from tracefs.export.forms import Wish
from tracefs.export.source import Source
from tracefs.export.told import Told
from tracefs.syscalls.types import Decoder
from tracefs.syscalls.types.notation import jsonform
from tracefs.syscalls.types.notation.values import Argument, Call, Errno, Pointer, Value

_text = json.JSONEncoder(separators=(",", ":")).encode


class JsonNotation:
    """The notation of direct.py."""

    @staticmethod
    def value(value: Value) -> str:
        return _text(jsonform.plain(value))

    @staticmethod
    def argument(syscall: str, arg: Argument) -> str:
        return f"{_text(arg.name)}:{_text(jsonform.plain(arg.value))}"

    @staticmethod
    def result(value: Value) -> str:
        return _text(_result(value))[1:-1]

    @staticmethod
    def takes(syscall: str) -> bool:
        return True


class JsonLines:
    """As docs/json.md and docs/json.schema.json say. `day`, `comm` and `tgid`: those of a Source."""

    def __init__(
        self,
        day: Callable[[int], int] | None = None,
        comm: Callable[[int], str | None] = lambda tid: None,
        tgid: Callable[[int], int] = lambda tid: 0,
    ) -> None:
        self._day, self._comm, self._tgid = day, comm, tgid
        self._inside: dict[int, Entered] = {}
        self._decoder: Decoder | None = None
        self._direct: Direct | None = None

    def lines(self, happenings: Iterable[Happening]) -> Iterator[str]:
        """A call's line comes when it has ended, or when something later shows that its end was not recorded."""
        for each in happenings:
            inside = self._inside.get(each.tid)
            if inside and self._lost_its_end(each, inside):
                yield self._line(self._call(self._inside.pop(each.tid)))
            if isinstance(each, Entered):
                if each.endless:
                    yield self._line(self._call(each))
                else:
                    self._inside[each.tid] = each
                continue
            if isinstance(each, Returned):
                self._inside.pop(each.tid, None)
                yield self._directly(each) or self._line(self._returned(each))
            else:
                if isinstance(each, Superseded):
                    self._inside.pop(each.by, None)
                    if each.entered:
                        self._inside[each.tid] = each.entered
                yield self._line(self._event(each))

    def end(self) -> Iterator[str]:
        """The calls that have not ended."""
        for entered in self._inside.values():
            yield self._line(self._call(entered))
        self._inside.clear()

    def lost(self, ts: int, cpu: int, count: int | None) -> str:
        return self._line(self._at(ts) | {"lost": count, "cpu": cpu})

    @staticmethod
    def _lost_its_end(each: Happening, inside: Entered) -> bool:
        if isinstance(each, Returned):
            return each.entered is not inside
        return isinstance(each, (Entered, Ended, Superseded))

    def _directly(self, each: Returned) -> str | None:
        """The same as the line of _returned(), where that can be made without values between."""
        if self._decoder is not each.decoder:
            self._decoder, self._direct = each.decoder, Direct(each.decoder, JsonNotation())
        assert self._direct
        direct = self._direct.call(each.syscall.name, each.args, each.saved, each.ret)
        if direct is None:
            return None
        begin, _, end = self._line(self._timed(each)).rpartition("}")
        args, result = direct
        return f'{begin},"args":{{{",".join(args)}}},{result}}}{end}'

    def _line(self, shown: dict[str, Any]) -> str:
        return _text(shown) + "\n"

    def _call(self, each: Entered) -> dict[str, Any]:
        begin = self._begin(each.ts, each.tid) | {"duration": None} | _named(each)
        return begin | {"args": _args(each.call), "result": None}

    def _returned(self, each: Returned) -> dict[str, Any]:
        call = each.call
        assert call.result is not None
        return self._timed(each) | {"args": _args(call)} | _result(call.result)

    def _event(self, each: Signalled | Stopped | Ended | Superseded | Other) -> dict[str, Any]:
        name = f"{each.event.system}:{each.event.name}"
        shown = self._begin(each.ts, each.tid) | {"event": name, "fields": fields(each.event, each.record)}
        if isinstance(each, Signalled) and each.siginfo is not None:
            shown["siginfo"] = jsonform.plain(each.siginfo)
        if isinstance(each, Ended):
            shown |= {"killed_by": each.killed_by} if each.killed_by else {"exited": each.status}
        return shown

    def _timed(self, each: Returned) -> dict[str, Any]:
        began = each.entered.ts if each.entered else None
        shown = self._begin(each.ts if began is None else began, each.tid)
        return shown | {"duration": None if began is None else each.ts - began} | _named(each)

    def _begin(self, ts: int, tid: int) -> dict[str, Any]:
        return self._at(ts) | {"pid": self._tgid(tid) or None, "tid": tid, "comm": self._comm(tid)}

    def _at(self, ts: int) -> dict[str, Any]:
        return {"time": self._day(ts)} if self._day else {"ts": ts}


def _named(each: Entered | Returned) -> dict[str, Any]:
    """The number and the architecture, too, where the name alone does not say which call it is."""
    shown: dict[str, Any] = {"syscall": each.uapi_name}
    if each.number is not None:
        shown["nr"] = each.number
    if each.arch:
        shown["arch"] = each.arch
    return shown


def _args(call: Call) -> dict[str, Any]:
    return {arg.name: jsonform.plain(arg.value) for arg in call.args}


def _result(value: Value) -> dict[str, Any]:
    """The plain number, and what it means where it means something."""
    if isinstance(value, Errno):
        return {"result": -value.value, "error": value.name or str(value.value)}
    if isinstance(value, Pointer):
        return {"result": value.address}
    plain = jsonform.plain(value)
    number = getattr(value, "value", plain)
    return {"result": number} if plain == number else {"result": number, "returned": plain}


def make(source: Source, wish: Wish, file: int) -> Told:
    """The form."""
    return Told(source, JsonLines(source.day, source.comm, source.tgid))
