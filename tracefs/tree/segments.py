# SPDX-License-Identifier: GPL-2.0-only
"""The segments of a writev(2), which FUSE hands over as one piece: for files in which each write is a record."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from tracefs.syscalls import COMPAT_NAMES, by_name

_CALLS = ("writev", "pwritev", "pwritev2")
_X32 = 0x40000000
_NUMBERS = {by_name[name].nr for name in _CALLS} | {_X32 | 516, _X32 | 535, _X32 | 547}
"""x32's are numbers of their own (asm/unistd_x32.h)."""
_I386_NUMBERS = {nr for nr, name in COMPAT_NAMES.items() if name in _CALLS}
_UIO_MAXIOV = 1024


def segments(tid: int, data: bytes) -> list[bytes]:
    """`data`, which that task is writing, as its call has it: one piece, unless it is a writev(2) of several.

    Where the task cannot be looked at (it is another user's, or /proc is restricted) it is one piece."""
    try:
        with open(f"/proc/{tid}/syscall", "rb") as file:
            words = file.read().split()
        if len(words) < 9:
            return [data]
        number, where, count = int(words[0]), int(words[2], 16), int(words[3], 16)
        narrow = int(words[-1], 16) >> 32 == 0 and not number & _X32
        if number not in (_I386_NUMBERS if narrow else _NUMBERS) or not 1 < count <= _UIO_MAXIOV:
            return [data]
        entry = struct.Struct("<II" if narrow else "<QQ")
        with open(f"/proc/{tid}/mem", "rb", buffering=0) as memory:
            memory.seek(where)
            lengths = [length for _, length in entry.iter_unpack(memory.read(entry.size * count))]
    except (OSError, ValueError, OverflowError, struct.error):
        return [data]
    return list(_cut(data, lengths)) if sum(lengths) >= len(data) else [data]


def _cut(data: bytes, lengths: list[int]) -> Iterator[bytes]:
    begin = 0
    for length in lengths:
        if length and begin < len(data):
            yield data[begin : begin + length]
        begin += length
