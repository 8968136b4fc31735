# SPDX-License-Identifier: GPL-2.0-only
"""Which types a call's arguments have, given their values: rows and the variants whose conditions hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tracefs.syscalls.types.language.model import (
    WHOLE,
    WIDTHS,
    Condition,
    Entry,
    EnumType,
    FlagsType,
    Macro,
    Pointer,
    Ref,
    Row,
    Table,
    TypeExpr,
    named_values,
)
from tracefs.syscalls.types.language.syntax import number
from tracefs.syscalls.types.language.widths import width_of

RESULT = "ret"
NETLINK = "netlink"
"""What structures' conditions call the protocol of the netlink socket that the call is on."""
SIZEOF = "sizeof"
"""What they call the bytes that a structure has, as far as who passes it says that."""


@dataclass(frozen=True)
class Test:
    """True if, for any of `choices` (value, mask), the number that `name` holds has `value` in the bits of `mask`."""

    name: str
    choices: tuple[tuple[int, int], ...]

    def holds(self, value: int) -> bool:
        return any((value ^ want) & mask == 0 for want, mask in self.choices)


@dataclass(frozen=True)
class Signature:
    """The types of a call with given values."""

    args: tuple[tuple[str, TypeExpr], ...]
    result: TypeExpr | None


class Conditions:
    """Turns the names in conditions into numbers, by the types that the tested argument or field can have."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._anywhere = _values(table.entries())
        self._of: dict[str, dict[str, tuple[int, int]]] = {}

    def link(self, conditions: Iterable[Condition], types: Callable[[str], list[TypeExpr]]) -> tuple[Test, ...]:
        """`types(name)`: those that the argument or field `name` may have. Raises KeyError for an unknown symbol."""
        return tuple(self._test(condition, types(condition.name)) for condition in conditions)

    def _test(self, condition: Condition, types: list[TypeExpr]) -> Test:
        whole = WHOLE
        signed = False
        known = []
        for expr in dict.fromkeys(types):
            if not isinstance(expr, Ref) or expr.name == "-":
                continue
            width = width_of(self._table, expr)
            if width:
                whole, signed = (1 << 8 * WIDTHS[width][0]) - 1, WIDTHS[width][1]
            known.append(self._names(expr))
        choices = [] if condition.names else [(0, 0)]
        for name in condition.names:
            if name[0].isdigit() or name[0] == "-":
                choices.append((number(name) & whole, whole))
            else:
                value, mask = next((names[name] for names in known if name in names), None) or self._anywhere[name]
                choices.append((value & whole, mask & whole))
        if condition.relation != "=":
            choices = list(_related(condition.relation, choices[0][0], whole, signed or condition.name == RESULT))
        return Test(condition.name, tuple(choices))

    def _names(self, ref: Ref) -> dict[str, tuple[int, int]]:
        """Of one type, by name."""
        if ref.name not in self._of:
            named = self._table.resolve(ref)
            self._of[ref.name] = _values(named_values(named)) if isinstance(named, (EnumType, FlagsType)) else {}
        return self._of[ref.name]


def _related(relation: str, value: int, whole: int, signed: bool) -> Iterator[tuple[int, int]]:
    """Value and mask of blocks that together are the numbers in that relation to `value`, whose bits are `whole`."""
    least, most = (-(whole // 2) - 1, whole // 2) if signed else (0, whole)
    if signed and value > most:
        value -= whole + 1
    ranges = {">=": [(value, most)], "<": [(least, value - 1)], "!=": [(least, value - 1), (value + 1, most)]}
    for low, high in ranges[relation]:
        while low <= high:
            size = low & -low if low else whole + 1
            while low + size - 1 > high:
                size //= 2
            yield low & whole, whole & ~(size - 1)
            low += size


def _values(entries: Iterable[Entry | Macro]) -> dict[str, tuple[int, int]]:
    """Name -> value and mask; the first of several."""
    found: dict[str, tuple[int, int]] = {}
    for entry in entries:
        found.setdefault(entry.name, (entry.value, entry.mask))
    return found


class Rows:
    """The rows of one table, linked as they are first used."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._conditions: Conditions | None = None
        self._linked: dict[str, list[tuple[tuple[Test, ...], Row]]] = {}
        self._cache: dict[tuple[str, tuple[object, ...]], Signature] = {}
        self._selectors: dict[str, tuple[int, ...]] = {}
        self._by_result: set[str] = set()
        self._by_pointed: set[str] = set()

    def linked(self, syscall: str) -> list[tuple[tuple[Test, ...], Row]]:
        """The row and its variants in order, each with its tests. Raises KeyError for an unknown syscall."""
        if syscall not in self._linked:
            rows = self._table.rows[syscall]
            if self._conditions is None:
                self._conditions = Conditions(self._table)

            def types(name: str) -> list[TypeExpr]:
                every = [expr for row in rows for arg, expr in row.args if arg == name.removeprefix("*")]
                return [expr.target for expr in every if isinstance(expr, Pointer)] if name.startswith("*") else every

            self._linked[syscall] = [(self._conditions.link(row.conditions, types), row) for row in rows]
            tested = {test.name for tests, _ in self._linked[syscall] for test in tests}
            if RESULT in tested:
                self._by_result.add(syscall)
            names = [name for name, _ in rows[0].args]
            self._selectors[syscall] = tuple(i for i, name in enumerate(names) if name in tested)
            if any(name.startswith("*") for name in tested):
                self._by_pointed.add(syscall)
        return self._linked[syscall]

    def is_by_pointed(self, syscall: str) -> bool:
        """Whether a variant depends on a number that an argument points to."""
        if syscall not in self._linked and syscall in self._table.rows:
            self.linked(syscall)
        return syscall in self._by_pointed

    def signature(
        self,
        syscall: str,
        args: tuple[int, ...],
        netlink: int | None = None,
        ret: int | None = None,
        pointed: Mapping[str, int] = MappingProxyType({}),
    ) -> Signature | None:
        """The types for a call with these registers, None if no table knows the syscall.

        A variant by a register that is not given (an exit event alone has none) does not apply. `netlink` is the
        protocol of the netlink socket that the call is on, None where that is not known; `pointed` the numbers by
        *NAME.
        """
        if syscall not in self._table.rows:
            return None
        linked = self.linked(syscall)
        ret = ret if syscall in self._by_result else None
        of = (args[i] if i < len(args) else None for i in self._selectors[syscall])
        key = syscall, (*of, netlink, ret, *pointed.items())
        found = self._cache.get(key)
        if found is None:
            if len(self._cache) > 4096:
                self._cache.clear()
            found = self._cache[key] = _apply(linked, args, netlink, ret, pointed)
        return found


def _apply(
    linked: list[tuple[tuple[Test, ...], Row]],
    args: tuple[int, ...],
    netlink: int | None,
    ret: int | None,
    pointed: Mapping[str, int],
) -> Signature:
    base = linked[0][1]
    types = dict(base.args)
    values = {**dict(zip(types, args, strict=False)), **pointed}
    if ret is not None:
        values[RESULT] = ret
    if netlink is not None:
        values |= {f"{NETLINK}({name})": netlink for name in values}
    result = base.result
    for tests, row in linked[1:]:
        if all(test.name in values and test.holds(values[test.name]) for test in tests):
            types.update(row.args)
            result = row.result or result
    return Signature(tuple(types.items()), result)
