# SPDX-License-Identifier: GPL-2.0-only
"""The fields of a record as plain values, by the event's own description."""

from __future__ import annotations

from tracefs.events import EventClass, Field
from tracefs.events.field import DATA_LOC, TYPES

Plain = int | str | list[int]


def fields(event: EventClass, record: bytes) -> dict[str, Plain]:
    """Name -> number, text up to its NUL, or array of numbers; without the common fields."""
    return {field.name: _value(field, record) for field in event.fields}


def _value(field: Field, record: bytes) -> Plain:
    if field.is_data_loc:
        place = _number(record, field.offset, 4, False)
        begin, size = place & 0xFFFF, place >> 16
    else:
        begin, size = field.offset, field.size or len(record) - field.offset
    if not (field.is_data_loc or field.is_array):
        return _number(record, begin, size, field.signed)
    element = field.ctype.removeprefix(DATA_LOC).split("[")[0].strip()
    width, signed = TYPES[element]
    data = record[begin : begin + size]
    if element == "char":
        return data.split(b"\0")[0].decode(errors="backslashreplace")
    return [_number(data, at, width, signed) for at in range(0, len(data) - width + 1, width)]


def _number(data: bytes, at: int, size: int, signed: bool) -> int:
    return int.from_bytes(data[at : at + size], "little", signed=signed)
