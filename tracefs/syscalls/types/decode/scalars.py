# SPDX-License-Identifier: GPL-2.0-only
"""A number and its type -> a value: names of enumerations, bits of flags."""

from __future__ import annotations

from dataclasses import replace

from tracefs.syscalls.types.language.model import (
    WHOLE,
    WIDTHS,
    CustomType,
    EnumType,
    FlagsType,
    IntType,
    Macro,
    SubField,
    Table,
    unknown_of,
)
from tracefs.syscalls.types.language.widths import SWAPPED, ScalarType, fit
from tracefs.syscalls.types.notation.marked import MARKED
from tracefs.syscalls.types.notation.printers import PLAIN, Printers, number, text
from tracefs.syscalls.types.notation.values import Enum, Fd, Flags, Number, Part, Value
from tracefs.syscalls.types.saved.fds import Fds

_NOBODY = 0xFFFFFFFF
"""The uid or gid that says that none is meant: shown as -1."""


class Scalars:
    """Decodes numbers by one table; `fds` is what descriptors stand for in the call at hand."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.fds: Fds = {}
        self._enums: dict[tuple[str, str], dict[int, str]] = {}

    def decode(self, named: ScalarType, raw: int, width: str | None = None) -> Value:
        """`raw`, of which the low bits that the type (or `width`, where it differs) has count."""
        value = fit(raw, width or named.width)
        if isinstance(named, IntType):
            return self.plain(value, named.style)
        if isinstance(named, EnumType) and named.style in SWAPPED:
            return self._swapped(named, value, WIDTHS[width or named.width][0])
        if isinstance(named, EnumType):
            name = self._names(named, width or named.width).get(value)
            macro = None if name else next((each for each in named.macros if value & each.mask == each.value), None)
            if macro:
                plain, marked = (self._macro(macro, value, printers) for printers in (PLAIN, MARKED))
                bits = WIDTHS[width or named.width][0] * 8
                return Enum(named.name, value, plain, named.style, bits=bits, marked=marked)
            if not name:
                return self.unnamed(named, value, WIDTHS[width or named.width][0] * 8)
            path = self.fds.get(value) if named.style == "fd" else None
            said = f"{number(value, named.style)} /* {name} */" if (named.unknown or "").startswith("#") else ""
            said = str(value) if named.unknown == "=" else said
            bits = WIDTHS[width or named.width][0] * 8
            return Enum(named.name, value, name, named.style, path, unknown_of(named), bits, said)
        return self._flags(named, value, WIDTHS[width or named.width][0] * 8)

    def _swapped(self, named: EnumType, value: int, size: int) -> Value:
        """What stands in network order, named as it is in ours: htons(ETH_P_IP)."""
        meant = int.from_bytes(value.to_bytes(size, "little"), "big")
        name = next((entry.name for entry in named.entries if entry.value == meant), None)
        shown = name and f"{SWAPPED[named.style]}({name})"
        return Enum(named.name, value, shown, named.style, unknown=unknown_of(named), bits=8 * size)

    def plain(self, value: int, style: str) -> Value:
        if style == "fd":
            return Fd(value, self.fds.get(value))
        return Number(-1 if style in ("uid", "gid") and value == _NOBODY else value, style)

    def unnamed(self, named: EnumType, value: int, bits: int) -> Value:
        if named.style == "fd":
            return self.plain(value, "fd")
        return Enum(named.name, value, None, named.style, unknown=unknown_of(named), bits=bits)

    def _names(self, named: EnumType, width: str) -> dict[int, str]:
        names = self._enums.get((named.name, width))
        if names is None:
            names = self._enums[named.name, width] = {}
            for entry in named.entries:
                names.setdefault(fit(entry.value, width), entry.name)
        return names

    def _macro(self, macro: Macro, value: int, printers: Printers) -> str:
        """NAME(1, X)."""
        return f"{macro.name}({', '.join(text(self._part(part, value).value, None, printers) for part in macro.parts)})"

    def _flags(self, named: FlagsType, value: int, bits: int) -> Flags:
        """Each entry that matches takes its bits away from those after it."""
        whole = (1 << bits) - 1
        rest = unsigned = value & whole
        free = whole
        found: list[str | Part] = []
        has_bits = False
        for entry in named.entries:
            mask = entry.mask & whole
            if isinstance(entry, SubField):
                if rest & mask:
                    found.append(self._unshifted(self._part(entry, rest), rest & mask))
                    rest &= ~mask
            elif mask and mask & free == mask and unsigned & mask == entry.value & whole:
                if entry.value == 0 and entry.mask == WHOLE and unsigned:
                    continue
                found.append(entry.name)
                has_bits = has_bits or entry.value == entry.mask
                rest &= ~mask
                free &= ~mask
        unknown = unknown_of(named)
        if unknown.startswith("|"):
            unknown = "" if has_bits else f"+{unknown[1:]}"
        return Flags(named.name, unsigned, tuple(found), rest, named.style, unknown)

    @staticmethod
    def _unshifted(part: Part, bits: int) -> Part:
        """strace shows bits of no name as they stand in the number."""
        inner = part.value
        if part.shift or not isinstance(inner, Enum) or inner.name or not inner.unknown:
            return part
        return Part(replace(inner, marked=f"{number(bits, 'hex')} /* {inner.unknown} */"))

    def _part(self, entry: SubField, value: int) -> Part:
        inner = (value & entry.mask) >> entry.shift
        named = self.table.resolve(entry.type)
        if isinstance(named, CustomType) or not isinstance(named, ScalarType):
            return Part(Number(inner, "hex"), entry.name)
        return Part(self.decode(named, inner, entry.type.width), entry.name)
