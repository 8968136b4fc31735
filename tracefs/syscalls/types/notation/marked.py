# SPDX-License-Identifier: GPL-2.0-only
"""Values -> text as strace has it: as printers.py, with what has no name marked, and some kinds in strace's own
form."""

from __future__ import annotations

import functools
import os
import socket
from types import MappingProxyType
from typing import Final

from tracefs.syscalls.types.notation.printers import PLAIN, Printers, date, number
from tracefs.syscalls.types.notation.values import Array, Data, Enum, Flags, Number, Struct, Symbol, Value

_FILLED: Final = {"x8": 2, "x16": 4, "x32": 8}
"""Characters that hex has at least."""


def _number(value: Number, limit: int | None, known: Printers) -> str:
    if value.style == "ifindex":
        return _interface(value.value)
    if value.style == "dev":
        return f"makedev({number(os.major(value.value), 'hex')}, {number(os.minor(value.value), 'hex')})"
    if value.style in _FILLED:
        digits = _FILLED[value.style]
        return f"{value.value:#0{digits}x}" if value.value else "0" * digits
    shown = PLAIN[Number](value, limit, known)
    if value.style == "sec":
        return f"{shown} /* {_day(value.value, value.nsec, 9)} */" if value.value or value.nsec else shown
    if value.style == "ticks":
        return f"{shown} /* {value.value // 100}.{value.value % 100:02d} s */" if value.value else shown
    return shown


@functools.lru_cache(maxsize=256)
def _interface(index: int) -> str:
    """By its name here, as strace does, which runs where the call was made."""
    try:
        return f'if_nametoindex("{socket.if_indextoname(index)}")' if index > 0 else str(index)
    except (OSError, OverflowError):
        return str(index)


def _enum(value: Enum, limit: int | None, known: Printers) -> str:
    if value.marked:
        return value.marked
    if value.unknown == "=":
        return str(value.value)
    if value.name or not value.unknown:
        return PLAIN[Enum](value, limit, known)
    if value.unknown.startswith(("#", "%")):
        return f"{number(value.value, value.style)} /* {value.unknown[1:]} */"
    return f"{number(value.value & ((1 << value.bits) - 1), 'hex')} /* {value.unknown} */"


def _flags(value: Flags, limit: int | None, known: Printers) -> str:
    if value.unknown.startswith("="):
        return _whole(value, limit, known)
    shown = PLAIN[Flags](value, limit, known)
    if value.unknown.startswith("#"):
        named = bool(value.names) or not value.value
        return f"{number(value.value, 'hex')} /* {shown if named else value.unknown[1:]} */" if value.value else shown
    said = value.unknown.removeprefix("+")
    return f"{shown} /* {said} */" if value.rest and said and (not value.names or said != value.unknown) else shown


def _whole(value: Flags, limit: int | None, known: Printers) -> str:
    """A number where no name begins with what they must: a file's mode without its type."""
    begins = value.unknown[1:]
    if any(isinstance(name, str) and name.startswith(begins) for name in value.names):
        return PLAIN[Flags](value, limit, known) + (f"|{number(0, value.style)}" if not value.rest else "")
    return number(value.value, value.style)


def octets(value: Data, limit: int | None) -> str:
    """Every byte in hex."""
    shown = value.data if limit is None else value.data[:limit]
    digits = "".join(f"\\x{byte:02x}" for byte in shown)
    return f'"{digits}"{"" if len(shown) >= value.size else "..."}'


def _data(value: Data, limit: int | None, known: Printers) -> str:
    if value.note:
        return f"{octets(value, None)} /* {value.note} */"
    return octets(value, limit) if value.octets else PLAIN[Data](value, limit, known)


def _struct(value: Struct, limit: int | None, known: Printers) -> str:
    """What follows a header stands behind the braces, without a name."""
    if not value.apart:
        alone = (
            next((each.name for _, each in value.fields if isinstance(each, Enum)), None)
            if value.type == "utimespec"
            else None
        )
        if alone:  # UTIME_NOW, UTIME_OMIT
            return alone
        if value.beyond:
            return f"{PLAIN[Struct](value, limit, known)[:-1]}, {_beyond(value.beyond, limit)}}}"
        plain, day = PLAIN[Struct](value, limit, known), value.type in _MOMENTS and _moment(value)
        return f"{plain} /* {day} */" if day else plain
    shown = _parts(value, limit, known)
    return shown[0] if len(shown) == 1 else f"[{', '.join(shown)}]"


def _beyond(found: tuple[int, Data | None], limit: int | None) -> str:
    start, data = found
    return "???" if data is None else f"/* bytes {start}..{start + data.size - 1} */ {octets(data, limit)}"


_MOMENTS: Final = {"utimespec": 9, "utimeval": 6}
"""Structures that say when, and digits of the second's parts in them."""


def _moment(value: Struct) -> str:
    """As people read it; nothing of what no calendar has."""
    found = [
        member.value
        for _, member in value.fields
        if isinstance(member, Number) or (isinstance(member, Enum) and not member.name)
    ]
    digits = _MOMENTS[value.type]
    if len(found) < 2 or not any(found) or not 0 <= found[1] < 10**digits or "T" not in date(found[0]):
        return ""
    return _day(found[0], found[1], digits)


def _day(seconds: int, parts: int, digits: int) -> str:
    """With the second's parts, if there are any."""
    day = date(seconds)
    return f"{day[:19]}.{parts:0{digits}d}{day[19:]}" if 0 < parts < 10**digits and "T" in day else day


def _parts(value: Value, limit: int | None, known: Printers) -> list[str]:
    """What follows a header: a header itself stands beside it, with what follows that."""
    if not isinstance(value, Struct) or not value.apart:
        return [_apart(value, limit, known)]
    header = tuple(member for member in value.fields if member[0] not in value.apart)
    shown = [PLAIN[Struct](Struct(value.type, header, value.complete), limit, known)]
    return shown + [
        part for name, member in value.fields if name in value.apart for part in _parts(member, limit, known)
    ]


def _apart(value: Value, limit: int | None, known: Printers) -> str:
    return octets(value, limit) if isinstance(value, Data) else known[type(value)](value, limit, known)


def _array(value: Array, limit: int | None, known: Printers) -> str:
    """One header with what follows it is no list."""
    first = value.items[0] if value.items else None
    if not isinstance(first, Struct) or not first.apart:
        return PLAIN[Array](value, limit, known)
    shown = [_apart(item, limit, known) for item in value.items] + ["..."] * bool(value.more)
    return shown[0] if len(shown) == 1 else f"[{', '.join(shown)}]"


def _symbol(value: Symbol, _limit: int | None, _known: Printers) -> str:
    return value.member.removesuffix(", &{})") + ")" if value.member else value.text


MARKED: Final[Printers] = MappingProxyType(
    {**PLAIN, Number: _number, Enum: _enum, Flags: _flags, Data: _data, Struct: _struct, Array: _array, Symbol: _symbol}
)
