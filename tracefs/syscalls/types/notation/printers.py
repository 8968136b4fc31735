# SPDX-License-Identifier: GPL-2.0-only
"""Values -> text, and ftrace's lines: `sys_openat(dfd: AT_FDCWD, ..., flags: O_RDONLY|O_CLOEXEC)`."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from types import MappingProxyType
from typing import Any, Final

from tracefs.syscalls.types.notation.values import (
    Array,
    Call,
    Data,
    Enum,
    Errno,
    Fd,
    Flags,
    Number,
    Part,
    Pointer,
    Struct,
    Symbol,
    Text,
    Value,
)
from tracefs.syscalls.types.saved.fds import DELETED

_IOC_DIRECTIONS: Final = ("_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE")
_ESCAPED: Final = re.compile(r"([^ !#-\[\]-~])(?=([0-7]))?")
"""What cannot stand in a string as it is, and whether an octal digit follows."""
_ESCAPED_IN_PATHS: Final = re.compile(r"([^ !#-;=?-\[\]-~])(?=([0-7]))?")
_ESCAPED_ELSEWHERE: Final = re.compile(r"([^ -~])(?=([0-7]))?")
_ESCAPES: Final = {9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}


def number(value: int, style: str) -> str:
    """A number in one of model.STYLES."""
    if style in ("hex", "x8", "x16", "x32"):
        return f"{value:#x}" if value else "0"
    if style == "oct":
        return f"0{value:02o}"
    if style == "ptr":
        return f"{value:#x}" if value else "NULL"
    if style == "dev":
        return f"makedev({os.major(value):#x}, {os.minor(value):#x})"
    if style == "port":
        return f"htons({int.from_bytes(value.to_bytes(2, 'little'), 'big')})"
    if style == "htonl":
        return f"htonl({int.from_bytes(value.to_bytes(4, 'little'), 'big')})"
    if style == "ioctl":
        return ioctl(value)
    if style == "kib":
        return f"{value // 1024}*1024" if value > 1024 and value % 1024 == 0 else str(value)
    if style == "kver":
        return f"KERNEL_VERSION({value >> 16}, {value >> 8 & 0xFF}, {value & 0xFF})"
    if style == "inet4":
        return 'inet_addr("' + ".".join(str(byte) for byte in value.to_bytes(4, "little")) + '")'
    if style == "char":
        return f"'{chr(value)}'" if 32 <= value < 127 else f"{value:#x}"
    return str(value)


def ioctl(command: int) -> str:
    """A command of ioctl(2) by its parts: _IOC(_IOC_READ, 0x54, 0x30, 0x4)."""
    direction, size = _IOC_DIRECTIONS[command >> 30 & 3], command >> 16 & 0x3FFF
    parts = (number(part, "hex") for part in (command >> 8 & 0xFF, command & 0xFF, size))
    return f"_IOC({direction}, {', '.join(parts)})"


@functools.lru_cache(maxsize=1024)
def date(seconds: int) -> str:
    """A time stamp as people read it; the number where no calendar reaches."""
    try:
        return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S+0000")
    except (OverflowError, ValueError, OSError):
        return str(seconds)


def quoted(data: bytes, complete: bool = True, limit: int | None = None) -> str:
    """A C string: octal escapes as short as what follows allows; `...` after it where more followed.

    `limit`: bytes of it that are shown.
    """
    if limit is not None and len(data) > limit:
        data, complete = data[:limit], False
    shown = data.decode("latin-1")
    if _ESCAPED.search(shown):
        shown = _ESCAPED.sub(_escape, shown)
    return f'"{shown}"{"" if complete else "..."}'


def _escape(found: re.Match[str]) -> str:
    byte = ord(found[1])
    return _ESCAPES.get(byte) or (f"\\{byte:03o}" if found[2] is not None else f"\\{byte:o}")


Printers = Mapping[type, Callable[[Any, int | None, Any], str]]
"""What prints each kind of value: (value, bytes of strings that are shown, these printers) -> text."""


def text(value: Value, limit: int | None = None, printers: Printers | None = None) -> str:
    """A value in the notation that both formats share; of strings, `limit` bytes."""
    known = printers or PLAIN
    return known[type(value)](value, limit, known)


def _number(value: Number, _limit: int | None, _known: Printers) -> str:
    return str(value.value) if value.style == "dec" else number(value.value, value.style)


def _enum(value: Enum, _limit: int | None, _known: Printers) -> str:
    shown = value.name or number(value.value, value.style)
    return shown + described(value.path) if value.path else shown


def _fd(value: Fd, _limit: int | None, _known: Printers) -> str:
    return f"{value.value}{described(value.path)}" if value.path else str(value.value)


def described(path: bytes) -> str:
    """What a descriptor stands for: `</etc/passwd>`, `</tmp/x>(deleted)`; a path with escapes as in strings."""
    gone = path.startswith(b"/") and path.endswith(DELETED)
    shown = path.removesuffix(DELETED if gone else b"").decode("latin-1")
    special = _ESCAPED_IN_PATHS if path.startswith(b"/") else _ESCAPED_ELSEWHERE
    return f"<{special.sub(_escape, shown)}>{'(deleted)' * gone}"


def _struct(value: Struct, limit: int | None, known: Printers) -> str:
    members = [
        f"{name}={known[type(member)](member, limit, known)}"
        if type(member) is not Symbol or not member.member or known is PLAIN
        else member.member.format(name)
        for name, member in value.fields
    ]
    return "{" + ", ".join(members if value.complete else [*members, "..."]) + "}"


def _array(value: Array, limit: int | None, known: Printers) -> str:
    more = f"... /* {value.fault:#x} */" if value.fault else "..."
    return "[" + ", ".join([*(text(item, limit, known) for item in value.items), *[more] * bool(value.more)]) + "]"


def _flags(value: Flags, limit: int | None, known: Printers) -> str:
    parts = [part if isinstance(part, str) else _part(part, known) for part in value.names]
    if value.rest or not parts:
        parts.append(number(value.rest, value.style))
    return "|".join(parts)


def _part(part: Part, known: Printers) -> str:
    return f"{text(part.value, None, known)}<<{part.shift}" if part.shift else text(part.value, None, known)


def _pointer(value: Pointer, limit: int | None, known: Printers) -> str:
    if value.counted:
        return f"{value.address} /* {text(value.target, limit, known)} */" if value.target else str(value.address)
    shown = [_pointed(target, limit, known) for target in (value.target, value.after) if target is not None]
    if not shown:
        return number(value.address, "ptr")
    if isinstance(value.target or value.after, (Number, Enum, Flags, Fd)):
        return f"[{' => '.join(dict.fromkeys(shown))}]"
    return " => ".join(dict.fromkeys(shown))


def _pointed(value: Value, limit: int | None, known: Printers) -> str:
    if isinstance(value, Symbol) and value.text.startswith("{WIF"):
        return f"[{value.text}]"
    return text(value, limit, known)


PLAIN: Final[Printers] = MappingProxyType(
    {
        Number: _number,
        Enum: _enum,
        Flags: _flags,
        Fd: _fd,
        Text: lambda value, limit, _known: quoted(value.data, value.complete, None if value.whole else limit),
        Data: lambda value, limit, _known: quoted(value.data, len(value.data) >= value.size, limit),
        Symbol: lambda value, _limit, _known: value.text,
        Struct: _struct,
        Array: _array,
        Errno: lambda value, _limit, _known: f"-{value.name or value.value}",
        Pointer: _pointer,
    }
)


def ftrace_enter(call: Call) -> str:
    """`sys_openat(dfd: AT_FDCWD, filename: "/etc")`."""
    return f"sys_{call.name}({', '.join(f'{arg.name}: {text(arg.value)}' for arg in call.args)})"


def ftrace_exit(call: Call) -> str:
    """`sys_openat -> -ENOENT`."""
    return f"sys_{call.name} -> {text(call.result) if call.result is not None else '?'}"
