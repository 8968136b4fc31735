# SPDX-License-Identifier: GPL-2.0-only
"""Expressions of hist triggers: fields with modifiers, constants, `$variables`, + - * / and unary minus."""

from __future__ import annotations

import errno
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from tracefs.events.triggers.errors import TriggerError

MODIFIERS = ("hex", "execname", "syscall", "log2", "usecs", "percent", "graph", "stacktrace")
"""`buckets=N` comes with its number. sym and sym-offset need the kernel's symbols, which a ptrace engine has not."""

SUBEXPRESSIONS_MAX = 3


@dataclass(frozen=True)
class Const:
    value: int

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True)
class FieldName:
    name: str
    modifier: str = ""
    buckets: int = 0

    def __str__(self) -> str:
        shown = f"{self.name}.{self.modifier}" if self.modifier else self.name
        return f"{shown}={self.buckets}" if self.buckets else shown


@dataclass(frozen=True)
class Var:
    """`$name`, or `system.event.$name` where the name alone would not be unique."""

    name: str
    system: str = ""
    event: str = ""

    def __str__(self) -> str:
        return f"{self.system}.{self.event}.${self.name}" if self.system else f"${self.name}"


@dataclass(frozen=True)
class Binary:
    operator: str
    left: Expr
    right: Expr

    def __str__(self) -> str:
        return f"{self.left}{self.operator}{self.right}"


@dataclass(frozen=True)
class Negate:
    operand: Expr

    def __str__(self) -> str:
        return f"-({self.operand})"


Expr: TypeAlias = "Const | FieldName | Var | Binary | Negate"

PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2}
TOKEN = re.compile(r"\s*([-+*/()]|[^-+*/()\s]+)")


ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.floordiv,
}


NESTING_MAX = 100
"""Parentheses and operators of one expression."""


def parse(text: str, command: str) -> Expr:
    """Parse one expression of `command`, constants folded; raises TriggerError."""
    if sum(map(text.count, "(-+*/")) > NESTING_MAX:  # each may nest, and what nests deeply ends in no stack of ours
        raise TriggerError("Too many subexpressions (3 max)", command, text)
    expr, rest = _climb(TOKEN.findall(text), 1, text, command)
    if rest:
        raise TriggerError("Couldn't find field", command, rest[0])
    _check_depth(expr, command, 0)
    return _fold(expr, command)


def _check_depth(expr: Expr, command: str, seen: int) -> int:
    """Count operators as the kernel meets them, outermost first; returns how many were seen."""
    if isinstance(expr, Binary):
        seen += 1
        if seen > SUBEXPRESSIONS_MAX:
            raise TriggerError("Too many subexpressions (3 max)", command, str(expr))
        for side in (expr.left, expr.right):
            if isinstance(side, Negate):
                raise TriggerError("Unary minus not supported in sub-expressions", command, str(side.operand))
            seen = _check_depth(side, command, seen)
    return seen


def _fold(expr: Expr, command: str) -> Expr:
    if not isinstance(expr, Binary):
        return expr
    left, right = _fold(expr.left, command), _fold(expr.right, command)
    if expr.operator == "/" and right == Const(0):
        raise TriggerError("Division by zero", command, f"/{right}", code=errno.EDOM, skip=1)
    if isinstance(left, Const) and isinstance(right, Const):
        return Const(ARITHMETIC[expr.operator](left.value, right.value))
    return Binary(expr.operator, left, right)


def _climb(tokens: list[str], level: int, text: str, command: str) -> tuple[Expr, list[str]]:
    """Operands joined by operators of at least this precedence; returns what is left of the tokens."""
    left, tokens = _operand(tokens, text, command)
    while tokens and PRECEDENCE.get(tokens[0], 0) >= level:
        symbol = tokens[0]
        right, tokens = _climb(tokens[1:], PRECEDENCE[symbol] + 1, text, command)
        left = Binary(symbol, left, right)
    return left, tokens


def _operand(tokens: list[str], text: str, command: str) -> tuple[Expr, list[str]]:
    if not tokens:
        raise TriggerError("Couldn't find field", command, text)
    first, rest = tokens[0], tokens[1:]
    if first == "-":
        if rest[:1] != ["("]:
            operand, rest = _operand(rest, text, command)
            return Negate(operand), rest
        first, rest = rest[0], rest[1:]
        operand, rest = _climb(rest, 1, text, command)
        return Negate(operand), _closing(rest, command)
    if first == "(":
        inner, rest = _climb(rest, 1, text, command)
        return inner, _closing(rest, command)
    return atom(first, command), rest


def _closing(tokens: list[str], command: str) -> list[str]:
    if tokens[:1] != [")"]:
        raise TriggerError("No closing paren found", command)
    return tokens[1:]


def atom(word: str, command: str) -> Expr:
    """A number, a variable, or a field with at most one modifier."""
    if word[:1].isdigit():
        try:
            return Const(int(word, 0))
        except ValueError:
            raise TriggerError("Expecting numeric literal", command, word) from None
    if "$" in word:
        path, _, name = word.rpartition("$")
        system, _, event = path.rstrip(".").partition(".")
        return Var(name, system, event)
    name, dot, modifier = word.partition(".")
    if not dot:
        return FieldName(name)
    modifier, equals, number = modifier.partition("=")
    if modifier in ("buckets", "bucket") and number.isdigit() and int(number):
        return FieldName(name, "buckets", int(number))
    if modifier not in MODIFIERS or equals:
        raise TriggerError("Invalid field modifier", command, modifier)
    return FieldName(name, modifier)
