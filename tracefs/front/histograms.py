# SPDX-License-Identifier: GPL-2.0-only
"""What a `hist` file says (Documentation/trace/histogram.rst), and its values as bars. The kernel's files are read as
ours are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

_TRIGGER = re.compile(r"^# trigger info: (hist:.*?)(?: \[(active|paused|disabled)\])?$")
_VALUE = re.compile(r"(\w+(?: \(%\))?): *(-?[\d.]+|#+ *|0x[\da-f]+)(?= |$)")
_KEY = re.compile(r"([\w.]+):\s*(.*?)\s*(?:, (?=[\w.]+:)|$)", re.DOTALL)
_BLOCKS = " \u258f\u258e\u258d\u258c\u258b\u258a\u2589\u2588"
Name = Callable[[str, str], str]
"""(key, what the file has of it) -> the same with a name that the file does not have, or as it is."""


@dataclass
class Row:
    keys: dict[str, str]
    values: dict[str, float]


@dataclass
class Histogram:
    trigger: str
    state: str = ""
    rows: list[Row] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)
    """Hits, Entries, Dropped."""


def parse(text: str) -> list[Histogram]:
    """One for each trigger of the event."""
    found: list[Histogram] = []
    waiting = ""
    for line in text.splitlines():
        if head := _TRIGGER.match(line):
            found.append(Histogram(head[1], head[2] or ""))
        elif waiting or line.startswith("{"):
            waiting += f"{line.strip()} "
            keys, closed, values = waiting[1:].rpartition("}")
            if closed and found:
                numbers = {name: _number(value) for name, value in _VALUE.findall(values)}
                found[-1].rows.append(Row(dict(_KEY.findall(keys.strip())), numbers))
                waiting = ""
        elif found and (total := re.match(r"^ {4}(\w+): (\d+)$", line)):
            found[-1].totals[total[1]] = int(total[2])
    return found


def _number(text: str) -> float:
    if text.startswith("#"):
        return float(len(text.rstrip()))  # of .graph: as long as the kernel has drawn it
    return int(text, 16) if text.startswith("0x") else float(text) if "." in text else int(text)


def as_said(key: str, said: str) -> str:
    return said


def draw(
    histogram: Histogram, width: int, most: int, by: str = "", name: Name = as_said, blocks: bool = True
) -> Iterator[str]:
    """Lines of at most `width` columns: what the largest of `most` rows are, their value `by` (the first in the
    trigger's sort, else the hits) and a bar; in blocks, or in #."""
    rows = histogram.rows
    if not rows:
        yield f"{histogram.trigger}: nothing yet"
        return
    by = by or _sorted_by(histogram)
    if by not in rows[0].values:
        raise KeyError(by)
    rows = sorted(rows, key=lambda row: -row.values.get(by, 0))
    labels = [", ".join(name(key, said) for key, said in row.keys.items()) for row in rows[:most]]
    numbers = [f"{row.values.get(by, 0):,}" for row in rows[:most]]
    room = min(max(map(len, labels)), max(width // 2, 10))
    right = max(map(len, numbers))
    bar = max(width - room - right - 2, 1)
    top = max(rows[0].values[by], 1)
    paused = f" [{histogram.state}]" if histogram.state not in ("", "active") else ""
    yield f"{' '.join(rows[0].keys)}: {by}{paused}"[:width]
    for label, number, row in zip(labels, numbers, rows, strict=False):
        shown = label if len(label) <= room else label[: room - 1] + ("\u2026" if blocks else "~")
        yield f"{shown:{room}} {number:>{right}} {_bar(max(row.values.get(by, 0), 0) / top, bar, blocks)}".rstrip()
    if len(rows) > most:
        rest = sum(row.values.get(by, 0) for row in rows[most:])
        yield f"{len(rows) - most:,} more: {rest:,}"
    if histogram.totals.get("Dropped"):
        yield f"{histogram.totals['Dropped']:,} dropped: the table is full"


def _sorted_by(histogram: Histogram) -> str:
    values = histogram.rows[0].values
    for each in re.findall(r":sort=([^:]+)", histogram.trigger):
        for word in str(each).split(","):
            if (found := word.partition(".")[0]) in values:
                return found
    return "hitcount" if "hitcount" in values else next(iter(values))


def _bar(part: float, width: int, blocks: bool) -> str:
    if not blocks:
        return "#" * round(part * width)
    eighths = round(part * width * 8)
    return _BLOCKS[8] * (eighths // 8) + _BLOCKS[eighths % 8].strip()
