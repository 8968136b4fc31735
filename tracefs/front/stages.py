# SPDX-License-Identifier: GPL-2.0-only
"""What stands between a buffer's records and the lines that are made of them: calls held until they have ended, so many and no more.

A record comes as a tuple with its time stamp first and its bytes last.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any, Protocol, TypeVar

from tracefs.events import EventClass

_TYPE_AND_TASK = struct.Struct("<HBBi")
ENDLESS = frozenset({"exit", "exit_group", "rt_sigreturn"})
"""Calls that have no exit event."""

Record = TypeVar("Record", bound=tuple[Any, ...])


class Stage(Protocol):
    """Lets records pass, holds them back or drops them."""

    def take(self, records: list[Record], last: bool, /) -> list[Record]: ...


class Whole:
    """A call's enter is held until its exit comes: where that was not recorded, as its filter dropped it, neither is shown."""

    def __init__(self, by_id: dict[int, EventClass], unfinished: bool, endless: bool) -> None:
        """`unfinished`: calls whose exit has not come at the end are shown then; `endless`: those that have none are shown."""
        self._by_id, self._unfinished, self._endless = by_id, unfinished, endless
        self._held: dict[int, Any] = {}

    def take(self, records: list[Record], last: bool) -> list[Record]:
        passed: list[Record] = []
        for each in records:
            number, _, _, tid = _TYPE_AND_TASK.unpack_from(each[-1])
            event = self._by_id.get(number)
            if event is None or event.syscall is None:
                passed.append(each)
            elif event.kind == "enter":
                self._held.pop(tid, None)
                if event.syscall.name not in ENDLESS:
                    self._held[tid] = each
                elif self._endless:
                    passed.append(each)
            elif held := self._held.pop(tid, None):
                passed += [held, each]
            else:
                passed.append(each)
        if last and self._unfinished:
            passed += self._held.values()
            self._held.clear()
        return passed


class Most:
    """So many, and no more; `full` is then true. With `calls`, a call counts as one, when it has ended."""

    def __init__(self, most: int, by_id: dict[int, EventClass], calls: bool) -> None:
        self._left, self._by_id, self._calls = most, by_id, calls

    @property
    def full(self) -> bool:
        """Nothing more will pass."""
        return not self._left

    def take(self, records: list[Record], last: bool) -> list[Record]:
        return [each for each in records if self._passes(each[-1])]

    def _passes(self, record: bytes) -> bool:
        if not self._left:
            return False
        event = self._by_id.get(_TYPE_AND_TASK.unpack_from(record)[0])
        if not (self._calls and event and event.syscall and event.kind == "enter" and event.syscall.name not in ENDLESS):
            self._left -= 1
        return True


def through(stages: Iterable[Stage], records: list[Record], last: bool) -> list[Record]:
    """All of them, one after the other."""
    for stage in stages:
        records = stage.take(records, last)
    return records
