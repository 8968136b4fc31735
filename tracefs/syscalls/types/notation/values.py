# SPDX-License-Identifier: GPL-2.0-only
"""What a decoded argument is, before anything prints it: values that text, JSON and strace's format are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union


@dataclass(frozen=True)
class Number:
    """A number that has no name; `style` is one of model.STYLES."""

    value: int
    style: str = "dec"
    nsec: int = 0
    """Nanoseconds behind seconds since 1970 that another member has: they are shown in the day."""


@dataclass(frozen=True)
class Fd:
    """A file descriptor, and what it stands for where that is known."""

    value: int
    path: bytes | None = None


@dataclass(frozen=True)
class Enum:
    """One of several names; `name` is None where the table has none, then `style` shows the number."""

    type: str
    value: int
    name: str | None
    style: str = "dec"
    path: bytes | None = None
    """What it stands for where it stands for a descriptor (AT_FDCWD), and that is known."""
    unknown: str = ""
    """What strace calls it where it has no name."""
    bits: int = 64
    marked: str = ""
    """What strace shows instead of the name, if not that."""


@dataclass(frozen=True)
class Part:
    """A sub-field of flags that is not a plain name: the bits' own value, and the name of its shift, if it has one."""

    value: Value
    shift: str | None = None


@dataclass(frozen=True)
class Flags:
    """Names of bits in the table's order, then `rest`: the bits that no entry knows."""

    type: str
    value: int
    names: tuple[str | Part, ...]
    rest: int
    style: str = "hex"
    unknown: str = ""
    """What strace calls it where no bit has a name."""


@dataclass(frozen=True)
class Text:
    """Bytes that a program means as text; `complete` is False where more followed than was saved."""

    data: bytes
    complete: bool = True
    whole: bool = False
    """Whether all of it is shown, however little of texts was asked for: a path."""


@dataclass(frozen=True)
class Data:
    """Bytes of no known form; `size` is how many there were, of which `data` was saved."""

    data: bytes
    size: int
    octets: bool = False
    """Whether strace shows it in hex."""
    note: str = ""
    """What strace says of it behind it; then all of it is shown with -v, and nothing without."""


@dataclass(frozen=True)
class Symbol:
    """What only code can say in one expression, such as a wait status; `value` is what JSON gets.

    `member` is how strace writes it as a structure's member, whose name stands for {}.
    """

    text: str
    value: object
    member: str = ""


@dataclass(frozen=True)
class Struct:
    """Members in the table's order; `complete` is False where the end was not saved."""

    type: str
    fields: tuple[tuple[str, Value], ...]
    complete: bool = True
    apart: frozenset[str] = frozenset()
    """Members that follow what is its header."""
    beyond: tuple[int, Data | None] | None = None
    """Where the caller says that it is longer than is known: from which byte on there is more that is not 0, None: not
    readable."""


@dataclass(frozen=True)
class Array:
    """Elements; `more` counts those that were not saved, `fault` is the address of the first that could not be read, if
    so."""

    items: tuple[Value, ...]
    more: int = 0
    fault: int = 0


@dataclass(frozen=True)
class Pointer:
    """An address. `target` is what stood there at enter, `after` at exit; None where it was not (or could not be)
    read."""

    address: int
    target: Value | None = None
    after: Value | None = None
    filled: bool = False
    """Whether the call writes there."""
    counted: bool = False
    """Whether it is no address, but how many requests the call submits; `target` is those."""


@dataclass(frozen=True)
class Errno:
    """A failed call's result: -ENOENT is Errno(2, "ENOENT")."""

    value: int
    name: str | None


Value = Union[Number, Fd, Enum, Flags, Text, Data, Symbol, Struct, Array, Pointer, Errno]  # noqa: UP007


@dataclass(frozen=True)
class Argument:
    name: str
    value: Value


@dataclass(frozen=True)
class Call:
    """A decoded syscall. `result` is None before its exit."""

    name: str
    args: tuple[Argument, ...]
    result: Value | None = None
