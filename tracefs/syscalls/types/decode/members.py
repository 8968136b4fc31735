# SPDX-License-Identifier: GPL-2.0-only
"""A structure's members, looked up once: where each is, and what decodes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from tracefs.syscalls.types.decode.scalars import Scalars
from tracefs.syscalls.types.language.layout import fixed_size, unaliased
from tracefs.syscalls.types.language.model import WIDTHS, Field, Inline, Pointer, Ref, StructType, Table, TypeExpr
from tracefs.syscalls.types.language.widths import ScalarType, fit
from tracefs.syscalls.types.notation.values import Value

_MOST_NUMBERS = 256


@dataclass(frozen=True)
class Member:
    """`size` in bytes, 0 where the data says it; `number` decodes what is a plain number of `width`, else None."""

    name: str
    offset: int
    type: TypeExpr
    size: int
    width: str
    number: Callable[[int], Value] | None
    shift: int = 0
    bits: int = 0
    apart: bool = False

    def note(self, data: bytes, numbers: dict[str, int]) -> None:
        """Put the member's number into `numbers`, if `data` has it."""
        if self.offset + self.size <= len(data):
            numbers[self.name] = fit(self.raw(data), self.width)

    def raw(self, data: bytes) -> int:
        """The member's bits."""
        found = int.from_bytes(data[self.offset : self.offset + self.size], "little") >> self.shift
        return found & ((1 << self.bits) - 1) if self.bits else found


@dataclass(frozen=True)
class Layout:
    """`shown` in order; `counted`: the numbers that counts or conditions refer to; `others`: some member is no
    number."""

    shown: tuple[Member, ...]
    counted: tuple[Member, ...]
    others: bool
    apart: frozenset[str] = frozenset()
    """Names of those that stand behind the others."""
    moments: tuple[tuple[int, int], ...] = ()
    """Which of `shown` are seconds, and which their nanoseconds (st_atime, st_atime_nsec)."""


class Members:
    """The layouts of one table's structures."""

    def __init__(self, table: Table, scalars: Scalars) -> None:
        self._table = table
        self._scalars = scalars
        self._layouts: dict[tuple[str, tuple[int, ...]], Layout] = {}
        self._sources: set[str] | None = None

    def of(self, named: StructType, variants: tuple[int, ...]) -> Layout:
        """With the variants of these numbers, in order, written over the members."""
        found = self._layouts.get((named.name, variants))
        if found is None:
            found = self._layouts[named.name, variants] = self._layout(named, variants)
        return found

    @staticmethod
    def has_apart(named: StructType) -> bool:
        """Whether it is a header, of something that follows it."""
        return any(field.apart for fields in (named.fields, *(v.fields for v in named.variants)) for field in fields)

    def _layout(self, named: StructType, variants: tuple[int, ...]) -> Layout:
        fields = {field.name: field for field in named.fields}
        for index in variants:
            fields.update({field.name: field for field in named.variants[index].fields})
        wanted = self._counts() | {test.name for variant in named.variants for test in variant.conditions}
        members = [self._member(field) for field in fields.values()]
        shown = tuple(m for m in members if not (isinstance(m.type, Ref) and m.type.name == "-"))
        places = {m.name: place for place, m in enumerate(shown)}
        return Layout(
            shown,
            tuple(m for m in members if m.width and m.name in wanted),
            any(m.number is None for m in members),
            frozenset(m.name for m in members if m.apart),
            tuple((place, places[f"{name}_nsec"]) for name, place in places.items() if f"{name}_nsec" in places),
        )

    def _member(self, field: Field) -> Member:
        expr = unaliased(self._table, field.type)
        size = fixed_size(self._table, expr) or 0
        named = self._table.types.get(expr.name) if isinstance(expr, Ref) else None
        if not isinstance(expr, Ref) or not isinstance(named, ScalarType):
            return Member(field.name, field.offset, expr, size, "", None, apart=field.apart)
        width = expr.width or named.width
        decode = self._remembered(partial(self._scalars.decode, named, width=width))
        return Member(
            field.name, field.offset, expr, WIDTHS[width][0], width, decode, field.shift, field.bits, field.apart
        )

    def _remembered(self, decode: Callable[[int], Value]) -> Callable[[int], Value]:
        """The same numbers come again and again; what descriptors stand for changes."""
        known: dict[int, Value] = {}

        def remembering(raw: int) -> Value:
            found = None if self._scalars.fds else known.get(raw)
            if found is None:
                found = decode(raw)
                if len(known) < _MOST_NUMBERS and not self._scalars.fds:
                    known[raw] = found
            return found

        return remembering

    def _counts(self) -> set[str]:
        """Every member that a count of some structure refers to."""
        if self._sources is None:
            structs = [each for each in self._table.types.values() if isinstance(each, StructType)]
            fields = [f for each in structs for f in (*each.fields, *(f for v in each.variants for f in v.fields))]
            self._sources = {source for field in fields for source in _sources(unaliased(self._table, field.type))}
        return self._sources


def _sources(expr: TypeExpr) -> Iterator[str]:
    while isinstance(expr, (Pointer, Inline)):
        for count in expr.counts:
            if isinstance(count.source, str):
                yield count.source.removeprefix("share(").removesuffix(")")
        expr = expr.target
