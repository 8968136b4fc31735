# SPDX-License-Identifier: GPL-2.0-only
"""One JSON object a line: calls with enter and exit in one, signals, ends of tasks, other events."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tracefs.calls.direct import Direct
from tracefs.calls.fields import fields
from tracefs.calls.pairing import Ended, Entered, Happening, Other, Returned, Signalled
from tracefs.syscalls.types import Decoder
from tracefs.syscalls.types.notation import jsonform
from tracefs.syscalls.types.notation.values import Argument, Value

_NS = 1_000_000_000


_text = json.JSONEncoder(separators=(",", ":")).encode


class JsonNotation:
    """The notation of direct.py."""

    @staticmethod
    def value(value: Value) -> str:
        return _text(jsonform.plain(value))

    @staticmethod
    def argument(syscall: str, arg: Argument) -> str:
        return f"{_text(arg.name)}:{_text(jsonform.plain(arg.value))}"

    result = value

    @staticmethod
    def takes(syscall: str) -> bool:
        return True


class JsonLines:
    """`offset`: ns from the buffer's clock to the time that is shown, in seconds. `ns` False: the clock counts something else,
    and its count is shown as it is. `comm` gives a task's name, or None; without it, none is shown.
    """

    def __init__(self, offset: int = 0, ns: bool = True, comm: Callable[[int], str | None] | None = None) -> None:
        self._offset, self._ns, self._comm = offset, ns, comm
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
                yield self._directly(each) or self._line(self._object(each))
            else:
                yield self._line(self._object(each))

    def end(self) -> Iterator[str]:
        """The calls that have not ended."""
        for entered in self._inside.values():
            yield self._line(self._call(entered))
        self._inside.clear()

    def lost(self, cpu: int, count: int | None) -> str:
        """That events of a CPU are missing, None: nobody knows how many."""
        return self._line({"lost": count, "cpu": cpu})

    @staticmethod
    def _lost_its_end(each: Happening, inside: Entered) -> bool:
        if isinstance(each, Returned):
            return each.entered is not inside
        return isinstance(each, (Entered, Ended)) or (isinstance(each, Other) and each.ends)

    def _directly(self, each: Returned) -> str | None:
        """The same as the line of its _object(), where that can be made without."""
        if self._decoder is not each.decoder:
            self._decoder, self._direct = each.decoder, Direct(each.decoder, JsonNotation())
        assert self._direct
        direct = self._direct.call(each.syscall.name, each.args, each.saved, each.ret)
        if direct is None:
            return None
        begin, _, end = self._line(self._timed(each)).rpartition("}")
        args, result = direct
        return f'{begin},"syscall":"{each.uapi_name}","args":{{{",".join(args)}}},"result":{result}}}{end}'

    def _line(self, shown: dict[str, Any]) -> str:
        return _text(shown) + "\n"

    def _call(self, each: Entered) -> dict[str, Any]:
        shown = self._begin(each.ts, each.tid) | {"duration": None}
        return shown | jsonform.call(each.call) | {"syscall": each.uapi_name, "result": None}

    def _object(self, each: Returned | Signalled | Ended | Other) -> dict[str, Any]:
        if isinstance(each, Other):
            name = f"{each.event.system}:{each.event.name}"
            return self._begin(each.ts, each.tid) | {"event": name, "fields": fields(each.event, each.record)}
        if isinstance(each, Signalled):
            said = {} if each.siginfo is None else {"siginfo": jsonform.plain(each.siginfo)}
            return self._begin(each.ts, each.tid) | {"signal": each.number, "code": each.code} | said
        if isinstance(each, Ended):
            how = {"killed_by": each.killed_by} if each.killed_by else {"exited": each.status}
            return self._begin(each.ts, each.tid) | how
        return self._timed(each) | jsonform.call(each.call) | {"syscall": each.uapi_name}

    def _timed(self, each: Returned) -> dict[str, Any]:
        began = each.entered.ts if each.entered else None
        duration = None if began is None else each.ts - began
        shown = self._begin(each.ts if began is None else began, each.tid)
        shown["duration"] = duration / _NS if duration is not None and self._ns else duration
        return shown

    def _begin(self, ts: int, tid: int) -> dict[str, Any]:
        shown: dict[str, Any] = {"time": round((ts + self._offset) / _NS, 9) if self._ns else ts, "tid": tid}
        if self._comm:
            shown["comm"] = self._comm(tid)
        return shown
