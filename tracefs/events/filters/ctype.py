# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's character classes: those of Latin-1, whatever the locale. Filters are handled as Latin-1 text."""

import re

_LETTERS_BEYOND_ASCII = "".join(chr(code) for code in range(0xC0, 0x100) if code not in (0xD7, 0xF7))

SPACE = frozenset("\t\n\v\f\r \xa0")
DIGIT = frozenset("0123456789")
ALNUM = frozenset(
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" + _LETTERS_BEYOND_ASCII,
)
WORD = ALNUM | {"_"}

_INTEGER = re.compile(r"(?P<minus>-?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|(?P<octal>0[0-7]*)|(?P<decimal>[1-9][0-9]*))")


def skip(text: str, position: int, characters: frozenset[str]) -> int:
    """The first position from here on that is none of the characters."""
    while position < len(text) and text[position] in characters:
        position += 1
    return position


def integer(text: str, signed: bool) -> int | None:
    """A C integer literal of 64 bits; None where it is none or does not fit."""
    match = _INTEGER.fullmatch(text)
    if match is None:
        return None
    value = int(match["hex"] or "0", 16) + int(match["octal"] or "0", 8) + int(match["decimal"] or "0")
    if match["minus"]:
        return -value if signed and value <= 1 << 63 else None
    return value if value < 1 << (63 if signed else 64) else None
