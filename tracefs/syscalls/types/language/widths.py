# SPDX-License-Identifier: GPL-2.0-only
"""Plain numbers: which types are, and what of a register's 64 bits they take."""

from __future__ import annotations

from tracefs.syscalls.types.language.model import WIDTHS, EnumType, FlagsType, IntType, Ref, Table

SWAPPED = {"port": "htons", "htonl": "htonl"}
"""Styles of numbers in network byte order, and what makes them so."""

ScalarType = IntType | EnumType | FlagsType


def fit(raw: int, width: str) -> int:
    """The low bits of `raw` that a `width` integer holds, signed if it is."""
    size, signed = WIDTHS[width]
    value = raw & ((1 << 8 * size) - 1)
    return value - (1 << 8 * size) if signed and value >> (8 * size - 1) else value


def width_of(table: Table, ref: Ref) -> str | None:
    """The width in which `ref` stands in memory, None for what is no plain number."""
    named = table.resolve(ref)
    return ref.width or named.width if isinstance(named, ScalarType) else None
