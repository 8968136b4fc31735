# SPDX-License-Identifier: GPL-2.0-only
"""Bytes that a record has of a task's memory, and the expressions that read them.

The language indexes bytes only, so a number is put together from its bytes each time that it is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tracefs.syscalls.types.printfmt import expr as fe
from tracefs.syscalls.types.saved.memory import PIECE

_LENGTH_AT: Final = 8


@dataclass(frozen=True)
class Place:
    """What a field located by a __data_loc has from byte `start` on; `length` is the expression of how much that is."""

    field: str
    length: str
    start: int = 0

    @classmethod
    def raw(cls, field: str) -> Place:
        """Memory as it stood."""
        return cls(field, fe.saved(field))

    @classmethod
    def image(cls, field: str) -> Place:
        """The first piece of an image: no record is as long that its length had more than two bytes."""
        return cls(field, fe.choose(fe.saved(field), fe.loaded(field, _LENGTH_AT, 2), "0"), PIECE.size)

    def has(self, size: int) -> str:
        """True where there are so many bytes."""
        return f"({self.length} >= {fe.number(size)})"

    def byte(self, offset: int) -> str:
        return fe.byte(self.field, fe.number(self.start + offset))

    def loaded(self, offset: int, size: int) -> str:
        """The number of `size` bytes at `offset`."""
        return fe.loaded(self.field, self.start + offset, size)
