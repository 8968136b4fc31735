# SPDX-License-Identifier: GPL-2.0-only
"""What a table may ask for: whoever writes one must not be able to make a read of `trace` or of a `format` fail or
never end."""

from __future__ import annotations

from collections.abc import Iterator

from tracefs.syscalls.types.language.layout import fixed_size
from tracefs.syscalls.types.language.model import (
    Alias,
    Count,
    FlagsType,
    Inline,
    Pointer,
    Records,
    Ref,
    StructType,
    SubField,
    Table,
    TypeExpr,
)

NUMBER_MAX = 65535
"""Of a count's constants."""
SIZE_MAX = 1 << 20
"""Bytes of a structure or of an array within one."""
ALIGN_MAX = 128
"""Of records behind each other."""
NESTED_FLAGS_MAX = 4
"""Flags whose parts are flags whose parts are flags: a `format` says all of them for each part."""


def excess(table: Table, said: Table) -> tuple[str, str] | None:
    """The first thing in `said` that is too much: why, and the word of the text that it is about. None: all can be
    used."""
    for name, named in said.types.items():
        kinds = [named.type] if isinstance(named, Alias) else []
        if isinstance(named, StructType):
            members = [*named.fields, *(member for variant in named.variants for member in variant.fields)]
            kinds = [member.type for member in members]
            if named.size > SIZE_MAX:
                return f"a structure has at most {SIZE_MAX} bytes", name
            far = next((member.name for member in members if member.offset > SIZE_MAX), None)
            if far:
                return f"a member begins within the first {SIZE_MAX} bytes", far
        elif isinstance(named, FlagsType) and _depth(table, name, 0) > NESTED_FLAGS_MAX:
            return f"flags within flags: at most {NESTED_FLAGS_MAX}", name
        for kind in kinds:
            if why := _of_type(table, kind):
                return why, name
    for name, rows in said.rows.items():
        for row in rows:
            for argument, kind in row.args:
                if why := _of_type(table, kind):
                    return why, argument
            if row.result and (why := _of_type(table, row.result)):
                return why, name
    return None


def _depth(table: Table, name: str, seen: int) -> int:
    named = table.types.get(name)
    if seen > NESTED_FLAGS_MAX or not isinstance(named, FlagsType):
        return seen
    parts = (entry.type.name for entry in named.entries if isinstance(entry, SubField))
    return max((_depth(table, part, seen + 1) for part in parts), default=seen)


def _counts(kind: TypeExpr) -> Iterator[Count]:
    while not isinstance(kind, Ref):
        if isinstance(kind, (Pointer, Inline)):
            yield from kind.counts
        kind = kind.target


def _of_type(table: Table, kind: TypeExpr) -> str | None:
    for count in _counts(kind):
        numbers = [count.multiply, count.divide, count.plus]
        if any(number > NUMBER_MAX for number in numbers) or (
            isinstance(count.source, int) and count.source > NUMBER_MAX
        ):
            return f"a count is at most {NUMBER_MAX}"
    while not isinstance(kind, Ref):
        if isinstance(kind, Records) and (why := _of_records(table, kind)):
            return why
        if isinstance(kind, Inline) and (fixed_size(table, kind) or 0) > SIZE_MAX:
            return f"an array has at most {SIZE_MAX} bytes"
        kind = kind.target
    return None


def _of_records(table: Table, kind: Records) -> str | None:
    named = table.types.get(kind.target.name) if isinstance(kind.target, Ref) else None
    if not isinstance(named, StructType) or kind.length not in {member.name for member in named.fields}:
        return f"records are structures that have a member {kind.length}"
    return f"records are aligned to at most {ALIGN_MAX} bytes" if not 0 < kind.align <= ALIGN_MAX else None
