# SPDX-License-Identifier: GPL-2.0-only
"""A histogram as the `hist` and `trigger` files show it. Layout: Documentation/trace/histogram.rst's examples."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from tracefs.events.triggers._hist import ffi, lib
from tracefs.events.triggers.hist_compile import Column, Histogram
from tracefs.plain import plain
from tracefs.syscalls import by_number

GRAPH_WIDTH = 20
"""Characters of a .graph bar."""


@dataclass(frozen=True)
class Entry:
    """One entry of the table, decoded: keys are numbers, strings, or (stack traces) tuples of addresses."""

    keys: tuple[int | str | tuple[int, ...], ...]
    comm: str
    hits: int
    sums: tuple[int, ...]
    variables: tuple[int | str, ...]


def trigger_line(histogram: Histogram, filter_text: str | None = None) -> str:
    """The trigger in its canonical form, without a newline."""
    text = histogram.text
    parts = [f"hist:name={text.name}:" if text.name else "hist:"]
    parts.append("keys=" + ",".join(_stack_name(column) or str(column.expr) for column in histogram.keys))
    values = ["hitcount"] if text.hitcount else []
    parts.append(":vals=" + ",".join([*values, *(str(column.expr) for column in histogram.vals)]))
    named = [f"{column.name}={column.expr}" for column in histogram.variables if column.name]
    if named:
        parts.append(":" + ",".join(named))
    parts.append(":sort=" + ",".join(text.sort or ["hitcount"]).replace(".ascending", ""))
    parts.append(f":size={text.size}")
    if histogram.uses_time:
        parts.append(f":clock={text.clock}")
    if not text.hitcount:
        parts.append(":nohitcount")
    parts += [
        f":{action.handler}({action.argument}).{action.name}({','.join(action.params)})" for action in text.actions
    ]
    if filter_text:
        parts.append(f" if {filter_text}")
    parts.append(" [paused]" if lib.hist_paused(histogram.table) else " [active]")
    return "".join(parts)


def show(histogram: Histogram, filter_text: str | None = None) -> str:
    """What one trigger adds to the event's `hist` file."""
    found = entries(histogram)
    totals = lib.hist_totals(histogram.table)
    lines = ["# event histogram", "#", f"# trigger info: {trigger_line(histogram, filter_text)}", "#", ""]
    peaks = _Peaks.of(histogram, found, totals.hits)
    lines += [entry_line(histogram, entry, peaks) for entry in sort(histogram, found)]
    lines += _taken(histogram)
    lines += [
        "",
        "Totals:",
        f"    Hits: {totals.hits}",
        f"    Entries: {totals.entries}",
        f"    Dropped: {totals.drops}",
        "",
    ]
    return "\n".join(lines)


def entries(histogram: Histogram) -> list[Entry]:
    """All entries of the table, unsorted. Each is read whole; the table may change in between."""
    raw, found = ffi.new("struct hist_entry *"), []
    index = 0
    while lib.hist_entry(histogram.table, index, raw):
        key = bytes(ffi.buffer(raw.key))
        found.append(
            Entry(
                keys=tuple(_key(column, key) for column in histogram.keys),
                comm=_name(ffi.string(raw.comm)),
                hits=raw.hits,
                sums=tuple(raw.sums[i] for i in range(len(histogram.vals))),
                variables=tuple(_variable(histogram, index, i, raw) for i in range(len(histogram.variables))),
            )
        )
        index += 1
    return found


def _name(text: bytes) -> str:
    return plain(text.decode(errors="surrogateescape"))


def _key(column: Column, key: bytes) -> int | str | tuple[int, ...]:
    part = key[column.offset : column.offset + column.key_size]
    if column.operand.stack:
        words = tuple(int.from_bytes(part[at : at + 8], "little") for at in range(0, len(part), 8))
        return tuple(word for word in words if word)
    if column.operand.is_string:
        return _name(part.split(b"\0", 1)[0])
    return int.from_bytes(part, "little")


def _variable(histogram: Histogram, entry: int, index: int, raw: Any) -> int | str:
    if not histogram.variables[index].operand.is_string:
        return int(raw.vars[index])
    text = ffi.new("char[]", lib.HIST_STRING_MAX)
    lib.hist_entry_string(histogram.table, entry, index, text)
    return _name(ffi.string(text))


def sort(histogram: Histogram, found: list[Entry]) -> list[Entry]:
    """By the sort fields, the first one most significant; hitcount ascending where none is named."""
    for word in reversed(histogram.text.sort or ["hitcount"]):
        descending = word.endswith(".descending")
        name = word.removesuffix(".descending").removesuffix(".ascending")
        found = sorted(found, key=partial(_sort_key, histogram, name), reverse=descending)
    return found


