# SPDX-License-Identifier: GPL-2.0-only
"""What was saved of a task's memory for one call: pieces, each with its address.

An argument whose target holds no pointers is saved as it stood ("raw"). One that does (iovec, msghdr, argv) is saved as
an image: a sequence of pieces, each `u64 address; u32 length; s32 what;` and `length` bytes, padded to eight; what is
the negative errno of a read that failed, DATA for text or data, 0 for all else; the first piece is what the argument
itself points to. Text and data are looked for in pieces of their own: a program may have them overlap its structures.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

PIECE = struct.Struct("<QIi")
DATA = 1


class Memory:
    """Bytes by address."""

    def __init__(
        self, pieces: Iterable[tuple[int, bytes]] = (), data: Iterable[tuple[int, bytes]] | None = None
    ) -> None:
        """`data`: the pieces that are text or data; None: any may be."""
        self._pieces = list(pieces)
        self._data = self._pieces if data is None else list(data)

    @classmethod
    def raw(cls, address: int, data: bytes) -> Memory:
        return cls([(address, data)])

    @classmethod
    def image(cls, data: bytes) -> Memory:
        """From the bytes of an image; a piece that is cut short ends it."""
        pieces: list[tuple[int, bytes]] = []
        found: list[tuple[int, bytes]] = []
        at = 0
        while at + PIECE.size <= len(data):
            address, length, what = PIECE.unpack_from(data, at)
            at += PIECE.size
            if what >= 0:
                (found if what == DATA else pieces).append((address, data[at : at + length]))
            at += (length + 7) & ~7
        return cls(pieces, found)

    def read(self, address: int, size: int, data: bool = False) -> bytes | None:
        """Up to `size` bytes at `address`, of the longest piece that has it; None if nothing was saved there.

        `data`: of text or data.
        """
        best: bytes | None = None
        skip = longest = 0
        for start, found in self._data if data else self._pieces:
            if start <= address < start + len(found) or start == address:
                left = len(found) - (address - start)
                if best is None or left > longest:
                    best, skip, longest = found, address - start, left
        return None if best is None else best[skip : skip + size]


def image(pieces: Iterable[tuple[int, bytes | int | tuple[bytes]]]) -> bytes:
    """The bytes of an image; a piece that could not be read is given as its errno, text or data as a tuple of it."""
    out = bytearray()
    for address, data in pieces:
        if isinstance(data, int):
            out += PIECE.pack(address, 0, -data)
            continue
        what = DATA if isinstance(data, tuple) else 0
        data = data[0] if isinstance(data, tuple) else data
        out += PIECE.pack(address, len(data), what) + data + bytes(-len(data) % 8)
    return bytes(out)
