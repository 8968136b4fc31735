# SPDX-License-Identifier: GPL-2.0-only
"""Reads kernel sub-buffers, from what events/header_page and events/header_event say and nothing else."""

from __future__ import annotations

import struct
from collections.abc import Iterator

HEADER = struct.Struct("<QQ")
WORD = struct.Struct("<I")
COMMIT_MASK = (1 << 20) - 1
MISSED = (1 << 31) | (1 << 30)


def events(page: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (time stamp, payload) of one sub-buffer; raises ValueError where events were missed."""
    now, commit = HEADER.unpack_from(page)
    if commit & MISSED:
        raise ValueError("events were lost: the buffer was too small for the comparison")
    at, end = HEADER.size, HEADER.size + (commit & COMMIT_MASK)
    while at < end:
        (word,) = WORD.unpack_from(page, at)
        kind, delta = word & 31, word >> 5
        at += 4
        if kind == 29 and delta == 0:
            return
        if kind <= 28:
            length = kind * 4
            if kind == 0:
                length = WORD.unpack_from(page, at)[0] - 4
                at += 4
            now += delta
            yield now, page[at : at + length]
            at += (length + 3) & ~3
        else:
            (extra,) = WORD.unpack_from(page, at)
            at += 4
            if kind == 29:
                now += delta
                at += extra - 4
            elif kind == 30:
                now += delta + (extra << 27)
            else:
                now = (now & ~((1 << 59) - 1)) | delta + (extra << 27)
