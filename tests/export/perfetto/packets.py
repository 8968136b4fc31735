# SPDX-License-Identifier: GPL-2.0-only
"""What a Perfetto trace says, packet by packet, with the strings in place of their numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

_KINDS = {1: "begin", 2: "end", 3: "instant", 4: "counter"}
_CATEGORY, _NAME, _ANNOTATION, _STRING = 1, 2, 3, 29


class Event(NamedTuple):
    ts: int
    kind: str
    track: int
    name: str
    categories: tuple[str, ...]
    about: tuple[tuple[str, int | str], ...]
    value: int
    """Of a counter."""


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        tag = varint()
        if tag & 7 == 0:
            yield tag >> 3, varint()
        else:
            length = varint() if tag & 7 == 2 else 8
            assert tag & 7 in (1, 2)
            yield tag >> 3, data[at : at + length]
            at += length


def events(trace: bytes) -> Iterator[Event]:
    """In the order of the file."""
    known: dict[int, dict[tuple[int, int], str]] = {}
    for number, packet in fields(trace):
        assert number == 1
        assert isinstance(packet, bytes)
        parts = dict(fields(packet))
        sequence = parts.get(10)
        assert isinstance(sequence, int)
        if parts.get(13) == 1:
            known[sequence] = {}
        strings = known[sequence]
        for kind, entry in fields(_bytes(parts.get(12, b""))):
            row = dict(fields(_bytes(entry)))
            iid = row[1]
            assert isinstance(iid, int)
            strings[kind, iid] = _bytes(row[2]).decode()
        if 11 in parts:
            yield _event(parts[8], _bytes(parts[11]), strings)


def _bytes(value: int | bytes) -> bytes:
    assert isinstance(value, bytes)
    return value


def _event(ts: int | bytes, content: bytes, strings: dict[tuple[int, int], str]) -> Event:
    assert isinstance(ts, int)
    kind, track, name, value = "", 0, "", 0
    categories: list[str] = []
    about: list[tuple[str, int | str]] = []
    for field, found in fields(content):
        if isinstance(found, int):
            kind = _KINDS[found] if field == 9 else kind
            track = found if field == 11 else track
            name = strings[_NAME, found] if field == 10 else name
            value = found if field == 30 else value
            categories += [strings[_CATEGORY, found]] if field == 3 else []
        elif field == 4:
            row = dict(fields(found))
            iid = row[1]
            assert isinstance(iid, int)
            words = row.get(17)
            shown = strings[_STRING, words] if isinstance(words, int) else row[4]
            assert isinstance(shown, (int, str))
            about.append((strings[_ANNOTATION, iid], shown))
    return Event(ts, kind, track, name, tuple(categories), tuple(about), value)
