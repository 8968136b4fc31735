# SPDX-License-Identifier: GPL-2.0-only
"""What of a syscall's arguments an event has fields for: pointers to memory that is read, and file descriptors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from tracefs.syscalls.types.layout import is_fd, leads_to_fds, unaliased
from tracefs.syscalls.types.loader import load
from tracefs.syscalls.types.model import Pointer, Table

DATA = Path(__file__).parent.parent / "pointers.tbl"
RESULT = 1 << 6


class Masks(NamedTuple):
    """Bit i: argument i, in its row or in any variant of it; RESULT: what the call returns."""

    enter: int = 0
    """Those whose memory is read at the enter of a call."""
    exit: int = 0
    """Those whose memory is read at its exit."""
    fds_enter: int = 0
    """Those that are file descriptors at its enter, or lead to some."""
    fds_exit: int = 0
    """Those that lead to file descriptors that it made."""
    asked: int = 0
    """The one that may be a netlink socket on which its variants depend."""


@lru_cache(maxsize=1)
def pointers() -> Mapping[str, Masks]:
    """By syscall. Records must not change their form while a buffer holds them: so by the
    package's own tables, and from a file that says what follows from these, as every start needs it."""
    rows = (line.split() for line in DATA.read_text(encoding="utf-8").splitlines() if line and line[0] != "#")
    return {name: Masks(*(int(mask, 2) for mask in said)) for name, *said in rows}


def masks(syscall: str) -> Masks:
    """Of one syscall."""
    return pointers().get(syscall, Masks())


def asked() -> bool:
    """Whether the tables were read: before, this process can have saved nothing by them."""
    return load.cache_info().currsize > 0


def computed(table: Table) -> dict[str, Masks]:
    """What DATA has to say."""
    return {syscall: _masks(table, syscall) for syscall in table.rows}


def text(table: Table) -> str:
    """DATA anew."""
    lines = [f"{syscall} {' '.join(f'{mask:b}' for mask in masks)}\n" for syscall, masks in computed(table).items()]
    return (
        "# SPDX-License-Identifier: GPL-2.0-only\n"
        "# What follows from args.tbl, by scripts/gen-types --pointers: syscall, then as binary numbers the arguments whose\n"
        "# memory is read at its enter and at its exit, and those that are or lead to file descriptors at its enter and at\n"
        "# its exit, and that which is asked for its netlink protocol; the first argument in the lowest bit, the result\n"
        "# behind the sixth.\n" + "".join(lines)
    )


def _masks(table: Table, syscall: str) -> Masks:
    rows = table.rows[syscall]
    index = {name: position for position, (name, _) in enumerate(rows[0].args)}
    enter = leave = fds_enter = fds_exit = asked = 0
    for row in rows:
        for test in row.conditions:
            if test.name.startswith("netlink("):
                asked |= 1 << index[test.name.removeprefix("netlink(").removesuffix(")")]
        for name, kind in row.args:
            found = unaliased(table, kind)
            if name not in index:
                continue
            bit, fds = 1 << index[name], leads_to_fds(table, found)
            if not isinstance(found, Pointer):
                fds_enter |= bit * fds
                continue
            if found.direction != "out":
                enter, fds_enter = enter | bit, fds_enter | bit * fds
            if found.direction != "in":
                leave, fds_exit = leave | bit, fds_exit | bit * fds
        if row.result is not None and is_fd(table, row.result):
            fds_exit |= RESULT
    return Masks(enter, leave, fds_enter, fds_exit, asked)


def positions(mask: int) -> Iterator[int]:
    """The arguments of a mask, in order."""
    return (position for position in range(mask.bit_length()) if mask >> position & 1)
