# SPDX-License-Identifier: GPL-2.0-only
"""Decoded values as Python's own: int, str, bytes, list, dict, None."""

from __future__ import annotations

from typing import Any

from tracefs.syscalls.types.notation.values import (
    Array,
    Data,
    Enum,
    Errno,
    Fd,
    Flags,
    Number,
    Pointer,
    Struct,
    Symbol,
    Text,
    Value,
)


def plain(value: Value) -> Any:
    """Names are left to the words; what was changed by a call is as it was after it."""
    if isinstance(value, (Number, Enum, Flags, Fd)):
        return value.value
    if isinstance(value, Text):
        return value.data.decode(errors="surrogateescape")
    if isinstance(value, Data):
        return value.data
    if isinstance(value, Symbol):
        return value.value
    if isinstance(value, Struct):
        return {name: plain(member) for name, member in value.fields}
    if isinstance(value, Array):
        return [plain(item) for item in value.items]
    if isinstance(value, Errno):
        return -value.value
    return _pointer(value)


def _pointer(value: Pointer) -> Any:
    if not value.address:
        return None
    seen = value.after if value.after is not None else value.target
    return value.address if seen is None else plain(seen)