def _sort_key(histogram: Histogram, name: str, entry: Entry) -> tuple[int | str, ...]:
    for column, key in zip(histogram.keys, entry.keys, strict=True):
        if name in (column.label, str(column.expr)):
            if isinstance(key, int) and column.operand.signed and key >> 63:
                return (key - (1 << 64),)
            return key if isinstance(key, tuple) else (key,)
    for column, total in zip(histogram.vals, entry.sums, strict=True):
        if name in (column.label, str(column.expr)):
            return (total,)
    return (entry.hits,)


@dataclass(frozen=True)
class _Peaks:
    """What .percent and .graph are taken of: (total, greatest) of hitcount and each value."""

    hits: tuple[int, int]
    sums: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, histogram: Histogram, found: list[Entry], hits: int) -> _Peaks:
        columns = [[entry.sums[i] for entry in found] for i in range(len(histogram.vals))]
        return cls((hits, max((e.hits for e in found), default=0)), tuple((sum(c), max(c, default=0)) for c in columns))


def entry_line(histogram: Histogram, entry: Entry, peaks: _Peaks) -> str:
    """One entry: its keys in braces, hit count, sums, and what its actions keep."""
    line = show_keys(histogram, entry)
    if histogram.text.hitcount:
        line += f" hitcount: {entry.hits:>10}"
    for column, total, of in zip(histogram.vals, entry.sums, peaks.sums, strict=True):
        share = " (%)" if column.modifier == "percent" else ""
        line += f"  {column.label}{share}: {_show_value(column.modifier, total, of)}"
    return line + _show_actions(histogram, entry)


def _show_value(modifier: str, value: int, of: tuple[int, int]) -> str:
    total, greatest = of
    if modifier == "hex":
        return f"{value:>10x}"
    if modifier == "percent":
        hundredths = 10000 * value // total if total else 0
        return f"{hundredths // 100:>3}.{hundredths % 100:02}"
    if modifier == "graph":
        length = 10000 * value // greatest * GRAPH_WIDTH // 10000 if greatest else 0
        return f"{'#' * length:<{GRAPH_WIDTH}}"
    return f"{value:>10}"


def _taken(histogram: Histogram) -> list[str]:
    """The event that the last snapshot was taken at."""
    taken = ffi.new("struct hist_taken *")
    if not lib.hist_taken(histogram.table, taken):
        return []
    action = histogram.text.actions[taken.action]
    key = bytes(ffi.buffer(taken.key))
    comm = _name(ffi.string(taken.comm))
    entry = Entry(tuple(_key(column, key) for column in histogram.keys), comm, 0, (), ())
    return [
        "",
        "Snapshot taken (see tracing/snapshot).  Details:",
        f"\ttriggering value {{ {action.handler}({action.argument}) }}: {taken.value:>10}"
        f"\ttriggered by event with key: {show_keys(histogram, entry)}",
    ]


def show_keys(histogram: Histogram, entry: Entry) -> str:
    """The keys of an entry in braces."""
    shown = [_show_key(column, key, entry) for column, key in zip(histogram.keys, entry.keys, strict=True)]
    return "{ " + ", ".join(shown) + ("}" if histogram.keys[-1].operand.stack else " }")


def _stack_name(column: Column) -> str:
    return "common_stacktrace" if column.operand.stack == lib.HIST_STACK_EVENT else ""


def _show_key(column: Column, key: int | str | tuple[int, ...], entry: Entry) -> str:
    label = column.label
    if isinstance(key, tuple):
        head = "common_stacktrace:\n" if column.operand.stack == lib.HIST_STACK_EVENT else f"{label}.stacktrace"
        return head + "".join(f"         0x{address:x}\n" for address in key)
    if isinstance(key, str):
        return f"{label}: {key:<50}"
    if column.modifier == "hex":
        return f"{label}: {key:x}"
    if column.modifier == "execname":
        return f"{label}: {entry.comm:<16}[{key:>10}]"
    if column.modifier == "syscall":
        call = by_number.get(key)
        return f"{label}: {f'sys_{call.name}' if call else 'unknown_syscall':<30}[{key:>3}]"
    if column.modifier == "log2":
        return f"{label}: ~ 2^{key:<2}"
    if column.modifier == "buckets":
        width = getattr(column.expr, "buckets", 1)
        return f"{label}: ~ {key}-{key + width - 1}"
    return f"{label}: {key:>10}"


def _show_actions(histogram: Histogram, entry: Entry) -> str:
    """onmax and onchange show what they watch, and what save() kept of that event."""
    text = ""
    for action in histogram.text.actions:
        if action.handler == "onmatch":
            continue
        word = {"onmax": "max", "onchange": "changed"}[action.handler]
        watched = next(i for i, column in enumerate(histogram.variables) if not column.name and column.label == word)
        text += f"\n\t{word}: {entry.variables[watched]:>10}"
        if action.name == "save":
            for index in histogram.saved:
                column, value = histogram.variables[index], entry.variables[index]
                text += f"  {column.label}: {value:<32}" if isinstance(value, str) else f"  {column.label}: {value:>10}"
    return text
