# SPDX-License-Identifier: GPL-2.0-only
"""What was saved behind a pointer -> slots: strings, data in hex, numbers, and structures of a few numbers.

The language indexes bytes only, so a number is put together from its bytes each time that it is needed. What would
take more than LONGEST characters of a `format` file stays an address.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from tracefs.syscalls.types import fmt_expr as fe
from tracefs.syscalls.types.fmt_slots import BOUNDED, QUOTED, Slot, address, optional, text
from tracefs.syscalls.types.layout import unaliased
from tracefs.syscalls.types.model import WIDTHS, Pointer, Ref, StructType, Table, TypeExpr
from tracefs.syscalls.types.scalars import width_of

LONGEST: Final = 12_000
MOST_ELEMENTS: Final = 2

Number = Callable[[TypeExpr, str], list[Slot]]
"""The slots of a number by its type and the expression of its value."""


@dataclass(frozen=True)
class Target:
    """What an argument points to."""

    value: str
    """The argument."""
    there: str
    """True where the record has it."""
    slots: tuple[Slot, ...]
    is_string: bool = False
    is_data: bool = False

    def in_place(self, quoted: bool) -> list[Slot]:
        """As the argument is shown: instead of the address, or (data) behind it. quoted: it is always a string."""
        if self.is_data:
            return [address(self.value), *(slot.when(self.there) for slot in (text('" ("'), *self.slots, text('")"')))]
        where = fe.choose(self.there, fe.NOTHING, address(self.value).value)
        if self.is_string and quoted:  # in quotes, which are there either way
            string, *cut = self.slots
            space = text(fe.choose(self.there, fe.NOTHING, fe.literal(" ")))
            return [text(where), space, replace(string, conversion=QUOTED), *cut]
        return [text(where), *(slot if self.is_string else slot.when(self.there) for slot in self.slots)]


def target_of(table: Table, kind: TypeExpr, name: str, number: Number) -> Target | None:
    """What the argument `name` points to, saved in the field `__NAME_val`; None where the language cannot say it."""
    kind = unaliased(table, kind)
    if not isinstance(kind, Pointer):
        return None
    value, field = f"REC->{name}", f"__{name}_val"
    length, target = fe.saved(field), unaliased(table, kind.target)
    if isinstance(target, Ref) and target.name == "str":
        cut = fe.choose(length, fe.choose(fe.byte(field, f"({length} - 1)"), '"..."', fe.NOTHING), fe.NOTHING)
        return Target(value, length, (Slot(BOUNDED, f"__get_str({field})", length), text(cut)), is_string=True)
    if isinstance(target, Ref) and target.name in ("bytes", "chars"):
        data = fe.choose(length, f"__print_hex(__get_dynamic_array({field}), {length})", fe.NOTHING)
        return Target(value, length, (text(data),), is_data=True)
    count = kind.counts[0].source if len(kind.counts) == 1 else 1
    if not isinstance(count, int) or not 0 < count <= MOST_ELEMENTS:
        return None
    size, slots = _elements(table, target, field, count, bool(kind.counts), number)
    there = f"({length} >= {fe.number(size)})"
    long = sum(len(slot.value) for slot in slots) > LONGEST
    return None if not slots or long else Target(value, there, tuple(slot.when(there) for slot in slots))


def _elements(
    table: Table, target: TypeExpr, field: str, count: int, is_array: bool, number: Number
) -> tuple[int, list[Slot]]:
    """Bytes, and slots: none where it is nothing but numbers."""
    size = _size(table, target)
    slots: list[Slot] = []
    for index in range(count if size else 0):
        one = _element(table, target, field, index * size, number)
        if one is None:
            return 0, []
        slots += [text('", "')] * (index > 0) + one
    plain = isinstance(target, Ref) and width_of(table, target) is not None if size else False
    return size * count, [text('"["'), *slots, text('"]"')] if slots and (is_array or plain) else slots


def _size(table: Table, target: TypeExpr) -> int:
    named = table.resolve(target) if isinstance(target, Ref) and target.name in table.types else None
    if isinstance(named, StructType):
        return 0 if named.open or named.variants else named.size
    width = width_of(table, target) if isinstance(target, Ref) and named is not None else None
    return WIDTHS[width][0] if width else 0


def _element(table: Table, target: TypeExpr, field: str, offset: int, number: Number) -> list[Slot] | None:
    target = unaliased(table, target)
    size = _size(table, target)
    if not size or not isinstance(target, Ref):
        return None
    named = table.resolve(target)
    if not isinstance(named, StructType):
        return optional(number(target, fe.loaded(field, offset, size)))
    slots: list[Slot] = []
    for member in named.fields:
        if member.bits:
            return None
        inner = _element(table, member.type, field, offset + member.offset, number)
        if inner is None:
            return None
        slots += [text(fe.literal(f"{', ' if slots else '{'}{member.name}=")), *inner]
    return [*slots, text('"}"')]
