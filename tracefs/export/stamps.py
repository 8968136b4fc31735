# SPDX-License-Identifier: GPL-2.0-only
"""How strace's lines say when: -t STYLE."""

from __future__ import annotations

import time
from collections.abc import Callable

_NS = 1_000_000_000
Stamp = Callable[[int], str]
"""ns since 1970 -> what stands before a line, with the space behind it."""


def _day(ts: int) -> str:
    return time.strftime("%H:%M:%S ", time.localtime(ts // _NS))


def _day_us(ts: int) -> str:
    seconds, rest = divmod(ts, _NS)
    return time.strftime("%H:%M:%S", time.localtime(seconds)) + f".{rest // 1000:06d} "


def _unix(ts: int) -> str:
    seconds, rest = divmod(ts, _NS)
    return f"{seconds}.{rest // 1000:06d} "


class _Since:
    """The first line, or the line before."""

    def __init__(self, first: bool) -> None:
        self._first, self._from = first, -1

    def __call__(self, ts: int) -> str:
        seconds, rest = divmod(max(ts - self._from, 0) if self._from >= 0 else 0, _NS)
        if self._from < 0 or not self._first:
            self._from = ts
        return f"{seconds:6d}.{rest // 1000:06d} "


STYLES: dict[str, Callable[[], Stamp]] = {
    "unix": lambda: _unix,
    "day": lambda: _day,
    "us": lambda: _day_us,
    "start": lambda: _Since(first=True),
    "delta": lambda: _Since(first=False),
    "none": lambda: lambda ts: "",
}
"""By name: seconds since 1970 (strace -ttt), local time (-t), with microseconds (-tt), seconds since the first line,
since the line before (-r), nothing."""
