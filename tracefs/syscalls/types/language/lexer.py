# SPDX-License-Identifier: GPL-2.0-only
"""A type table as statements of words: lines, indented continuation lines, and # comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tracefs.syscalls.types.language.errors import TypeSyntaxError

_OPEN = {"(": ")", "[": "]", "<": ">"}
_PLAIN = re.compile(r"[^\s(\[<>\])]+")


@dataclass(frozen=True)
class Word:
    """A run of characters with no space outside its brackets; `start` is its offset in the text."""

    text: str
    start: int


def statements(text: str) -> Iterator[list[Word]]:
    """Yield the words of each statement: a line that starts in column 0 and the indented lines after it."""
    current: list[Word] = []
    start = 0
    for line in text.splitlines(keepends=True):
        words = list(_words(text, start, start + len(line)))
        if words and not line[0].isspace() and current:
            yield current
            current = []
        if words and line[0].isspace() and not current:
            raise TypeSyntaxError("an indented line continues nothing", text, words[0].start)
        current.extend(words)
        start += len(line)
    if current:
        yield current


def _words(text: str, start: int, end: int) -> Iterator[Word]:
    """The words of the line text[start:end]."""
    at = start
    while at < end:
        if text[at].isspace():
            at += 1
        elif text[at] == "#":
            return
        else:
            stop = _end_of_word(text, at, end)
            yield Word(text[at:stop], at)
            at = stop


def _end_of_word(text: str, at: int, end: int) -> int:
    """Where the word that starts at `at` ends. `->` and `>` outside brackets are ordinary characters."""
    closers: list[tuple[str, int]] = []
    start = at
    while at < end and (closers or not text[at].isspace()):
        plain = _PLAIN.match(text, at, end)
        if plain:
            at = plain.end()
            continue
        char = text[at]
        if closers and char == closers[-1][0]:
            closers.pop()
        elif char in _OPEN and not (char == "<" and at > start):  # elsewhere it is a relation, or a shift
            closers.append((_OPEN[char], at))
        elif char in ")]":
            raise TypeSyntaxError(f"'{char}' closes nothing", text, at)
        at += 1
    if closers:
        raise TypeSyntaxError(f"no '{closers[-1][0]}' closes this", text, closers[-1][1])
    return at
