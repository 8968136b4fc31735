# SPDX-License-Identifier: GPL-2.0-only
"""A summary of calls straight from records, with no object a call: what `run -c` costs is little more than what
recording does."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable

from tracefs.calls.pairing import Entered, Pairing, Returned, Superseded
from tracefs.calls.stream import Stream
from tracefs.capture.wanted import SYSCALL_FIRST, SYSCALL_LAST
from tracefs.export.source import Source
from tracefs.export.summary import MAX_ERRNO, Row, Summary
from tracefs.render.frames import Frame, Lost
from tracefs.syscalls.types import Decoder

_HEAD = struct.Struct("<HxxI")
_RETURN = struct.Struct("<q")
_RETURN_AT = 16
_ENDLESS = frozenset({"exit", "exit_group", "rt_sigreturn"})


class Counted:
    """An Export. By calls and processes; what files calls are about needs their arguments (Told)."""

    def __init__(self, source: Source, summary: Summary, show: Callable[[], str], every: float | None) -> None:
        self._source, self._summary, self._show = source, summary, show
        self._stream = Stream(source.frames(), source.now)
        self._every, self._due = every, time.monotonic() + (every or 0)
        classes = source.registry.by_id
        self._names = {number: event.syscall.uapi_name for number, event in classes.items() if event.syscall}
        self._endless = frozenset(number for number, name in self._names.items() if name in _ENDLESS)
        self._others = Pairing(source.registry, Decoder(source.table()))
        """Calls without an event of their own, and what changes the number of a task."""
        self._inside: dict[int, tuple[int, int]] = {}
        self._rows: dict[tuple[int, int], Row] = {}
        """By exit event and task: that task's row, while it keeps its name. Where a summary is by call alone, by task
        0."""
        self._by_task = summary.keys != ("call",)

    def take(self, last: bool) -> bytes:
        while found := self._stream.take(last):
            self._count(found)
            if self._every is not None and time.monotonic() >= self._due:
                self._due = time.monotonic() + self._every
                return self._show().encode()
        if not last:
            return b""
        text = self._show()
        self._summary.rows.clear()
        self._rows.clear()
        return text.encode()

    @property
    def held(self) -> bool:
        return self._stream.held

    def close(self) -> None:
        pass

    def _count(self, found: list[Frame | Lost]) -> None:
        inside, endless, whole = self._inside, self._endless, self._source.whole
        head, leave = _HEAD.unpack_from, _RETURN.unpack_from
        for each in found:
            if isinstance(each, Lost):
                continue
            ts, _, record = each
            kind, tid = head(record)
            if not SYSCALL_FIRST <= kind <= SYSCALL_LAST:
                self._other(ts, record)
            elif not kind & 1:
                inside[tid] = kind, ts
                if kind in endless and not whole:
                    self._row(kind + 1, tid).add(None, False)
            else:
                entered = inside.pop(tid, None)
                (ret,) = leave(record, _RETURN_AT)
                took = ts - entered[1] if entered and entered[0] == kind - 1 else None
                self._row(kind, tid).add(took, -MAX_ERRNO <= ret < 0)

    def _row(self, kind: int, tid: int) -> Row:
        key = (kind, tid if self._by_task else 0)
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = self._summary.row(self._names.get(kind) or self._names.get(kind - 1, "?"), tid)
        return row

    def _other(self, ts: int, record: bytes) -> None:
        for each in self._others.happenings(((ts, record),)):
            if isinstance(each, Returned) or (isinstance(each, Entered) and each.endless and not self._source.whole):
                self._summary.add(each)
            elif isinstance(each, Superseded) and each.by in self._inside:
                self._inside[each.tid] = self._inside.pop(each.by)
            if self._by_task and not isinstance(each, (Returned, Entered)):
                for key in [key for key in self._rows if key[1] == each.tid]:
                    del self._rows[key]  # it may have another name from here on
