# SPDX-License-Identifier: GPL-2.0-only
"""Time stamps as time of day, also after the clock was set or the machine has slept."""

from __future__ import annotations

import time
from bisect import bisect_right

CLOCKS = {"boot": time.CLOCK_BOOTTIME, "mono": time.CLOCK_MONOTONIC}
"""Clocks of trace_clock that can be read beside the time of day."""
_STEP = 20_000
"""ns by which the distance must have changed to count: less is what two readings differ by."""


class TimeOfDay:
    """Looks at both clocks whenever it is asked to, and keeps how far apart they were from when on."""

    def __init__(self, clock: str) -> None:
        """One of CLOCKS."""
        self._clock = CLOCKS[clock]
        self._since: list[int] = []
        self._offsets: list[int] = []
        self._looked = 0
        self.look()

    def look(self) -> None:
        """To be called before time stamps are converted that are younger than the last look."""
        now, offset = min((_read(self._clock) for _ in range(3)), key=lambda each: each[0])[1:]
        if not self._offsets or abs(offset - self._offsets[-1]) > _STEP:
            # It was set since the last look: what came after that is shown by the new time.
            self._since.append(self._looked + 1 if self._offsets else 0)
            self._offsets.append(offset)
        self._looked = now

    def __call__(self, ts: int) -> int:
        """ns since 1970, UTC."""
        if ts >= self._since[-1]:
            return ts + self._offsets[-1]
        return ts + self._offsets[max(bisect_right(self._since, ts) - 1, 0)]


def _read(clock: int) -> tuple[int, int, int]:
    """How long it took, the clock, and how far the time of day is ahead of it."""
    before = time.clock_gettime_ns(clock)
    day = time.time_ns()
    after = time.clock_gettime_ns(clock)
    return after - before, after, day - (before + after) // 2
