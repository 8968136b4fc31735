# SPDX-License-Identifier: GPL-2.0-only
"""One JSON object a line: calls with enter and exit in one, signals, ends of tasks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from tracefs.calls.pairing import Ended, Entered, Happening, Returned, Signalled
from tracefs.syscalls.types import jsonform

_NS = 1_000_000_000


class JsonLines:
    """`offset`: ns from the buffer's clock to the time of day; times are seconds since 1970."""

    def __init__(self, offset: int = 0) -> None:
        self._offset = offset
        self._inside: dict[int, Entered] = {}

    def lines(self, happenings: Iterable[Happening]) -> Iterator[str]:
        """A call's line comes when it has ended."""
        for each in happenings:
            if isinstance(each, Entered) and each.endless:
                yield self._line(self._call(each))
                continue
            if isinstance(each, Entered):
                self._inside[each.tid] = each
                continue
            if isinstance(each, Ended) and each.tid in self._inside:
                yield self._line(self._call(self._inside.pop(each.tid)))
            self._inside.pop(each.tid, None)
            yield self._line(self._object(each))

    def end(self) -> Iterator[str]:
        """The calls that have not ended."""
        for entered in self._inside.values():
            yield self._line(self._call(entered))
        self._inside.clear()

    def _line(self, shown: dict[str, Any]) -> str:
        return json.dumps(shown, separators=(",", ":")) + "\n"

    def _call(self, each: Entered) -> dict[str, Any]:
        shown = {"time": self._time(each.ts), "tid": each.tid, "duration": None}
        return shown | jsonform.call(each.call) | {"syscall": each.uapi_name, "result": None}

    def _object(self, each: Returned | Signalled | Ended) -> dict[str, Any]:
        if isinstance(each, Signalled):
            return {"time": self._time(each.ts), "tid": each.tid, "signal": each.number, "code": each.code}
        if isinstance(each, Ended):
            how = {"killed_by": each.killed_by} if each.killed_by else {"exited": each.status}
            return {"time": self._time(each.ts), "tid": each.tid, **how}
        began = each.entered.ts if each.entered else None
        shown = {
            "time": self._time(each.ts if began is None else began),
            "tid": each.tid,
            "duration": None if began is None else (each.ts - began) / _NS,
        }
        return shown | jsonform.call(each.call) | {"syscall": each.uapi_name}

    def _time(self, ts: int) -> float:
        return round((ts + self._offset) / _NS, 9)
