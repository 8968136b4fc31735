# SPDX-License-Identifier: GPL-2.0-only
"""The type tables as `print fmt`: what libtraceevent (trace-cmd, perf, KernelShark) needs to show the words from raw
bytes.

As printers.py shows them, as far as the language goes.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from tracefs.syscalls.types.language.layout import is_fd, unaliased
from tracefs.syscalls.types.language.model import (
    HIDDEN,
    WHOLE,
    WIDTHS,
    Entry,
    EnumType,
    FlagsType,
    IntType,
    Macro,
    Pointer,
    Ref,
    Table,
    TypeExpr,
)
from tracefs.syscalls.types.language.rows import Rows, Test
from tracefs.syscalls.types.language.widths import SWAPPED, width_of
from tracefs.syscalls.types.printfmt import expr as fe
from tracefs.syscalls.types.printfmt.flags import flag_slots
from tracefs.syscalls.types.printfmt.memory import Target, Targets
from tracefs.syscalls.types.printfmt.slots import (
    Slot,
    Variant,
    address,
    decimal,
    described,
    enumerated,
    hexadecimal,
    merged,
    optional,
    plain,
    selected,
    text,
)
from tracefs.syscalls.types.saved.fds import FIELD
from tracefs.syscalls.types.saved.parts import parts
from tracefs.syscalls.types.saved.pointers import RESULT, masks

RET: Final = "REC->ret"
_MOST_VARIANTS: Final = 110
"""Of a call that are said: those of ioctl that come after are of commands that are met seldom, and would be most of all
formats."""


class PrintFormats:
    """Makes print fmts by one table. `fields` are the names of the fields that the event has."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._rows = Rows(table)
        self._targets = Targets(table, self._number)

    def enter(self, syscall: str, fields: Collection[str]) -> str | None:
        """`"dfd: %s%.0d, ...", ...`; None where the tables have no row for the call."""
        if syscall not in self.table.rows:
            return None
        formats: list[str] = []
        values: list[str] = []
        for position, (name, kind) in enumerate(self.table.rows[syscall][0].args):
            variants = self._variants(syscall, name)
            if kind == HIDDEN and not variants:
                continue
            label = f"{', ' if formats else ''}{name}: "
            slots = self._argument(syscall, name, kind, variants, fields)
            if (
                FIELD in fields
                and not variants
                and is_fd(self.table, kind)
                and masks(syscall).fds_enter == 1 << position
            ):
                slots = described(
                    slots, FIELD
                )  # of several that a record describes, this language finds the first alone
            kinds = [kind, *(other for _, other in variants)]
            if HIDDEN in kinds:
                labels = [fe.NOTHING if each == HIDDEN else fe.literal(label) for each in kinds]
                said = selected(labels[0], [Variant(tests, ()) for tests, _ in variants], labels[1:])
                slots, label = [text(said), *slots], ""
            formats.append(label + _conversions(slots))
            values += _values(slots)
        return ", ".join([f'"{"".join(formats)}"', *values])

    def exit(self, syscall: str, fields: Collection[str]) -> str | None:
        """What it returned, then the strings and bytes that it filled in, where the record has them."""
        if syscall not in self.table.rows:
            return None
        base = self.table.rows[syscall][0]
        args = {name for name, _ in base.args} & set(fields)
        variants = [
            Variant(tests, self._number(row.result, RET))
            for tests, row in self._rows.linked(syscall)[1:]
            if row.result is not None and all(test.name in args for test in tests)
        ]
        plain_result = self._number(base.result, RET)
        returned = merged(plain_result, variants) if variants else plain_result
        is_described = base.result is not None and is_fd(self.table, base.result) and masks(syscall).fds_exit == RESULT
        if FIELD in fields and not variants and is_described:
            returned = described(returned, FIELD)
        slots = self._result(returned)
        slots += self._filled_in(syscall, [name for name, _ in base.args if f"__{name}_val" in fields], fields)
        return ", ".join([f'"{_conversions(slots)}"', *_values(slots)])

    def _filled_in(self, syscall: str, names: list[str], fields: Collection[str]) -> list[Slot]:
        """` (buf: 68 69, n: [3])`, as far as the record has them."""
        slots: list[Slot] = []
        before: list[str] = []
        kinds = dict(self.table.rows[syscall][0].args)
        for name in names:
            base = self._target(syscall, name, kinds[name], fields)
            variants = [
                (tests, self._target(syscall, name, kind, fields))
                for tests, kind in self._variants(syscall, name, result="ret" in fields)
            ]
            if not base and not any(target for _, target in variants):
                continue
            is_there = [target.there if target else "0" for _, target in variants]
            when = [Variant(tests, target.slots if target else ()) for tests, target in variants]
            there = base.there if base else "0"
            if when:
                there = f"({selected(there, when, is_there)} > 0)"
            first, next = fe.literal(f" ({name}: "), fe.literal(f", {name}: ")
            label = fe.choose(fe.any_of(before), next, first) if before else first
            shown = merged(base.slots if base else (), when) if when else base.slots if base else ()
            slots += [text(fe.choose(there, label, fe.NOTHING)), *shown]
            before.append(there)
        return [*slots, text(fe.choose(fe.any_of(before), '")"', fe.NOTHING))] if before else slots

    def _target(self, syscall: str, name: str, kind: TypeExpr, fields: Collection[str]) -> Target | None:
        """What an argument of this type points to."""
        kind = unaliased(self.table, kind)
        if not isinstance(kind, Pointer):
            return None
        within = parts(syscall, "exit" if "ret" in fields else "enter")
        paths = {part.path: part.field for part in within if part.field in fields}
        return self._targets.of(kind, name, self._numbers(syscall, fields), paths)

    def _numbers(self, syscall: str, fields: Collection[str]) -> dict[str, str]:
        """What counts may refer to: arguments, what these point to, and the result."""
        numbers = {"ret": RET} if "ret" in fields else {}
        for name, kind in self.table.rows[syscall][0].args:
            kind, field = unaliased(self.table, kind), f"__{name}_val"
            if isinstance(kind, Pointer) and isinstance(kind.target, Ref) and field in fields:
                width = self._width(kind.target)
                numbers |= {f"*{name}": fe.loaded(field, 0, WIDTHS[width][0])} if width else {}
            elif isinstance(kind, Ref):
                width = self._width(kind)
                numbers[name] = fe.masked(f"REC->{name}", (1 << 8 * WIDTHS[width or "u64"][0]) - 1)
        return numbers

    def _width(self, kind: Ref) -> str | None:
        return width_of(self.table, kind) if kind.name in self.table.types else None

    def _variants(self, syscall: str, name: str, result: bool = False) -> list[tuple[tuple[Test, ...], TypeExpr]]:
        """Those that the arguments, or the result as well, decide: what a socket is this language cannot ask."""
        known = {arg for arg, _ in self.table.rows[syscall][0].args} | ({"ret"} if result else set())
        return [
            (tests, kind)
            for tests, row in self._rows.linked(syscall)[1 : _MOST_VARIANTS + 1]
            for arg, kind in row.args
            if arg == name and all(test.name in known for test in tests)
        ]

    def _argument(
        self,
        syscall: str,
        name: str,
        kind: TypeExpr,
        variants: list[tuple[tuple[Test, ...], TypeExpr]],
        fields: Collection[str],
    ) -> list[Slot]:
        def shown(kind: TypeExpr, always: bool) -> list[Slot]:
            return self._value(syscall, name, kind, fields, always)

        base = shown(kind, always=False)
        others = [Variant(tests, shown(other, always=False)) for tests, other in variants]
        if any(variant.slots != base for variant in others):
            return merged(base, others)
        return shown(kind, always=True)

    def _value(self, syscall: str, name: str, kind: TypeExpr, fields: Collection[str], always: bool) -> list[Slot]:
        if kind == HIDDEN:
            return []
        value, field = f"REC->{name}", f"__{name}_val"
        kind = unaliased(self.table, kind)
        if isinstance(kind, Pointer):
            if kind.direction == "ring":
                return [Slot("%u", value)] if always else optional([Slot("%u", value)])
            is_saved = field in fields and kind.direction in ("in", "inout")
            target = self._target(syscall, name, kind, fields) if is_saved else None
            return [address(value)] if target is None else target.in_place(always)
        return self._number(kind, value)

    def _number(self, kind: TypeExpr | None, value: str) -> list[Slot]:
        """A register that holds a number of this type; None: an integer."""
        if kind is None:
            return decimal(value, "s64")
        named = self.table.resolve(kind) if isinstance(kind, Ref) and kind.name in self.table.types else None
        if not isinstance(kind, Ref) or not isinstance(named, (IntType, EnumType, FlagsType)):
            return [text(hexadecimal(value))]
        width = kind.width or named.width
        whole = (1 << 8 * WIDTHS[width][0]) - 1
        if isinstance(named, FlagsType) and all(entry.mask == WHOLE for entry in named.entries):
            named = EnumType(named.name, width, named.style, tuple(e for e in named.entries if isinstance(e, Entry)))
        value = fe.masked(value, whole)
        if isinstance(named, IntType):
            return plain(value, named.style, width)
        if isinstance(named, EnumType):
            if named.macros and not named.macros[0].mask:
                return self._macro(named.macros[0], value)
            swapped = named.style in SWAPPED  # whose names this language cannot swap
            return (
                enumerated(named, value, width) if named.entries and not swapped else plain(value, named.style, width)
            )
        return flag_slots(named, value, whole, self._number)

    def _macro(self, macro: Macro, value: str) -> list[Slot]:
        """NAME(1, X) of what is always so."""
        slots = [text(fe.literal(f"{macro.name}("))]
        for position, part in enumerate(macro.parts):
            bits = fe.masked(value, part.mask)
            shown = optional(self._number(part.type, f"({bits} >> {part.shift})" if part.shift else bits))
            slots += [text('", "')] * (position > 0) + shown
        return [*slots, text('")"')]

    def _result(self, returned: list[Slot]) -> list[Slot]:
        """A name with a minus where the call failed."""
        errors = self.table.types.get("errno")
        if not isinstance(errors, EnumType):
            return returned
        names = [(entry.value, entry.name) for entry in errors.entries]
        failed = fe.within(f"(0 - {RET})", (value for value, _ in names))
        name = fe.symbolic(f"(0 - {RET})", names)
        first, *more = optional(returned)
        if not first.is_text:
            first, more = text(fe.NOTHING), [first, *more]
        return [
            text('"-"').when(failed),
            text(fe.choose(failed, name, first.value)),
            *(slot.unless(failed) for slot in more),
        ]


def _conversions(slots: list[Slot]) -> str:
    return "".join(slot.conversion for slot in slots)


def _values(slots: list[Slot]) -> list[str]:
    return [value for slot in slots for value in (slot.length, slot.value) if value]
