# SPDX-License-Identifier: GPL-2.0-only
"""Expressions of a `print fmt`, written so that libtraceevent understands them as C does.

Its parser has ways of its own (event-parse.c of 1.7 and 1.8 was read, and both and perf 6.1 run on the result): it
knows no operator precedence behind a `?:`, no value of `^`, moves a parenthesised right operand about if that binds
looser than the operator, keeps the backslash of an escaped quote, and takes a symbol's value only where it begins with
a digit. So every operation stands in parentheses, a right operand is never looser than its operator, and conditions
stand left of a `?` only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

NOTHING: Final = '""'
QUOTE: Final = """__print_flags(3, '"', {1, ""}, {2, ""})"""
"""A quotation mark that can be told not to be there: what stands between two flags. A string cannot hold one, see
above."""
ALWAYS: Final = "1"
OR: Final = " || "
HEX_LIMIT: Final = 9
_MASKED: Final = re.compile(r"\((REC->\w+) & (\w+)\)")


def literal(text: str) -> str:
    """A string; `text` has no quotes, see above."""
    return f'"{text}"'


def number(value: int) -> str:
    """A constant."""
    return hex(value) if value > HEX_LIMIT else str(value)


def choose(condition: str, then: str, otherwise: str) -> str:
    """`condition ? then : otherwise`, without the question where the answers are the same."""
    if then == otherwise or condition == ALWAYS:
        return then
    return f"({condition} ? {then} : {otherwise})"


def swapped(value: str, size: int) -> str:
    """The same bytes in the other order."""
    first, *more = (
        f"(({value} & {number(0xFF << 8 * i)}) {'<<' if to >= i else '>>'} {number(8 * abs(to - i))})"
        for i, to in enumerate(reversed(range(size)))
    )
    return f"({' | '.join([first, *more])})"


def both(conditions: Sequence[str]) -> str:
    """True where all are: each a comparison, or several of them joined by any_of(). To stand left of a `?`."""
    several = [condition for condition in conditions if OR in condition]
    if len(several) < 2:  # it is no right operand
        joined = [*several, *(condition for condition in conditions if OR not in condition)]
        return f"({' && '.join(joined)})" if len(joined) > 1 else joined[0] if joined else ALWAYS
    first, *rest = conditions
    return f"({first} ? {both(rest)} : 0)"


def any_of(conditions: Iterable[str]) -> str:
    """True where any is; each a comparison."""
    said = list(dict.fromkeys(conditions))
    return said[0] if len(said) == 1 else f"({OR.join(said)})"


def masked(value: str, mask: int, whole: int = (1 << 64) - 1) -> str:
    """The bits of `mask`, of a value that has those of `whole`."""
    if mask == whole:
        return value
    before = _MASKED.fullmatch(value)
    return f"({before[1]} & {number(int(before[2], 0) & mask)})" if before else f"({value} & {number(mask)})"


def negated(value: str) -> str:
    """Minus the value, in 64 bits: a product, since a `-` would take a right operand in parentheses apart."""
    return f"({value} * {number((1 << 64) - 1)})"


def equal(value: str, constant: int) -> str:
    return f"({value} == {number(constant)})"


def within(value: str, numbers: Iterable[int]) -> str:
    """True where the value is one of these: unsigned numbers, tested by their runs."""
    runs: list[tuple[int, int]] = []
    for each in sorted(set(numbers)):
        if runs and runs[-1][1] + 1 == each:
            runs[-1] = runs[-1][0], each
        else:
            runs.append((each, each))
    return any_of(_in_run(value, *run) for run in runs)


def _in_run(value: str, low: int, high: int) -> str:
    if low == high:
        return equal(value, low)
    upper = f"({value} <= {number(high)})"
    return f"(({value} >= {number(low)}) && {upper})" if low else upper


def symbolic(value: str, symbols: Iterable[tuple[int, str]]) -> str:
    """A number's name, the number in hex where it has none."""
    return f"__print_symbolic({value}, {_symbols(symbols)})"


def flags(value: str, symbols: Iterable[tuple[int, str]], between: str = "|") -> str:
    """Names of bits, each taking its bits from those after it; then the rest in hex. Nothing where there are no
    bits."""
    return f'__print_flags({value}, "{between}", {_symbols(symbols)})'


def _symbols(symbols: Iterable[tuple[int, str]]) -> str:
    first: dict[int, str] = {}
    for value, name in symbols:
        first.setdefault(value, name)
    return ", ".join(f"{{{number(value)}, {literal(name)}}}" for value, name in first.items())


def saved(name: str) -> str:
    """True where the record has bytes of what an argument points to: their number."""
    return f"__get_dynamic_array_len({name})"


def byte(name: str, index: str) -> str:
    """One of those bytes; to be no right operand, as which the library warns of an index."""
    return f"({_byte(name, index)})"


def _byte(name: str, index: str) -> str:
    return f"(__get_dynamic_array({name}))[{index}]"


def loaded(name: str, offset: int, size: int) -> str:
    """A number of `size` bytes among them."""
    first, *more = (_byte(name, number(offset + i)) for i in range(size))
    shifted = (f"({each} << {number(8 * i)})" for i, each in enumerate(more, 1))
    return f"({' | '.join([first, *shifted])})"
