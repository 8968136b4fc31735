# SPDX-License-Identifier: GPL-2.0-only
"""A number or pointer of a type -> slots: conversions of a `print fmt`, each with the expression of its argument.

A conversion is fixed, what it prints is not: where an argument's type depends on another's value, each slot is told what
it prints in each case, and where it is not wanted it prints nothing: "" by %s, 0 by %.0d.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tracefs.syscalls.types import fmt_expr as fe
from tracefs.syscalls.types.model import WIDTHS, EnumType
from tracefs.syscalls.types.rows import Test

TEXT: Final = "%s"
BOUNDED: Final = "%.*s"
"""Text of a length that is the argument before it."""
QUOTED: Final = f'\\"{BOUNDED}\\"'
"""The same in quotes, which only the format itself can have: for what is always a string."""
MOST_RUNS: Final = 12
"""Values without names are decimal where the named ones are in as few runs as this; else hex, which costs no question."""
HEX_STYLES: Final = ("hex", "ptr", "ioctl")
_LONG: Final = 8


@dataclass(frozen=True)
class Slot:
    """A conversion and its argument; `length` is that of BOUNDED."""

    conversion: str
    value: str
    length: str = ""

    @property
    def is_text(self) -> bool:
        return self.conversion == TEXT

    @property
    def nothing(self) -> str:
        """What makes it print nothing."""
        return fe.NOTHING if self.is_text else "0"

    def when(self, condition: str) -> Slot:
        """Nothing where the condition does not hold."""
        return Slot(self.conversion, fe.choose(condition, self.value, self.nothing), self.length)


def text(value: str) -> Slot:
    return Slot(TEXT, value)


def decimal(value: str, width: str) -> list[Slot]:
    """A number of this width, already cut down to it."""
    size, signed = WIDTHS[width]
    return [Slot(("%ld" if signed else "%lu") if size == _LONG else _short(size, signed), value)]


def _short(size: int, signed: bool) -> str:
    return {1: "%hhd", 2: "%hd"}.get(size, "%d") if signed else "%u"


def plain(value: str, style: str, width: str) -> list[Slot]:
    """A number that has no names."""
    if style in HEX_STYLES:
        return [text(hexadecimal(value, "NULL" if style == "ptr" else "0"))]
    if style == "oct":
        return octal(value)
    if style == "dev":
        major = f"(({value} >> 8) & 0xfff)"
        minor = f"(({value} & 0xff) | (({value} >> 12) & 0xffffff00))"
        return [text('"makedev("'), text(_marked(major)), text('", "'), text(_marked(minor)), text('")"')]
    return decimal(value, width)


def hexadecimal(value: str, zero: str = "0") -> str:
    """0x1f; `zero` where it is 0."""
    return fe.symbolic(value, [(0, zero)])


def _marked(value: str) -> str:
    return hexadecimal(value, "0x0")


def octal(value: str) -> list[Slot]:
    """A leading 0, then two digits or more."""
    lead = fe.choose(f"({value} > 7)", '"0"', fe.choose(value, '"00"', '"000"'))
    return [text(lead), Slot("%.0lo", value)]


def optional(slots: Iterable[Slot]) -> list[Slot]:
    """The same, so that each can be told to print nothing: 0 is a text, other numbers print as before."""
    out: list[Slot] = []
    for slot in slots:
        if slot.is_text or "." in slot.conversion:
            out.append(slot)
        else:
            out.append(text(fe.choose(slot.value, fe.NOTHING, '"0"')))
            out.append(Slot("%.0" + slot.conversion[1:], slot.value))
    return out


def enumerated(named: EnumType, value: str, width: str) -> list[Slot]:
    """A name, or the number in the type's style."""
    whole = (1 << 8 * WIDTHS[width][0]) - 1
    symbols = [(entry.value & whole, entry.name) for entry in named.entries]
    known = {number for number, _ in symbols}
    runs = sum(number - 1 not in known for number in known)
    if named.style in HEX_STYLES or runs > MOST_RUNS:
        zero = [] if 0 in known else [(0, "NULL" if named.style == "ptr" else "0")]
        name = fe.symbolic(value, symbols + zero)
        return _signed_hex(value, name, known, whole) if WIDTHS[width][1] else [text(name)]
    is_named = fe.within(value, known)
    other, digits = optional(decimal(value, width))
    return [
        text(fe.choose(is_named, fe.symbolic(value, symbols), other.value)),
        Slot(digits.conversion, fe.choose(is_named, "0", digits.value)),
    ]


