# SPDX-License-Identifier: GPL-2.0-only
"""The tables syscalls.tbl, i386.tbl and x32.tbl as Python values. Read once, at import."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Param(NamedTuple):
    """One argument of a syscall, as the kernel's metadata spell it: Param("const char *", "filename")."""

    ctype: str
    name: str


class Syscall(NamedTuple):
    """One syscall of x86-64."""

    nr: int
    uapi_name: str
    """The __NR_ name that programs use: "uname"."""
    name: str
    """The name in the kernel's metadata, thus in events: "newuname"."""
    params: tuple[Param, ...]
    in_kernel: bool
    """Whether the kernel that the table was read from has events for it; if not, params are the man page's."""


def data_lines(text: str) -> Iterator[str]:
    """The lines of a table that are not comments."""
    return (line for line in text.splitlines() if line.strip() and not line.startswith("#"))


def parse_param(text: str) -> Param:
    """`const char * filename` -> Param. ValueError where there is no type before the name."""
    ctype, name = text.strip().rsplit(" ", 1)
    return Param(ctype.strip(), name)


def parse_syscall(line: str) -> Syscall:
    """One line of syscalls.tbl; ValueError where it is not one."""
    number, uapi_name, event, *rest = line.split(None, 3)
    params = tuple(parse_param(text) for text in rest[0].split(",")) if rest else ()
    return Syscall(
        nr=int(number.removeprefix("+")),
        uapi_name=uapi_name,
        name=uapi_name if event == "-" else event,
        params=params,
        in_kernel=not number.startswith("+"),
    )


def parse_compat(line: str) -> tuple[int, str]:
    """One line of i386.tbl or x32.tbl."""
    number, name = line.split()
    return int(number), name


def read(name: str) -> str:
    """The text of a table of this package."""
    return Path(__file__).with_name(name).read_text(encoding="ascii")


SYSCALLS: tuple[Syscall, ...] = tuple(map(parse_syscall, data_lines(read("syscalls.tbl"))))
COMPAT_NAMES: dict[int, str] = dict(map(parse_compat, data_lines(read("i386.tbl"))))
X32_BIT = 0x40000000
"""In the number of a call of x32 code (asm/unistd.h)."""
_X32_OWN: dict[int, str] = dict(map(parse_compat, data_lines(read("x32.tbl"))))
_OWN_NAMES = frozenset(_X32_OWN.values())
X32_NAMES: dict[int, str] = {
    **{call.nr: call.uapi_name for call in SYSCALLS if call.uapi_name not in _OWN_NAMES},
    **_X32_OWN,
}
"""Of x32 code, by the number without X32_BIT: x86-64's but for the calls that have numbers of their own."""
