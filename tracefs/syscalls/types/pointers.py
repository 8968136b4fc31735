# SPDX-License-Identifier: GPL-2.0-only
"""Which arguments of a syscall point to memory, read at its enter and at its exit: what an event has fields for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from tracefs.syscalls.types.layout import unaliased
from tracefs.syscalls.types.loader import load
from tracefs.syscalls.types.model import Pointer, Table


class Masks(NamedTuple):
    """Bit i: argument i, in its row or in any variant of it."""

    enter: int
    exit: int


@lru_cache(maxsize=1)
def pointers() -> Mapping[str, Masks]:
    """By syscall. By the package's own tables: records must not change their form while a buffer holds them."""
    table = load()
    return {syscall: _masks(table, syscall) for syscall in table.rows}


def asked() -> bool:
    """Whether pointers() was called: before, no record of this process can have been made by it."""
    return pointers.cache_info().currsize > 0


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