def _signed_hex(value: str, name: str, known: set[int], whole: int) -> list[Slot]:
    """The name, or the number with its sign."""
    negative = f"({value} > {fe.number(whole >> 1)})"
    below = [number for number in known if number > whole >> 1]
    if below:
        negative = f"({fe.within(value, below)} ? 0 : {negative})"
    size = hexadecimal(fe.masked(fe.negated(value), whole))
    return [text(fe.choose(negative, '"-"', fe.NOTHING)), text(fe.choose(negative, size, name))]


def described(slots: Iterable[Slot], field: str) -> list[Slot]:
    """A descriptor's number; where the record says in `field` what it stood for, that: it has the number in it."""
    there = fe.saved(field)
    first, *more = optional(slots)
    return [
        text(fe.choose(there, f"__get_str({field})", first.value)),
        *(Slot(slot.conversion, fe.choose(there, slot.nothing, slot.value), slot.length) for slot in more),
    ]


def address(value: str) -> Slot:
    return text(hexadecimal(value, "NULL"))


@dataclass(frozen=True)
class Variant:
    """Slots that hold where `tests` do."""

    tests: tuple[Test, ...]
    slots: Sequence[Slot]

    @property
    def condition(self) -> str:
        """To stand left of a `?`."""
        return fe.both([_test(test) for test in self.tests])

    def excludes(self, other: Variant) -> bool:
        """Whether no value can be of both."""
        return any(
            one.name == two.name and all((a ^ b) & m & n for a, m in one.choices for b, n in two.choices)
            for one in self.tests
            for two in other.tests
        )


def _test(test: Test) -> str:
    return fe.any_of(fe.equal(fe.masked(f"REC->{test.name}", mask), value & mask) for value, mask in test.choices)


def merged(base: Sequence[Slot], variants: Sequence[Variant]) -> list[Slot]:
    """`base`, or what the last of the variants says whose condition holds: each slot of them all, told when."""
    alternatives = [optional(base), *(optional(variant.slots) for variant in variants)]
    order, places = _aligned([[slot.conversion for slot in slots] for slots in alternatives])
    out = []
    for position, conversion in enumerate(order):
        empty = Slot(conversion, "").nothing
        said = [
            dict(zip(taken, slots, strict=True)).get(position)
            for taken, slots in zip(places, alternatives, strict=True)
        ]
        values = [slot.value if slot else empty for slot in said]
        length = next((slot.length for slot in said if slot and slot.length), "")
        out.append(Slot(conversion, selected(values[0], variants, values[1:]), length))
    return out


def selected(base: str, variants: Sequence[Variant], values: Sequence[str]) -> str:
    """The value of the last variant that holds, else the base's."""
    apart = all(len(v.tests) == 1 and all(v.excludes(w) for w in variants[i + 1 :]) for i, v in enumerate(variants))
    if not apart:
        for variant, value in zip(variants, values, strict=True):
            base = fe.choose(variant.condition, value, base)
        return base
    by_value: dict[str, list[str]] = {}
    for variant, value in zip(variants, values, strict=True):
        if value != base:
            by_value.setdefault(value, []).append(variant.condition)
    for value, conditions in by_value.items():
        base = fe.choose(fe.any_of(conditions), value, base)
    return base


def _aligned(kinds: Sequence[Sequence[str]]) -> tuple[list[str], list[list[int]]]:
    """A sequence that has each of `kinds` within it, and at which places of it each stands."""
    order: list[str] = []
    places: list[list[int]] = []
    for each in kinds:
        at = 0
        taken: list[int] = []
        for kind in each:
            if kind in order[at:]:
                at = order.index(kind, at)
            else:
                order.insert(at, kind)
                places = [[place + (place >= at) for place in earlier] for earlier in places]
            taken.append(at)
            at += 1
        places.append(taken)
    return order, places
