# SPDX-License-Identifier: GPL-2.0-only
"""What calls took, by call, process or file: how many, how many failed, and their times from entry to exit."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from tracefs.calls.pairing import Entered, Happening, Returned
from tracefs.calls.paths import about
from tracefs.export.forms import Export, Wish
from tracefs.export.source import Source
from tracefs.export.strace_lines import StraceLines
from tracefs.export.told import Told
from tracefs.plain import plain
from tracefs.syscalls.types import Decoder

KEYS = ("call", "process", "file")
"""What a summary may be by."""
MAX_ERRNO = 4095
_BAR = 10
_US = 1e3
_QUANTILES = (0.5, 0.99)
_STEPS = 32
"""Of a doubling: how fine times are told apart for p50 and p99. Within 1/32 of the true one."""

Key = tuple[str, ...]
SORTS = {
    "time": lambda row: -row.total, "calls": lambda row: -row.calls, "errors": lambda row: -row.errors,
    "min": lambda row: -row.least, "mean": lambda row: -row.mean, "max": lambda row: -row.most, "name": lambda row: 0.0,
}  # type: dict[str, Callable[[Row], float]]  # fmt: skip
"""By name: what stands first is least."""


@dataclass
class Row:
    """Of one key. Times in ns."""

    calls: int = 0
    errors: int = 0
    timed: int = 0
    """Of the calls, those whose beginning and end were recorded."""
    total: int = 0
    least: int = 0
    most: int = 0
    spread: dict[int, int] = field(default_factory=dict)
    """How many calls took how long: by _bucket()."""

    def add(self, took: int | None, failed: bool) -> None:
        self.calls += 1
        self.errors += failed
        if took is None:
            return
        self.least = min(took, self.least) if self.timed else took
        self.most = max(took, self.most)
        self.timed += 1
        self.total += took
        bucket = _bucket(took)
        self.spread[bucket] = self.spread.get(bucket, 0) + 1

    def merge(self, other: Row) -> None:
        self.least = min((row.least for row in (self, other) if row.timed), default=0)
        self.most = max(self.most, other.most)
        self.calls, self.errors = self.calls + other.calls, self.errors + other.errors
        self.timed, self.total = self.timed + other.timed, self.total + other.total
        for bucket, count in other.spread.items():
            self.spread[bucket] = self.spread.get(bucket, 0) + count

    def quantile(self, part: float) -> int:
        """The time that so many of the calls did not exceed."""
        left = part * self.timed
        for bucket in sorted(self.spread):
            left -= self.spread[bucket]
            if left <= 0:
                return min(max(_middle(bucket), self.least), self.most)
        return self.most

    @property
    def mean(self) -> float:
        return self.total / self.timed if self.timed else 0.0


def _bucket(took: int) -> int:
    """Exact below _STEPS, then _STEPS of them to each doubling."""
    if took < _STEPS:
        return took
    shift = took.bit_length() - _STEPS.bit_length()
    return (shift + 1) * _STEPS + (took >> shift) - _STEPS


def _middle(bucket: int) -> int:
    if bucket < _STEPS:
        return bucket
    shift, step = bucket // _STEPS - 1, bucket % _STEPS
    return ((_STEPS + step) << shift) + ((1 << shift) >> 1)


class Summary:
    """By these keys. It may hold as many rows as there are files: each is small."""

    def __init__(
        self,
        keys: tuple[str, ...],
        comm: Callable[[int], str | None],
        tgid: Callable[[int], int],
        sort: str = "time",
    ) -> None:
        self.keys, self.rows = keys, dict[Key, Row]()
        self._sort = SORTS[sort]
        self._comm, self._tgid = comm, tgid

    def add(self, each: Returned | Entered) -> None:
        """A call that has ended, or one that has no end."""
        took = failed = None
        if isinstance(each, Returned):
            took = each.ts - each.entered.ts if each.entered else None
            failed = -MAX_ERRNO <= each.ret < 0
        self._of(tuple([self._key(name, each) for name in self.keys])).add(took, bool(failed))

    def row(self, call: str, tid: int) -> Row:
        """Of a call of a task, where it is not by file."""
        return self._of(tuple([call if name == "call" else self._process(tid) for name in self.keys]))

    def _of(self, key: Key) -> Row:
        row = self.rows.get(key)
        if row is None:
            row = self.rows[key] = Row()
        return row

    def _key(self, name: str, each: Returned | Entered) -> str:
        if name == "call":
            return each.uapi_name
        if name == "file":
            return plain(about(each) or "-")
        return self._process(each.tid)

    def _process(self, tid: int) -> str:
        return f"{plain(self._comm(tid) or '<...>')}-{self._tgid(tid) or tid}"

    def sorted(self) -> list[tuple[Key, Row]]:
        """What took longest first, or has most of what it is sorted by."""
        if self._sort is SORTS["name"]:
            return sorted(self.rows.items())
        return sorted(
            self.rows.items(), key=lambda item: (self._sort(item[1]), -item[1].total, -item[1].calls, item[0])
        )

    def total(self) -> Row:
        whole = Row()
        for row in self.rows.values():
            whole.merge(row)
        return whole

    def table(self) -> Iterator[str]:
        """Lines. Times in microseconds, `seconds` but for."""
        whole = self.total()
        heads = ("% time", "seconds", "min", "mean", "p50", "p99", "max", "calls", "errors")
        yield _line(heads, ", ".join(self.keys))
        rule = ("-" * 6, "-" * 10, *(["-" * 8] * 5), "-" * 9, "-" * 9)
        yield _line(rule, "-" * 16)
        for key, row in self.sorted():
            part = row.total / whole.total if whole.total else 0.0
            yield _line(_cells(part, row), f"{'#' * round(part * _BAR):<{_BAR}} {' '.join(key)}".rstrip())
        yield _line(rule, "-" * 16)
        yield _line(_cells(1.0 if whole.total else 0.0, whole), " " * (_BAR + 1) + "total")

    def json(self) -> Iterator[str]:
        """An object a row. Times in ns."""
        for key, row in self.sorted():
            shown: dict[str, object] = dict(zip(self.keys, key, strict=True))
            shown |= {"calls": row.calls, "errors": row.errors, "total": row.total, "min": row.least}
            shown |= {"mean": round(row.mean), "p50": row.quantile(0.5), "p99": row.quantile(0.99), "max": row.most}
            yield json.dumps(shown) + "\n"


def _cells(part: float, row: Row) -> tuple[str, ...]:
    times = (row.least, row.mean, *map(row.quantile, _QUANTILES), row.most)
    return (
        f"{100 * part:.2f}", f"{row.total / 1e9:.6f}", *(f"{each / _US:.1f}" for each in times),
        str(row.calls), str(row.errors or ""),
    )  # fmt: skip


def _line(cells: Iterable[str], name: str) -> str:
    widths = (6, 10, 8, 8, 8, 8, 8, 9, 9)
    return " ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)) + f" {name}".rstrip() + "\n"


class SummaryLines:
    """A form of calls that says nothing (or what `lines` says) until the end, or until each `every` seconds have
    passed."""

    def __init__(self, source: Source, wish: Wish, as_json: bool, lines: StraceLines | None = None) -> None:
        self._summary = Summary(wish.by, source.comm, source.tgid, wish.sort)
        self._lines, self._json = lines, as_json
        self._every, self._due = wish.every, time.monotonic() + (wish.every or 0)

    def lines(self, happenings: Iterable[Happening]) -> Iterator[str]:
        found = list(happenings)
        if self._lines:
            yield from self._lines.lines(found)
        for each in found:
            if isinstance(each, Returned) or (isinstance(each, Entered) and each.endless):
                self._summary.add(each)
        if self._every is not None and time.monotonic() >= self._due:
            self._due = time.monotonic() + self._every
            yield from self._shown()

    def lost(self, ts: int, cpu: int, count: int | None) -> str:
        return self._lines.lost(ts, cpu, count) if self._lines else ""

    def end(self) -> Iterator[str]:
        if self._lines:
            yield from self._lines.end()
        yield from self._shown()
        self._summary.rows.clear()

    def _shown(self) -> Iterator[str]:
        if self._summary.rows:
            yield from self._summary.json() if self._json else self._summary.table()


def make(source: Source, wish: Wish, file: int) -> Export:
    """The table."""
    return _alone(source, wish, as_json=False)


def make_json(source: Source, wish: Wish, file: int) -> Export:
    """The same as JSON."""
    return _alone(source, wish, as_json=True)


def _alone(source: Source, wish: Wish, as_json: bool) -> Export:
    if "file" in wish.by:
        return Told(source, SummaryLines(source, wish, as_json))
    from tracefs.export.counted import Counted  # here, since it is made of what is here

    summary = Summary(wish.by, source.comm, source.tgid, wish.sort)

    def show() -> str:
        return "".join(summary.json() if as_json else summary.table()) if summary.rows else ""

    return Counted(source, summary, show, wish.every)


def make_after(source: Source, wish: Wish, file: int) -> Told:
    """strace's lines, and the table at their end."""
    lines = StraceLines(
        Decoder(source.table()), source.day, wish.verbose, wish.size, wish.constants, wish.paths, wish.style
    )
    return Told(source, SummaryLines(source, wish, as_json=False, lines=lines))
