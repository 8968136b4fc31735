# SPDX-License-Identifier: GPL-2.0-only
"""A filter as a list of terms with two exits each, and how `&&`, `||` and `!` join such lists.

While it grows, a piece of program keeps the exits that lead nowhere yet ("when this term is true, go ..."); joining two
pieces sets some of them. So parentheses, however deep, cost no recursion and no instruction.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tracefs.events._filter import lib
from tracefs.events.filters.terms import Term

ACCEPT: int = lib.EV_ACCEPT
REJECT: int = lib.EV_REJECT
"""Where the last exits lead (filter.h)."""


@dataclass
class Step:
    """A term, and the index of the step that follows when it is false and when it is true."""

    term: Term
    exits: list[int] = field(default_factory=lambda: [REJECT, ACCEPT])


@dataclass
class Piece:
    """A part of a program: where it starts, and its open exits (step, which) for false and for true."""

    first: int
    when: tuple[list[tuple[Step, int]], list[tuple[Step, int]]]


class Program:
    """The steps of a filter."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def term(self, term: Term) -> Piece:
        """A piece of one term."""
        step = Step(term)
        self.steps.append(step)
        return Piece(len(self.steps) - 1, ([(step, 0)], [(step, 1)]))

    @staticmethod
    def invert(piece: Piece) -> Piece:
        """`!piece`."""
        return Piece(piece.first, (piece.when[1], piece.when[0]))

    @staticmethod
    def both(left: Piece | None, right: Piece) -> Piece:
        """`left && right`."""
        if left is None:
            return right
        for step, which in left.when[1]:
            step.exits[which] = right.first
        return Piece(left.first, (left.when[0] + right.when[0], right.when[1]))

    @classmethod
    def either(cls, left: Piece | None, right: Piece) -> Piece:
        """`left || right`."""
        return right if left is None else cls.invert(cls.both(cls.invert(left), cls.invert(right)))

    def finish(self, piece: Piece) -> list[Step]:
        """The whole filter is this piece: its open exits answer."""
        for answer, exits in zip((REJECT, ACCEPT), piece.when, strict=True):
            for step, which in exits:
                step.exits[which] = answer
        return self.steps
