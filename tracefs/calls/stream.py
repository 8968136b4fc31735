# SPDX-License-Identifier: GPL-2.0-only
"""All records of a recording in the order of their time stamps: of a live buffer, or of sub-buffers that stand in a
file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from heapq import merge
from itertools import islice
from operator import attrgetter
from typing import Protocol

from tracefs.calls.pages import lost_before, records
from tracefs.render.frames import Frame, Lost

_MOST = 1 << 14
"""Records that are held at once, so that memory does not grow with what is there."""
_ts = attrgetter("ts")


class FrameSource(Protocol):
    """Records of all CPUs, merged as far as they are there."""

    def take(self) -> list[Frame | Lost]:
        """The next ones; empty where there are none (any more, or yet)."""
        ...


class Stream:
    """One reader. `now`: the clock of the records, for a buffer that is written meanwhile: what is younger than the
    beginning of a take() waits for the next, as another CPU may still have something older. None: all that will come is
    there.
    """

    def __init__(self, source: FrameSource, now: Callable[[], int] | None = None) -> None:
        self._source, self._now = source, now
        self._held: list[Frame | Lost] = []

    def take(self, last: bool = False) -> list[Frame | Lost]:
        """Some of what can be told in order now; with `last`, also what is younger. Empty where there is nothing."""
        while not (found := self._take(last)) and self._held:
            pass  # what has just been read is old enough by now
        return found

    @property
    def held(self) -> bool:
        """Whether there is more to take though nothing new comes."""
        return bool(self._held)

    def _take(self, last: bool) -> list[Frame | Lost]:
        now = None if last or self._now is None else self._now()
        found, self._held = self._held, []
        while len(found) < _MOST and (more := self._source.take()):
            found += more
            if now is not None and found[-1].ts > now:
                break
        found.sort(key=_ts)
        if now is None or not found or found[-1].ts <= now:
            return found
        told = next(index for index, each in enumerate(found) if each.ts > now)
        self._held = found[told:]
        return found[:told]


class Merged:
    """Sub-buffers that all are there, as those of a file: by CPU, as they follow each other. One of each CPU is held at
    a time."""

    def __init__(self, pages: Mapping[int, Iterable[bytes]]) -> None:
        self._frames = merge(*(_frames(cpu, each) for cpu, each in pages.items()), key=_ts)

    def take(self) -> list[Frame | Lost]:
        return list(islice(self._frames, _MOST))


def _frames(cpu: int, pages: Iterable[bytes]) -> Iterator[Frame | Lost]:
    for page in pages:
        missed = lost_before(page)
        for ts, record in records(page):
            if missed != 0:
                yield Lost(ts, cpu, missed)
                missed = 0
            yield Frame(ts, cpu, record)
