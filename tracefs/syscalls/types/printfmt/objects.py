# SPDX-License-Identifier: GPL-2.0-only
"""Memory and a type -> slots: structures, their variants, and arrays, as objects.py has them, as far as the language
goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from tracefs.syscalls.types.decode.custom import SUN_PATH
from tracefs.syscalls.types.language.layout import fixed_size, unaliased
from tracefs.syscalls.types.language.model import (
    HIDDEN,
    WIDTHS,
    Count,
    CustomType,
    Field,
    Inline,
    Pointer,
    Records,
    Ref,
    StructType,
    Table,
    TypeExpr,
)
from tracefs.syscalls.types.language.rows import Conditions, Test
from tracefs.syscalls.types.language.widths import width_of
from tracefs.syscalls.types.printfmt import expr as fe
from tracefs.syscalls.types.printfmt.custom import CUSTOM
from tracefs.syscalls.types.printfmt.place import Place
from tracefs.syscalls.types.printfmt.slots import UNSAID, Slot, Variant, address, data, merged, optional, quoted, text
from tracefs.syscalls.types.saved.parts import UNIX

MOST_ELEMENTS: Final = 32
ARRAY_ROOM: Final = 20_000
"""Elements of an array that are shown, `...` where there are more; and characters of a `format` file for them all."""
_ADDRESS: Final = 8
_RECORD: Final = "<record>"
"""Among the numbers: the length of the structure at hand, that says it itself."""
MOST_COUNTED: Final = 8
"""Elements that are shown of an array within a structure that says how many it has."""

Number = Callable[[TypeExpr, str], list[Slot]]
"""The slots of a number by its type and the expression of its value."""


@dataclass(frozen=True)
class Memory:
    """Where an object is: at `at` in a place, which `path` leads to."""

    place: Place
    path: str
    at: int = 0
    numbers: Mapping[str, str] = field(default_factory=dict)
    """Expressions of what counts may refer to."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """Fields of what lies within, by their paths (parts.py)."""

    def further(self, offset: int) -> Memory:
        return replace(self, at=self.at + offset)

    def behind(self, part: str) -> Memory:
        """What the address leads to that stands here, and that a field locates."""
        return replace(self, place=Place.raw(part), path=self.way, at=0)

    @property
    def way(self) -> str:
        """The path of what an address that stands here leads to."""
        return f"{self.path}*{self.at}"

    def has(self, size: int) -> str:
        """True where that many bytes of it were saved."""
        return self.place.has(self.at + size)

    def loaded(self, offset: int, size: int) -> str:
        return self.place.loaded(self.at + offset, size)


class Objects:
    """By one table."""

    def __init__(self, table: Table, number: Number) -> None:
        self._table = table
        self._number = number
        self._conditions = Conditions(table)

    def shown(self, kind: TypeExpr, memory: Memory) -> list[Slot]:
        """Slots of one object, all of which is there."""
        kind = unaliased(self._table, kind)
        if isinstance(kind, Pointer):
            return self._pointer(kind, memory)
        if isinstance(kind, Inline):
            return self._inline(kind, memory)
        if isinstance(kind, Records):
            return self._records(kind, memory)
        named = self._table.resolve(kind) if isinstance(kind, Ref) and kind.name in self._table.types else None
        if isinstance(named, StructType):
            return self._struct(named, memory)
        unix = memory.parts.get(memory.path + UNIX)
        if isinstance(named, CustomType) and named.name == SUN_PATH and unix:
            abstract = text('"@"').unless(memory.place.byte(memory.at)).when(memory.has(2))
            return [abstract, *quoted(unix, ends=False)]
        if isinstance(named, CustomType):
            shown = CUSTOM.get(named.name)
            return shown(memory.place, memory.at) if shown else [text(UNSAID)]
        width = self.width(kind)
        if not width:
            return [text(UNSAID)]
        return optional(self._number(kind, memory.loaded(0, WIDTHS[width][0])))

    def strings(self, memory: Memory) -> list[Slot]:
        """`["a", "b", ...]`: texts that have fields, addresses of those that were not saved."""
        slots = [text('"["')]
        index = 0
        while part := memory.parts.get(memory.further(_ADDRESS * index).way):
            word = memory.loaded(_ADDRESS * index, _ADDRESS)
            unsaved = address(word).unless(fe.saved(part))
            item = [text('", "')] * (index > 0) + [unsaved, *(slot.when(fe.saved(part)) for slot in quoted(part))]
            slots += (slot.when(word).when(memory.has(_ADDRESS * (index + 1))) for slot in item)
            index += 1
        return [*slots, text('", ..."').when(memory.has(_ADDRESS * (index + 1) + 1)), text('"]"')]

    def _pointer(self, kind: Pointer, memory: Memory) -> list[Slot]:
        """What it leads to where a field locates that, else the address."""
        shown, part = address(memory.loaded(0, _ADDRESS)), memory.parts.get(memory.way)
        if not part:
            return [shown]
        target = unaliased(self._table, kind.target)
        if isinstance(target, Ref) and target.name in ("bytes", "octets", "chars"):
            found = [text('" ("'), *data(part), text('")"')]
            return [shown, *(slot.when(fe.saved(part)) for slot in found)]
        inner = memory.behind(part)
        if kind.counts and fixed_size(self._table, target):
            found = self.array(target, inner, self.counted(kind.counts, memory.numbers))
        else:
            found = self.shown(target, inner)
        return [shown.unless(fe.saved(part)), *(slot.when(fe.saved(part)) for slot in found)]

    def array(self, target: TypeExpr, memory: Memory, count: str | None) -> list[Slot]:
        """`[a, b, ...]`, of `count` elements as many as were saved: one at least."""
        size = fixed_size(self._table, target) or 0
        slots, most = [text('"["')], self._most(target, memory, size)
        for index in range(most):
            element = [text('", "')] * (index > 0) + self.shown(target, memory.further(index * size))
            slots += (slot.when(memory.has((index + 1) * size)) for slot in element)
        length = memory.place.length
        cut = [f"({length} > {fe.number(most * size)})"]
        if count:
            cut.append(f"({length} < ({count} * {fe.number(size)}))")
        return [*slots, text('", ..."').when(fe.any_of(cut)), text('"]"')]

    def _most(self, target: TypeExpr, memory: Memory, size: int) -> int:
        """Elements that there is room for: by the second, as fields may lead further into the first."""
        slots = self.shown(target, memory.further(size))
        one = sum(len(slot.value) + len(slot.length) + len(memory.place.length) for slot in slots)
        return max(1, min(MOST_ELEMENTS, ARRAY_ROOM // one))

    def counted(self, counts: Iterable[Count], numbers: Mapping[str, str]) -> str | None:
        """The expression of the smallest count; None where one cannot be said."""
        least: str | None = None
        for count in counts:
            source = count.source
            one = fe.number(source) if isinstance(source, int) else numbers.get(source)
            if one is None:
                return None
            one = one if count.multiply == 1 else f"({one} * {fe.number(count.multiply)})"
            if count.divide > 1:
                one = f"(({one} + {fe.number(count.divide - 1)}) / {fe.number(count.divide)})"
            if count.plus:
                one = f"({one} + {fe.number(count.plus)})"
            least = one if least is None else f"(({least} < {one}) ? {least} : {one})"
        return least

    def _records(self, kind: Records, memory: Memory) -> list[Slot]:
        """The first of structures that say their own length: where the second is, no constant says."""
        named = self._table.resolve(kind.target) if kind.target.name in self._table.types else None
        members = named.fields if isinstance(named, StructType) else ()
        length = next((member for member in members if member.name == kind.length), None)
        if not isinstance(named, StructType) or length is None:
            return [text(UNSAID)]
        width = WIDTHS[self.width(length.type) or "u64"][0]
        size = memory.loaded(length.offset, min(width, 2))  # enough where all of it is there
        there = f"({memory.loaded(length.offset, width)} <= {memory.place.length})"
        whole = fe.both([f"({size} >= {fe.number(named.size)})", there])
        first = self._struct(named, replace(memory, numbers={**memory.numbers, _RECORD: size}))
        end = f"(({size} + {fe.number(kind.align - 1)}) & {fe.number((1 << 64) - kind.align)})"
        more = text('", ..."').when(f"({end} < {memory.place.length})")
        return [text('"["'), *(slot.when(whole).when(memory.has(named.size)) for slot in [*first, more]), text('"]"')]

    def _inline(self, kind: Inline, memory: Memory) -> list[Slot]:
        target = unaliased(self._table, kind.target)
        if isinstance(target, Ref) and target.name == "chars" and kind.counts:
            part = memory.parts.get(f"{memory.path}@{memory.at}+{kind.counts[0].source}")
            return quoted(part, ends=False) if part else [text(UNSAID)]
        size, count = fixed_size(self._table, target), self.counted(kind.counts, memory.numbers)
        if size and not kind.counts and _RECORD in memory.numbers:
            count = f"(({memory.numbers[_RECORD]} + {fe.number((1 << 64) - memory.at)}) / {fe.number(size)})"
        if not size or count is None:
            return [text(UNSAID)]
        if count.isalnum():
            known = range(min(int(count, 0), MOST_ELEMENTS))
            elements = [self.shown(target, memory.further(index * size)) for index in known]
            more = [text('", ..."')] if int(count, 0) > MOST_ELEMENTS else []
            return [text('"["'), *_separated(elements), *more, text('"]"')]
        slots = [text('"["')]
        for index in range(MOST_COUNTED):
            element = [text('", "')] * (index > 0) + self.shown(target, memory.further(index * size))
            there = memory.has((index + 1) * size)
            slots += (slot.when(there).when(f"({count} > {fe.number(index)})") for slot in element)
        end = f"(({count} * {fe.number(size)}) + {fe.number(memory.at)})"
        cut = fe.any_of((f"({count} > {fe.number(MOST_COUNTED)})", f"({memory.place.length} < {end})"))
        return [*slots, text(fe.choose(memory.has(size), '", ..."', UNSAID)).when(cut), text('"]"')]

    def _struct(self, named: StructType, memory: Memory) -> list[Slot]:
        every = [*named.fields, *(member for variant in named.variants for member in variant.fields)]
        numbers: dict[str, str] = {}
        for member in every:
            width = self.width(member.type)
            if width:
                numbers.setdefault(member.name, _bits(member, memory.loaded(member.offset, WIDTHS[width][0])))
        memory = replace(memory, numbers={**memory.numbers, **numbers})
        linked = [self._conditions.link(v.conditions, partial(_types, every)) for v in named.variants]
        variants = [
            (tests, variant.fields)
            for tests, variant in zip(linked, named.variants, strict=True)
            if all(test.name in memory.numbers for test in tests)  # others never hold
        ]
        # A first member that some variant hides cannot bring the bracket with it.
        apart = any(member.type == HIDDEN and member.name == every[0].name for member in every)
        slots: list[Slot] = []
        for name in dict.fromkeys(member.name for member in every):
            before = ", " if slots else "" if apart else "{"
            slots += self._member(named, name, variants, memory, before)
        return [*([text('"{"')] if apart else []), *slots, text('"}"')] if slots else [text('"{}"')]

    def _member(
        self,
        named: StructType,
        name: str,
        variants: list[tuple[tuple[Test, ...], tuple[Field, ...]]],
        memory: Memory,
        before: str,
    ) -> list[Slot]:
        """A member that the structure has always, in some of its variants, or of another type in these."""

        def slots(member: Field) -> list[Slot]:
            size, record = fixed_size(self._table, member.type), memory.numbers.get(_RECORD)
            limited = named.open or bool(record)
            if member.type == HIDDEN or (not size and not limited and member.offset >= named.size):
                return []
            label = text(fe.literal(f"{before}{name}="))
            shown = [label, *self._shown_member(member, memory.further(member.offset))]
            if not limited or (record and member.offset + (size or 0) <= named.size and size):
                return shown

            def has(end: int) -> str:
                return f"({record} >= {fe.number(end)})" if record else memory.has(end)

            end = has(member.offset + (size or 1))
            cut = [text('", ..."').when(has(member.offset + 1)).unless(end)] if size and size > 1 else []
            return [*(slot.when(end) for slot in shown), *cut]

        own = [slots(member) for member in named.fields if member.name == name]
        others = [
            Variant(tests, slots(member), memory.numbers)
            for tests, fields in variants
            for member in fields
            if member.name == name
        ]
        base = own[0] if own else []
        return merged(base, others) if others else base

    def _shown_member(self, member: Field, memory: Memory) -> list[Slot]:
        width = self.width(member.type) if member.bits else None
        if not width:
            return self.shown(member.type, memory)
        return optional(self._number(member.type, _bits(member, memory.loaded(0, WIDTHS[width][0]))))

    def width(self, kind: TypeExpr) -> str | None:
        """Of a plain number, else None."""
        kind = unaliased(self._table, kind)
        is_named = isinstance(kind, Ref) and kind.name in self._table.types
        return width_of(self._table, kind) if isinstance(kind, Ref) and is_named else None


def _bits(member: Field, value: str) -> str:
    """What of the number the member is."""
    if not member.bits:
        return value
    return fe.masked(f"({value} >> {fe.number(member.shift)})" if member.shift else value, (1 << member.bits) - 1)


def _types(members: list[Field], name: str) -> list[TypeExpr]:
    return [member.type for member in members if member.name == name]


def _separated(elements: Iterable[Iterable[Slot]]) -> list[Slot]:
    return [slot for index, each in enumerate(elements) for slot in [text('", "')] * (index > 0) + list(each)]
