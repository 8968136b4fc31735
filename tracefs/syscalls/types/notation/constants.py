# SPDX-License-Identifier: GPL-2.0-only
"""Constants as `strace -X` has them: abbrev (names), raw (numbers), verbose (numbers, with the names behind them as
comments)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from tracefs.syscalls.types.notation.marked import MARKED
from tracefs.syscalls.types.notation.printers import Printers, described, number
from tracefs.syscalls.types.notation.values import Enum, Fd, Flags, Number, Struct

_DECIMAL: Final = ("fd", "pid")
_SIGNALS: Final = ("signal",)
"""Types of which strace has the numbers in decimal."""
_MACROS: Final[Mapping[str, str]] = MappingProxyType({"dev": "hex", "ioctl": "hex", "ifindex": "dec"})
"""Styles of numbers that are written as a call of a macro -> the number's own style."""


def _enum_number(value: Enum) -> str:
    is_number = not value.unknown and value.style in ("dec", "kib")  # which only some values have names of
    if is_number or value.style in _DECIMAL or value.type in _SIGNALS or value.unknown.startswith("%"):
        return str(value.value)
    return number(value.value & ((1 << value.bits) - 1), "hex")


def _raw_enum(value: Enum, limit: int | None, known: Printers) -> str:
    return _enum_number(value) + (described(value.path) if value.path else "")


def _verbose_enum(value: Enum, limit: int | None, known: Printers) -> str:
    said = value.name if value.unknown.startswith("#") else value.marked or value.name
    if not said and value.style in ("kib", "ioctl"):
        return _verbose_number(Number(value.value, value.style), limit, known)
    comment = said or value.unknown.lstrip("#%")
    return (
        _enum_number(value) + (f" /* {comment} */" if comment else "") + (described(value.path) if value.path else "")
    )


def _raw_flags(value: Flags, limit: int | None, known: Printers) -> str:
    return number(value.value, "oct" if value.style == "oct" else "hex")


def _verbose_flags(value: Flags, limit: int | None, known: Printers) -> str:
    shown = _raw_flags(value, limit, known)
    if value.unknown.startswith("#") or (value.style == "oct" and not value.names) or not (value.value or value.names):
        return MARKED[Flags](value, limit, MARKED)
    comment = MARKED[Flags](value, limit, MARKED) if value.names else value.unknown.lstrip("+#=")
    return f"{shown} /* {comment} */" if comment else shown


def _raw_number(value: Number, limit: int | None, known: Printers) -> str:
    if value.style == "kib":
        return str(value.value)
    style = _MACROS.get(value.style)
    return number(value.value, style) if style else MARKED[Number](value, limit, known)


def _bare_number(value: Number, limit: int | None, known: Printers) -> str:
    return str(value.value) if value.style == "ticks" else _raw_number(value, limit, known)


def _verbose_number(value: Number, limit: int | None, known: Printers) -> str:
    shown, plain = MARKED[Number](value, limit, known), _raw_number(value, limit, known)
    return f"{plain} /* {shown} */" if shown != plain and (value.style in _MACROS or value.style == "kib") else shown


def _raw_struct(value: Struct, limit: int | None, known: Printers) -> str:
    return _struct(value, limit, known, named=False)


def _verbose_struct(value: Struct, limit: int | None, known: Printers) -> str:
    return _struct(value, limit, known, named=True)


def _struct(value: Struct, limit: int | None, known: Printers, named: bool) -> str:
    """A moment that stands for something else (UTIME_NOW) has its name behind it."""
    nsec = dict(value.fields).get("tv_nsec") if value.type == "utimespec" else None
    if not isinstance(nsec, Enum) or not nsec.name:
        return MARKED[Struct](value, limit, known)
    second = dict(value.fields)["tv_sec"]
    shown = f"{{tv_sec={known[type(second)](second, limit, known)}, tv_nsec={nsec.value}}}"
    return f"{shown} /* {nsec.name} */" if named else shown


def _printers(**changed: Callable[[Any, int | None, Any], str]) -> Printers:
    kinds = {"enum": Enum, "flags": Flags, "number": Number, "struct": Struct}
    return MappingProxyType({**MARKED, **{kinds[name]: printer for name, printer in changed.items()}})


CONSTANTS: Final[Mapping[str, Printers]] = MappingProxyType(
    {
        "abbrev": MARKED,
        "raw": _printers(enum=_raw_enum, flags=_raw_flags, number=_bare_number, struct=_raw_struct),
        "verbose": _printers(enum=_verbose_enum, flags=_verbose_flags, number=_verbose_number, struct=_verbose_struct),
    }
)
"""What prints values, by the style of constants."""


def without_paths(known: Printers) -> Printers:
    """The same, that leave out what descriptors stand for."""
    enum = known[Enum]
    return MappingProxyType(
        {
            **known,
            Fd: lambda value, limit, printers: str(value.value),
            Enum: lambda value, limit, printers: enum(
                replace(value, path=None) if value.path else value, limit, printers
            ),
        }
    )
