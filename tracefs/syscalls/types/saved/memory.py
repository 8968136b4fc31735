# SPDX-License-Identifier: GPL-2.0-only
"""What was saved of a task's memory for one call: pieces, each with its address.

An argument whose target holds no pointers is saved as it stood ("raw"). One that does (iovec, msghdr, argv) is saved as
an image: a sequence of pieces, each `u64 address; u32 length; s32 error;` and `length` bytes, padded to eight; error is
the negative errno of a read that failed, and the first piece is what the argument itself points to.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

PIECE = struct.Struct("<QIi")


class Memory:
    """Bytes by address."""

    def __init__(self, pieces: Iterable[tuple[int, bytes]] = ()) -> None:
        self._pieces = list(pieces)

    @classmethod
    def raw(cls, address: int, data: bytes) -> Memory:
        return cls([(address, data)])

    @classmethod
    def image(cls, data: bytes) -> Memory:
        """From the bytes of an image; a piece that is cut short ends it."""
        pieces = []
        at = 0
        while at + PIECE.size <= len(data):
            address, length, error = PIECE.unpack_from(data, at)
            at += PIECE.size
            if error == 0:
                pieces.append((address, data[at : at + length]))
            at += (length + 7) & ~7
        return cls(pieces)

    def read(self, address: int, size: int) -> bytes | None:
        """Up to `size` bytes at `address`, of the longest piece that has it; None if nothing was saved there."""
        best: bytes | None = None
        skip = longest = 0
        for start, data in self._pieces:
            if start <= address < start + len(data) or start == address:
                left = len(data) - (address - start)
                if best is None or left > longest:
                    best, skip, longest = data, address - start, left
        return None if best is None else best[skip : skip + size]


def image(pieces: Iterable[tuple[int, bytes | int]]) -> bytes:
    """The bytes of an image; a piece that could not be read is given as its errno."""
    out = bytearray()
    for address, data in pieces:
        if isinstance(data, int):
            out += PIECE.pack(address, 0, -data)
        else:
            out += PIECE.pack(address, len(data), 0) + data + bytes(-len(data) % 8)
    return bytes(out)
