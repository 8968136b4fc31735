# SPDX-License-Identifier: GPL-2.0-only
"""Values as strace abbreviates them without -v: of large structures what is most asked for, of long lists the
beginning.

brief.tbl says what of which.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from tracefs.syscalls.types.notation.values import Argument, Array, Data, Pointer, Struct, Symbol, Value

_TABLE = Path(__file__).with_name("brief.tbl")
_MORE = "*"
_ADDRESS = "@"


@dataclass(frozen=True)
class Members:
    """Which members of a structure are shown."""

    shown: frozenset[str]
    addresses: frozenset[str]
    """Those of which only the address is."""
    others: bool
    """All others are, too."""


@dataclass(frozen=True)
class Brief:
    """Abbreviates by one table. `most`: elements of a list that are shown."""

    structures: dict[str, Members]
    counted: dict[tuple[str, str], str]
    """(syscall, argument) -> what its elements are called."""
    most: int

    def __call__(self, syscall: str, arg: Argument) -> Value:
        """An argument's value, abbreviated."""
        value = arg.value
        if not isinstance(value, Pointer):
            return value
        what = self.counted.get((syscall, arg.name))
        if what is None:
            target, after = self._value(value.target), self._value(value.after)
            same = target is value.target and after is value.after
            return value if same else replace(value, target=target, after=after)
        found = value.target or value.after
        if not isinstance(found, Array):
            return value
        if len(found.items) == 1 and not found.more:
            what = what.removesuffix("s") if what == "vars" else what
        many = f"{len(found.items)}{'+' * bool(found.more and not found.fault)} {what}{', unterminated' * bool(found.fault)}"
        return Symbol(f"{value.address:#x} /* {many} */", value.address)

    def _value(self, value: Value | None) -> Value | None:
        if isinstance(value, Array) and value.items:
            items = tuple(map(self._item, value.items[: self.most]))
            return Array(items, more=1) if len(value.items) > self.most else replace(value, items=items)
        if not isinstance(value, Struct):
            return value
        if value.fields and isinstance(last := value.fields[-1][1], Data) and last.note:
            value = replace(value, fields=value.fields[:-1], complete=False)
        members = self.structures.get(value.type)
        if members is None:
            shown = tuple((name, self._item(member)) for name, member in value.fields)
            return replace(value, fields=shown)
        fields = tuple(
            (name, Pointer(member.address) if name in members.addresses and isinstance(member, Pointer) else member)
            for name, member in value.fields
            if members.others or name in members.shown
        )
        return replace(value, fields=fields, complete=value.complete and len(fields) == len(value.fields))

    def _item(self, value: Value) -> Value:
        """The same of what is within."""
        if isinstance(value, Pointer) and isinstance(value.target, (Array, Struct)):
            target = self._value(value.target)
            assert target is not None
            return replace(value, target=target)
        if isinstance(value, (Array, Struct)):
            found = self._value(value)
            assert found is not None
            return found
        return value


@lru_cache(maxsize=1)
def _tables() -> tuple[dict[str, Members], dict[tuple[str, str], str]]:
    structures: dict[str, Members] = {}
    counted: dict[tuple[str, str], str] = {}
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        name, *words = line.partition("#")[0].split() or [""]
        if "." in name:
            syscall, _, argument = name.partition(".")
            counted[syscall, argument] = words[0]
        elif name:
            addresses = frozenset(word[:-1] for word in words if word.endswith(_ADDRESS))
            structures[name] = Members(frozenset(words) - {_MORE}, addresses, _MORE in words)
    return structures, counted


def brief(most: int) -> Brief:
    """By the package's table."""
    return Brief(*_tables(), most)
