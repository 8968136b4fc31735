# SPDX-License-Identifier: GPL-2.0-only
"""What is checked of a whole filter before its terms are looked at: quotes and parentheses."""

from tracefs.events.filters.ctype import SPACE
from tracefs.events.filters.errors import FilterError, Problem

QUOTES = frozenset("'\"")


def check_balance(text: str) -> None:
    """Raise FilterError for an open quote, an unmatched parenthesis, or a filter without any term."""
    open_at: list[int] = []
    quote, quoted_at = "", 0
    for position, character in enumerate(text):
        if quote:
            if character == quote:
                quote = ""
        elif character in QUOTES:
            quote, quoted_at = character, position
        elif character == "(":
            open_at.append(position)
        elif character == ")":
            if not open_at:
                raise FilterError(Problem.TOO_MANY_CLOSE, position)
            open_at.pop()
    if quote:
        raise FilterError(Problem.MISSING_QUOTE, quoted_at)
    if open_at:
        raise FilterError(Problem.TOO_MANY_OPEN, open_at[-1])
    if SPACE.union("()").issuperset(text):
        raise FilterError(Problem.UNKNOWN)
