# SPDX-License-Identifier: GPL-2.0-only
"""What the kernel's control files make of the bytes that are written to them.

Each function answers as the kernel's own conversions do (found by experiment on a live tracefs and kept equal by
tests/kernel/test_control_files.py): which white space is allowed, what NUL does, which errno a bad text gets.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator

SPACE = b" \t\n\v\f\r\xa0"
"""isspace() of the kernel, which counts the no-break space of Latin-1."""

_NUMBER_BYTES = 66
"""A number is looked for in the first 66 bytes of a write."""
_ULONG = 1 << 64
_SEPARATORS = re.compile(rb"[ \t\n\v\f\r\xa0,]+")


def c_string(data: bytes) -> bytes:
    """What a C string in this buffer would be: all up to the first NUL."""
    return data.partition(b"\0")[0]


def stripped(data: bytes) -> bytes:
    """A C string without the white space around it."""
    return c_string(data).strip(SPACE)


def unsigned(data: bytes, base: int = 10) -> int:
    """An unsigned long, as tracing_on and its like take it: digits, an optional + before and one newline after.

    base 0: 0x and 0 prefixes mean hexadecimal and octal. EINVAL for other text, ERANGE beyond 64 bits.
    """
    text = c_string(data[:_NUMBER_BYTES])
    if text.startswith(b"+"):
        text = text[1:]
    hexadecimal = text[:2].lower() == b"0x"
    if base == 0:
        base = 16 if hexadecimal and text[2:3].isalnum() else 8 if text[:1] == b"0" else 10
        text = text[2:] if base == 16 else text
    allowed = b"0123456789abcdef"[:base]
    digits = len(text) - len(text.lower().lstrip(allowed))
    if not digits:
        raise OSError(errno.EINVAL, "not a number")
    value = int(text[:digits], base)
    if value >= _ULONG:
        raise OSError(errno.ERANGE, "number too large")
    if text[digits:] not in (b"", b"\n"):
        raise OSError(errno.EINVAL, "something follows the number")
    return value


class Words:
    """The words of one write, as the pid and event files read them; `taken` counts the bytes behind us.

    A word ends at white space or NUL. Iteration stops where the kernel's parser would report "nothing loaded": at the
    end, or at a NUL where a word should start. A word longer than `limit` is EINVAL.
    """

    def __init__(self, data: bytes, limit: int) -> None:
        self._data, self._limit = data, limit
        self.taken = 0
        self.complete = True
        """Whether the last word was followed by anything: an incomplete one may go on in the next write."""

    def __iter__(self) -> Iterator[bytes]:
        data, end = self._data, len(self._data)
        while self.taken < end:
            start = self.taken
            while start < end and data[start] in SPACE:
                start += 1
            if start == end or data[start] == 0:
                self.taken = min(start + 1, end)
                return
            stop = start
            while stop < end and data[stop] not in SPACE and data[stop] != 0:
                stop += 1
            if stop - start > self._limit:
                raise OSError(errno.EINVAL, "word too long")
            self.complete = stop < end
            self.taken = min(stop + 1, end)
            yield data[start:stop]


def cpu_mask(data: bytes, cpus: int) -> frozenset[int]:
    """A set of CPUs written in hexadecimal, in groups of 32 bits, most significant first. EINVAL, EOVERFLOW."""
    if not data:
        raise OSError(errno.EINVAL, "no mask")
    text = c_string(data).partition(b"\n")[0]
    groups = [group for group in re.split(_SEPARATORS, text) if group]
    room = (cpus + 31) // 32
    value = 0
    for place, group in enumerate(reversed(groups)):
        if place >= room:
            raise OSError(errno.EOVERFLOW, "more groups than CPUs")
        value |= _hex_group(group) << (32 * place)
    if value >> cpus:
        raise OSError(errno.EOVERFLOW, "CPUs that do not exist")
    return frozenset(cpu for cpu in range(cpus) if value >> cpu & 1)


def _hex_group(group: bytes) -> int:
    """One group of at most 8 digits; the digits are looked at from the right, which decides between the two errors."""
    for digit in reversed(group[-8:]):
        if digit not in b"0123456789abcdefABCDEF":
            raise OSError(errno.EINVAL, "not hexadecimal")
    if len(group) > 8:
        raise OSError(errno.EOVERFLOW, "more than 32 bits in a group")
    return int(group, 16)


def cpu_mask_text(members: frozenset[int], cpus: int) -> str:
    """The inverse of cpu_mask(), as `tracing_cpumask` shows it."""
    value = sum(1 << cpu for cpu in members)
    groups = []
    for low in range(0, cpus, 32):
        digits = (min(32, cpus - low) + 3) // 4
        groups.append(f"{value >> low & 0xFFFFFFFF:0{digits}x}")
    return ",".join(reversed(groups))
