# SPDX-License-Identifier: GPL-2.0-only
"""Parses one term: FIELD OPERATOR VALUE.

The caret of an error stands one byte behind the place where reading stopped, as the kernel's does.
"""

from __future__ import annotations

from tracefs.events.event import EventClass
from tracefs.events.filters.cpulist import parse_cpulist, possible_cpus
from tracefs.events.filters.ctype import ALNUM, DIGIT, SPACE, WORD, integer, skip
from tracefs.events.filters.errors import FilterError, Problem
from tracefs.events.filters.fields import STRINGS, Kind, Operand, operand
from tracefs.events.filters.pattern import exact, parse_pattern
from tracefs.events.filters.scan import QUOTES
from tracefs.events.filters.terms import CpusTerm, NumberTerm, Op, StringTerm, Term

NUMBER_MAX = 24
STRING_MAX = 256
LONG_SIZE = 8
MASK_KINDS = (Kind.CPUMASK, Kind.CPU, Kind.NUMBER)
MASK_OPS = (Op.EQ, Op.NE, Op.AND)
STRING_OPS = (Op.EQ, Op.NE, Op.GLOB)


def stop(problem: Problem, position: int) -> FilterError:
    """The error for reading that stopped here."""
    return FilterError(problem, position + 1)


def parse_term(text: str, position: int, event: EventClass) -> tuple[Term, int]:
    """The term that starts here, and where it ends. FilterError as the kernel's."""
    end = skip(text, position, WORD)
    if end == position:
        raise FilterError(Problem.UNKNOWN, errno=1)
    left = operand(event, text[position:end])
    if left is None:
        raise stop(Problem.FIELD_NOT_FOUND, end)
    end, in_task = _suffix(text, end, ".ustring")
    end, is_function = _suffix(text, end, ".function")
    end = skip(text, end, SPACE)
    op = next((op for op in Op if text.startswith(op.value, end)), None)
    if op is None:
        raise stop(Problem.INVALID_OP, end)
    end = skip(text, end + len(op.value), SPACE)
    if is_function:
        raise _function_error(text, end, left, op)
    if text.startswith("CPUS", end):
        return _cpus(text, end, left, op)
    if text[end : end + 1] in QUOTES and end < len(text):
        return _string(text, end, left, op, in_task)
    if text[end : end + 1] in DIGIT | {"-"} and end < len(text):
        return _number(text, end, left, op)
    raise stop(Problem.INVALID_VALUE, end)


def _suffix(text: str, position: int, suffix: str) -> tuple[int, bool]:
    found = text.startswith(suffix, position)
    return position + len(suffix) * found, found


def _function_error(text: str, position: int, left: Operand, op: Op) -> FilterError:
    """`.function` compares with addresses of kernel functions: none can be known here, so none is found."""
    if left.field.size != LONG_SIZE:
        return stop(Problem.ILLEGAL_FIELD_OP, position)
    if op not in (Op.EQ, Op.NE):
        return stop(Problem.INVALID_OP, position)
    if text[position : position + 1] not in DIGIT:
        end = next((at for at in range(position, len(text)) if text[at] in SPACE), len(text))
        return stop(Problem.NO_FUNCTION, end)
    end = skip(text, position, ALNUM)
    if end - position >= NUMBER_MAX:
        return stop(Problem.OPERAND_TOO_LONG, end)
    known = integer(text[position:end], signed=False) is not None
    return stop(Problem.NO_FUNCTION if known else Problem.INVALID_VALUE, end)


def _cpus(text: str, position: int, left: Operand, op: Op) -> tuple[Term, int]:
    if left.kind not in MASK_KINDS or op not in MASK_OPS:
        raise stop(Problem.ILLEGAL_FIELD_OP, position)
    first = position + len("CPUS{")
    if not text.startswith("{", first - 1):
        raise stop(Problem.MISSING_BRACE_OPEN, first)
    end = text.find("}", first)
    if end < 0:
        raise stop(Problem.MISSING_BRACE_CLOSE, len(text))
    cpus = parse_cpulist(text[first:end], possible_cpus()) if end > first else None
    if cpus is None:
        raise stop(Problem.INVALID_CPULIST, end)
    return CpusTerm(left, op, cpus), end + 1


def _string(text: str, position: int, left: Operand, op: Op, in_task: bool) -> tuple[Term, int]:
    if op not in STRING_OPS:
        raise stop(Problem.ILLEGAL_FIELD_OP, position)
    if left.kind not in STRINGS:
        raise stop(Problem.EXPECT_DIGIT, position)
    end = text.find(text[position], position + 1)
    if end < 0:
        raise stop(Problem.MISSING_QUOTE, len(text))
    if end - position > STRING_MAX:
        raise stop(Problem.OPERAND_TOO_LONG, end)
    value = text[position + 1 : end]
    pattern = parse_pattern(value) if op is Op.GLOB else exact(value)
    return StringTerm(left, pattern, pattern.negate or op is Op.NE, in_task), end + 1


def _number(text: str, position: int, left: Operand, op: Op) -> tuple[Term, int]:
    if left.kind in STRINGS:
        raise stop(Problem.EXPECT_STRING, position)
    if op is Op.GLOB:
        raise stop(Problem.ILLEGAL_FIELD_OP, position)
    end = skip(text, position + (text[position] == "-"), ALNUM)
    if end - position >= NUMBER_MAX:
        raise stop(Problem.OPERAND_TOO_LONG, end)
    value = integer(text[position:end], left.field.signed)
    if value is None:
        raise stop(Problem.ILLEGAL_INTVAL, position)
    return NumberTerm(left, op, value), end
