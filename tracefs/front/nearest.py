# SPDX-License-Identifier: GPL-2.0-only
"""Which known words a misspelt one is like."""

from __future__ import annotations

from collections.abc import Iterable

MOST = 5


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """The known words that are most like it, the likest first; none where none is."""
    from difflib import get_close_matches  # here, as only mistakes need it

    by_folded = {each.lower(): each for each in known}
    folded = word.lower()
    close = get_close_matches(folded, by_folded, MOST, 0.7)
    inside = sorted(
        (each for each in by_folded if len(folded) >= 3 and folded in each and each not in close),
        key=lambda each: (len(each), each),
    )
    return [by_folded[each] for each in [*close, *inside][:MOST]]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean openat, open?`, or nothing."""
    found = nearest(word, known)
    return f"; did you mean {', '.join(found)}?" if found else ""
