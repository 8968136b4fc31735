# SPDX-License-Identifier: GPL-2.0-only
"""Records of a kernel sub-buffer, as events/header_page and events/header_event describe it."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_HEADER = struct.Struct("<QQ")
_WORD = struct.Struct("<I")
_COMMIT = (1 << 20) - 1
_MISSED, _MISSED_STORED = 1 << 31, 1 << 30
_LONGEST_IN_TYPE, _PADDING, _EXTEND = 28, 29, 30
_EXTENDED_BITS = 59


def records(page: bytes) -> Iterator[tuple[int, bytes]]:
    """(time stamp in ns, record) of each event."""
    for now, record, _ in _walk(page):
        yield now, record


def first_records(page: bytes, count: int) -> tuple[bytes, int]:
    """The sub-buffer with at most so many records, and how many these are."""
    found, end = 0, _HEADER.size
    for _, _, end in _walk(page):  # noqa: B007
        found += 1
        if found == count:
            break
    stamp, commit = _HEADER.unpack_from(page)
    if end - _HEADER.size >= commit & _COMMIT:
        return page, found
    missed = commit & ~(_COMMIT | _MISSED_STORED)  # their number stood behind the data
    return (_HEADER.pack(stamp, missed | end - _HEADER.size) + page[_HEADER.size : end]).ljust(len(page), b"\0"), found


def _walk(page: bytes) -> Iterator[tuple[int, bytes, int]]:
    """(time stamp, record, where it ends) of each event."""
    now, commit = _HEADER.unpack_from(page)
    at, end = _HEADER.size, _HEADER.size + (commit & _COMMIT)
    while at < end:
        word = _WORD.unpack_from(page, at)[0]
        kind, delta = word & 31, word >> 5
        at += 4
        if kind <= _LONGEST_IN_TYPE:
            length = 4 * kind
            if not kind:
                length = _WORD.unpack_from(page, at)[0] - 4
                at += 4
            now += delta
            after = at + (length + 3 & ~3)
            yield now, page[at : at + length], after
            at = after
            continue
        if kind == _PADDING and not delta:
            return
        extra = _WORD.unpack_from(page, at)[0]
        if kind == _PADDING:
            now += delta
            at += extra
        elif kind == _EXTEND:
            now += delta + (extra << 27)
            at += 4
        else:
            now = now >> _EXTENDED_BITS << _EXTENDED_BITS | delta + (extra << 27)
            at += 4


def lost_before(page: bytes) -> int | None:
    """How many events were lost before those of this sub-buffer; None where some were, and nobody knows how many."""
    commit = _HEADER.unpack_from(page)[1]
    if not commit & _MISSED:
        return 0
    end = _HEADER.size + (commit & _COMMIT)
    stored = commit & _MISSED_STORED and end + 8 <= len(page)
    return int.from_bytes(page[end : end + 8], "little") if stored else None
