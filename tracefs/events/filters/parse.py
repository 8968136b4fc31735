# SPDX-License-Identifier: GPL-2.0-only
"""Parses a filter: terms joined by `&&`, `||`, `!` and parentheses, into a program."""

from __future__ import annotations

from dataclasses import dataclass

from tracefs.events.event import EventClass
from tracefs.events.filters.compile import CompiledFilter, compile_program
from tracefs.events.filters.ctype import SPACE, skip
from tracefs.events.filters.errors import FilterError, Problem
from tracefs.events.filters.program import Piece, Program, Step
from tracefs.events.filters.scan import check_balance
from tracefs.events.filters.term import parse_term


@dataclass
class Group:
    """What is open inside a pair of parentheses: the left sides that wait for their right ones."""

    negate: bool = False
    """Whether a `!` stands before it."""
    alternatives: Piece | None = None
    """Left of an `||`."""
    factors: Piece | None = None
    """Left of an `&&`, since the last `||`."""

    def all_with(self, piece: Piece) -> Piece:
        return Program.both(self.factors, piece)

    def any_with(self, piece: Piece) -> Piece:
        return Program.either(self.alternatives, self.all_with(piece))


class Parser:
    """One run over one filter."""

    def __init__(self, text: str, event: EventClass) -> None:
        self.text = text
        self.event = event
        self.program = Program()
        self.groups = [Group()]

    def run(self) -> list[Step]:
        """The program. FilterError as the kernel's."""
        check_balance(self.text)
        position: int | None = 0
        while position is not None:
            position = self.operand(position)
        return self.program.finish(self.whole())

    def operand(self, position: int) -> int | None:
        """Read `!`, `(` and a term, then what follows the term; None at the end of the text."""
        negate = False
        while True:
            position = skip(self.text, position, SPACE)
            if position == len(self.text):
                return None
            if self.text[position] == "!":
                negate = not negate
            elif self.text[position] == "(":
                self.groups.append(Group(negate))
                negate = False
            else:
                term, position = parse_term(self.text, position, self.event)
                piece = self.program.term(term)
                return self.operators(Program.invert(piece) if negate else piece, position)
            position += 1

    def operators(self, piece: Piece, position: int) -> int | None:
        """Read closing parentheses and the `&&` or `||` behind them; None at the end of the text."""
        while True:
            position = skip(self.text, position, SPACE)
            group = self.groups[-1]
            if position == len(self.text):
                group.factors = group.all_with(piece)
                self.join_at_end(group)
                return None
            if self.text.startswith("&&", position):
                group.factors = group.all_with(piece)
                return position + 2
            if self.text.startswith("||", position):
                group.alternatives, group.factors = group.any_with(piece), None
                return position + 2
            if self.text[position] != ")":
                raise FilterError(Problem.TOO_MANY_PREDS, position)
            if len(self.groups) == 1:
                raise FilterError(Problem.TOO_MANY_CLOSE, position + 1)
            piece = group.any_with(piece)
            if self.groups.pop().negate:
                piece = Program.invert(piece)
            position += 1

    @staticmethod
    def join_at_end(group: Group) -> None:
        """The text ended behind a term: nothing waits for a right side any more."""
        if group.factors is not None:
            group.alternatives, group.factors = Program.either(group.alternatives, group.factors), None

    def whole(self) -> Piece:
        """What the text came to. An operator that dangles at the end is ignored, but for an `&&` behind an `||`."""
        if len(self.groups) > 1:
            raise FilterError(Problem.TOO_MANY_OPEN, len(self.text))
        group = self.groups[0]
        if group.alternatives is not None and group.factors is not None:
            raise FilterError(Problem.UNKNOWN)
        piece = group.alternatives or group.factors
        if piece is None:
            raise FilterError(Problem.NO_FILTER, len(self.text))
        return piece


def parse_expression(text: bytes, event: EventClass) -> list[Step]:
    """The program of a filter, stripped of trailing space already, for an event. FilterError as the kernel's."""
    return Parser(text.decode("latin-1"), event).run()


def parse_filter(text: bytes, event: EventClass) -> CompiledFilter:
    """A filter that C can run on the event's records. FilterError (an OSError) as the kernel's."""
    return compile_program(parse_expression(text, event))
