# SPDX-License-Identifier: GPL-2.0-only
"""Patterns of `~`: what kind of comparison a pattern asks for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tracefs.events.filters.ctype import DIGIT


class Match(Enum):
    """How a string is compared; values as in filter.h."""

    FULL = 16
    FRONT = 17
    MIDDLE = 18
    END = 19
    GLOB = 20


@dataclass(frozen=True)
class Pattern:
    """A string test."""

    match: Match
    text: str
    negate: bool = False


def exact(text: str) -> Pattern:
    """The pattern of == and !=."""
    return Pattern(Match.FULL, text)


def parse_pattern(text: str) -> Pattern:
    """The pattern of `~`.

    `!` in front negates. A star at one end or both makes a plain comparison of that part; any other star, `?`, `[` or
    backslash a glob. Text that starts with a digit is taken literally, stars and all (as the kernel does).
    """
    negate = text.startswith("!")
    if negate:
        text = text[1:]
    inner = text[1:-1] if len(text) > 1 else ""
    starts, ends = text.startswith("*"), text.endswith("*") and len(text) > 1
    if text and text[0] in DIGIT:
        match = Match.FULL
    elif "*" in inner or any(special in text for special in "[?\\"):
        match = Match.GLOB
    else:
        match = {
            (False, False): Match.FULL,
            (False, True): Match.FRONT,
            (True, False): Match.END,
            (True, True): Match.MIDDLE,
        }[starts, ends]
        text = text[starts : len(text) - ends]
    return Pattern(match, text, negate)
