# SPDX-License-Identifier: GPL-2.0-only
"""Records as record.h lays them out."""

from __future__ import annotations

import struct

from tracefs.events import REGISTRY

CAT = 5080
"""The task whose name and thread group (5000) the tests' renderer knows."""
UNKNOWN_TGID = 77
STRANGER = 42


def common(kind: int, pid: int = CAT, flags: int = 0, preempt: int = 0) -> bytes:
    return struct.pack("<HBBi", kind, flags, preempt, pid)


def enter(number: int, *arguments: int, pid: int = CAT) -> bytes:
    return common(1024 + 2 * number, pid) + struct.pack(f"<ii{len(arguments)}Q", number, 0, *arguments)


def leave(number: int, result: int, pid: int = CAT) -> bytes:
    return common(1025 + 2 * number, pid) + struct.pack("<iiq", number, 0, result)


def raw_enter(number: int, *arguments: int, kind: int = 100) -> bytes:
    return common(kind) + struct.pack(f"<q{len(arguments)}Q", number, *arguments)


def raw_leave(number: int, result: int, kind: int = 101) -> bytes:
    return common(kind) + struct.pack("<qq", number, result)


def marker(text: str, pid: int = CAT, ip: int = 0xFFFF800012345678) -> bytes:
    return common(5, pid) + struct.pack("<Q", ip) + text.encode() + b"\0"


def raw_marker(tag: int, data: bytes) -> bytes:
    return common(19) + struct.pack("<I", tag) + data


def of_class(system: str, name: str, *values: int | bytes) -> bytes:
    """A record of any class; bytes fill a string field, also one behind a __data_loc."""
    event = REGISTRY.find(system, name)
    assert event
    record = bytearray(common(event.id))
    tail = b""
    end = max(field.offset + field.size for field in event.fields)
    for field, value in zip(event.fields, values, strict=True):
        record.extend(bytes(field.offset - len(record)))
        if isinstance(value, int):
            record += (value & (1 << 8 * field.size) - 1).to_bytes(field.size, "little")
        elif field.is_data_loc:
            text = value + b"\0"
            record += struct.pack("<I", len(text) << 16 | end + len(tail))
            tail += text
        else:
            record += value.ljust(field.size, b"\0")
    return bytes(record) + tail
