# SPDX-License-Identifier: GPL-2.0-only
"""The terms of a filter, as the parser makes them and the compiler takes them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tracefs.events.filters.fields import Operand
from tracefs.events.filters.pattern import Pattern


class Op(Enum):
    """The operators of the language, the longer of two that start alike first."""

    GLOB = "~"
    NE = "!="
    EQ = "=="
    LE = "<="
    LT = "<"
    GE = ">="
    GT = ">"
    AND = "&"


@dataclass(frozen=True)
class NumberTerm:
    """A number against a constant of 64 bits."""

    operand: Operand
    op: Op
    value: int


@dataclass(frozen=True)
class StringTerm:
    """A string against a pattern. in_task: follow a pointer into the task's memory (`.ustring`)."""

    operand: Operand
    pattern: Pattern
    negate: bool
    in_task: bool


@dataclass(frozen=True)
class CpusTerm:
    """A CPU number or mask against a set of CPUs."""

    operand: Operand
    op: Op
    cpus: frozenset[int]


Term = NumberTerm | StringTerm | CpusTerm
