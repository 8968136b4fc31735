# SPDX-License-Identifier: GPL-2.0-only
"""The wire format of protocol buffers, as far as it is written here: protobuf.dev/programming-guides/encoding."""

from __future__ import annotations

VARINT, FIXED64, BYTES = 0, 1, 2
_SMALL = [bytes([value]) for value in range(128)]


def varint(value: int) -> bytes:
    """Of a number below 2^64; a negative one as its two's complement."""
    if 0 <= value < 128:
        return _SMALL[value]
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def key(field: int, kind: int) -> bytes:
    return varint(field << 3 | kind)


def number(field: int, value: int) -> bytes:
    """A field of any integer type that is no fixed or zigzag one."""
    return key(field, VARINT) + varint(value)


def fixed64(field: int, value: int) -> bytes:
    return key(field, FIXED64) + value.to_bytes(8, "little")


def message(field: int, content: bytes) -> bytes:
    """A field that is a message or bytes."""
    return key(field, BYTES) + varint(len(content)) + content


def string(field: int, text: str) -> bytes:
    return message(field, text.encode(errors="replace"))
