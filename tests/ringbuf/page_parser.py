# SPDX-License-Identifier: GPL-2.0-only
"""A second reader of sub-buffers, written from the texts of ``events/header_page`` and ``events/header_event`` alone.

It shares nothing with ringbuf's own and refuses whatever the texts do not allow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HEADER_PAGE = """\
\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;
\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;
\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;
\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;
"""
"""What Linux 6.18 says, for machines where its tracefs cannot be read."""

HEADER_EVENT = """\
# compressed entry header
\ttype_len    :    5 bits
\ttime_delta  :   27 bits
\tarray       :   32 bits

\tpadding     : type == 29
\ttime_extend : type == 30
\ttime_stamp : type == 31
\tdata max type_len  == 28
"""

MISSED_EVENTS = 1 << 31
MISSED_STORED = 1 << 30


class BadPage(AssertionError):
    """The image is not what the texts describe."""


@dataclass(frozen=True)
class Format:
    """Numbers of the two texts."""

    timestamp: slice
    commit: slice
    data: int
    padding: int
    time_extend: int
    time_stamp: int
    data_max: int
    type_bits: int
    delta_bits: int

    @classmethod
    def read(cls, tracefs: Path | None = None) -> Format:
        """From a tracefs, or the texts above."""
        try:
            page = (tracefs or Path("/nonexistent")).joinpath("events/header_page").read_text()
            event = (tracefs or Path("/nonexistent")).joinpath("events/header_event").read_text()
        except OSError:
            page, event = HEADER_PAGE, HEADER_EVENT

        def field(name: str) -> slice:
            found = re.search(rf"\b{name};\s*offset:(\d+);\s*size:(\d+);", page)
            assert found, name
            return slice(int(found[1]), int(found[1]) + int(found[2]))

        def number(pattern: str) -> int:
            found = re.search(pattern, event)
            assert found, pattern
            return int(found[1])

        return cls(
            timestamp=field("timestamp"),
            commit=field("commit"),
            data=field("data").start,
            padding=number(r"padding\s*: type == (\d+)"),
            time_extend=number(r"time_extend\s*: type == (\d+)"),
            time_stamp=number(r"time_stamp\s*: type == (\d+)"),
            data_max=number(r"data max type_len\s*== (\d+)"),
            type_bits=number(r"type_len\s*:\s*(\d+) bits"),
            delta_bits=number(r"time_delta\s*:\s*(\d+) bits"),
        )


@dataclass(frozen=True)
class Page:
    """A parsed image."""

    ts: int
    events: list[tuple[int, bytes]]
    missed: bool
    missed_count: int | None


def parse(image: bytes, fmt: Format) -> Page:
    """Take an image apart, or raise BadPage."""
    start = ts = int.from_bytes(image[fmt.timestamp], "little")
    commit = int.from_bytes(image[fmt.commit], "little")
    missed, stored = bool(commit & MISSED_EVENTS), bool(commit & MISSED_STORED)
    length = commit & ~(MISSED_EVENTS | MISSED_STORED)
    if length > len(image) - fmt.data or length % 4:
        raise BadPage(f"commit {commit:#x}")
    if stored and not missed:
        raise BadPage("a number of missed events, but none missed")
    pos, end = fmt.data, fmt.data + length
    events: list[tuple[int, bytes]] = []

    def word(at: int) -> int:
        if at + 4 > end:
            raise BadPage(f"an event at {pos} runs over the end {end}")
        return int.from_bytes(image[at : at + 4], "little")

    while pos < end:
        first = word(pos)
        kind, delta = first & ((1 << fmt.type_bits) - 1), first >> fmt.type_bits
        if kind == fmt.padding:
            raise BadPage("padding within what is committed")
        if kind in (fmt.time_extend, fmt.time_stamp):
            full = word(pos + 4) << fmt.delta_bits | delta
            ts = full if kind == fmt.time_stamp else ts + full
            pos += 8
            continue
        if not first:
            raise BadPage(f"an uncommitted event at {pos}")
        ts += delta
        data, size = (pos + 8, word(pos + 4) - 4) if kind == 0 else (pos + 4, kind * 4)
        if kind == 0 and (size <= fmt.data_max * 4 or size % 4):
            raise BadPage(f"a long event of {size} bytes")
        if data + size > end:
            raise BadPage(f"an event at {pos} of {size} bytes runs over the end {end}")
        events.append((ts, image[data : data + size]))
        pos = data + size
    count = int.from_bytes(image[end : end + 8], "little") if stored else None
    if any(image[end + (8 if stored else 0) :]):
        raise BadPage("rubbish after the events")
    return Page(start, events, missed, count)
