# SPDX-License-Identifier: GPL-2.0-only
"""Which arguments of a syscall point to memory, read at its enter and at its exit: what an event has fields for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from tracefs.syscalls.types.layout import unaliased
from tracefs.syscalls.types.loader import load
from tracefs.syscalls.types.model import Pointer, Table

DATA = Path(__file__).parent.parent / "pointers.tbl"


class Masks(NamedTuple):
    """Bit i: argument i, in its row or in any variant of it."""

    enter: int
    exit: int


@lru_cache(maxsize=1)
def pointers() -> Mapping[str, Masks]:
    """By syscall. Records must not change their form while a buffer holds them: so by the
    package's own tables, and from a file that says what follows from these, as every start needs it."""
    rows = (line.split() for line in DATA.read_text(encoding="utf-8").splitlines() if line and line[0] != "#")
    return {name: Masks(int(enter, 2), int(leave, 2)) for name, enter, leave in rows}


def masks(syscall: str) -> Masks:
    """Of one syscall."""
    return pointers().get(syscall, Masks(0, 0))


def asked() -> bool:
    """Whether the tables were read: before, this process can have saved nothing by them."""
    return load.cache_info().currsize > 0


def computed(table: Table) -> dict[str, Masks]:
    """What DATA has to say."""
    return {syscall: _masks(table, syscall) for syscall in table.rows}


def text(table: Table) -> str:
    """DATA anew."""
    lines = [f"{syscall} {masks.enter:b} {masks.exit:b}\n" for syscall, masks in computed(table).items()]
    return (
        "# SPDX-License-Identifier: GPL-2.0-only\n"
        "# What follows from args.tbl, by scripts/gen-types --pointers: syscall, then as binary numbers the arguments whose\n"
        "# memory is read at its enter and at its exit, the first argument in the lowest bit.\n" + "".join(lines)
    )


def _masks(table: Table, syscall: str) -> Masks:
    rows = table.rows[syscall]
    index = {name: position for position, (name, _) in enumerate(rows[0].args)}
    enter = leave = 0
    for row in rows:
        for name, kind in row.args:
            found = unaliased(table, kind)
            if isinstance(found, Pointer) and name in index:
                enter |= (found.direction != "out") << index[name]
                leave |= (found.direction != "in") << index[name]
    return Masks(enter, leave)


def positions(mask: int) -> Iterator[int]:
    """The arguments of a mask, in order."""
    return (position for position in range(mask.bit_length()) if mask >> position & 1)
