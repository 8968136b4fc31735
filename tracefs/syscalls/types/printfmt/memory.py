# SPDX-License-Identifier: GPL-2.0-only
"""What was saved behind a pointer -> slots: strings, data in hex, numbers, structures and arrays.

What would take more than LONGEST characters of a `format` file stays an address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from tracefs.syscalls.types.language.layout import fixed_size, holds_pointers, unaliased
from tracefs.syscalls.types.language.model import CustomType, Pointer, Records, Ref, StructType, Table
from tracefs.syscalls.types.printfmt import expr as fe
from tracefs.syscalls.types.printfmt.objects import Memory, Number, Objects
from tracefs.syscalls.types.printfmt.place import Place
from tracefs.syscalls.types.printfmt.slots import QUOTED, Slot, address, data, quoted, text

_ADDRESS: Final = 8
LONGEST: Final = 400_000


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

    def in_place(self, always: bool) -> list[Slot]:
        """As the argument is shown: instead of the address, or (data) behind it. always: it is never of another
        type."""
        if self.is_data:
            return [address(self.value), *(slot.when(self.there) for slot in (text('" ("'), *self.slots, text('")"')))]
        where = fe.choose(self.there, fe.NOTHING, address(self.value).value)
        if self.is_string and always:  # in quotes that are there either way
            _, string, _, *cut = self.slots
            space = text(fe.choose(self.there, fe.NOTHING, fe.literal(" ")))
            return [text(where), space, replace(string, conversion=QUOTED), *cut]
        return [text(where), *(slot.when(self.there) for slot in self.slots)]


class Targets:
    """By one table."""

    def __init__(self, table: Table, number: Number) -> None:
        self._table = table
        self._objects = Objects(table, number)

    def of(self, kind: Pointer, name: str, numbers: Mapping[str, str], parts: Mapping[str, str]) -> Target | None:
        """What the argument `name` points to, saved in the field `__NAME_val`; None where the language cannot say it.

        `numbers`: expressions of what counts may refer to; `parts`: fields of what lies within, by their paths.
        """
        value, field = f"REC->{name}", f"__{name}_val"
        length, target = fe.saved(field), unaliased(self._table, kind.target)
        if isinstance(target, Ref) and target.name in ("str", "pathname"):
            count = self._objects.counted(kind.counts, numbers) or ""
            return Target(
                value, length, tuple(slot.when(length) for slot in quoted(field, count=count)), is_string=True
            )
        if isinstance(target, Ref) and target.name in ("bytes", "octets", "chars"):
            return Target(value, length, tuple(data(field)), is_data=True)
        place = Place.image(field) if holds_pointers(self._table, target) else Place.raw(field)
        return self._object(kind, value, Memory(place, name, 0, numbers, parts))

    def _object(self, kind: Pointer, value: str, memory: Memory) -> Target | None:
        target = unaliased(self._table, kind.target)
        size = self._least(kind)
        if not size:
            return None
        if target == Ref("strings"):
            if memory.way not in memory.parts:
                return None
            slots = self._objects.strings(memory)
        elif kind.counts and fixed_size(self._table, target):
            slots = self._objects.array(target, memory, self._objects.counted(kind.counts, memory.numbers))
        else:
            slots = self._objects.shown(target, memory)
        if not kind.counts and self._objects.width(target):
            slots = [text('"["'), *slots, text('"]"')]
        there = memory.has(size)
        if sum(len(slot.value) + len(slot.length) for slot in slots) > LONGEST:
            return None
        return Target(value, there, tuple(slot.when(there) for slot in slots))

    def _least(self, kind: Pointer) -> int:
        """Bytes without which nothing is shown; 0 for what has no words."""
        target = unaliased(self._table, kind.target)
        if isinstance(target, Ref) and target.name == "strings":
            return _ADDRESS
        if isinstance(target, Records):
            return 1
        if not isinstance(target, Ref) or target.name not in self._table.types:
            return 0
        named = self._table.resolve(target)
        if isinstance(named, StructType) and named.open:
            first = named.fields[0]
            return first.offset + (fixed_size(self._table, first.type) or 1)
        if isinstance(named, CustomType):
            return named.size or 1
        return fixed_size(self._table, target) or 0
