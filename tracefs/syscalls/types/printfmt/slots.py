# SPDX-License-Identifier: GPL-2.0-only
"""A number or pointer of a type -> slots: conversions of a `print fmt`, each with the expression of its argument.

A conversion is fixed, what it prints is not: where an argument's type depends on another's value, each slot is told
what it prints in each case, and where it is not wanted it prints nothing: "" by %s, 0 by %.*d that is given no digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from tracefs.syscalls.types.language.model import WIDTHS, EnumType
from tracefs.syscalls.types.language.rows import Test
from tracefs.syscalls.types.language.widths import SWAPPED
from tracefs.syscalls.types.printfmt import expr as fe

TEXT: Final = "%s"
BOUNDED: Final = "%.*s"
"""Text of a length that is the argument before it."""
QUOTED: Final = f'\\"{BOUNDED}\\"'
"""The same in quotes, which only the format itself can have: for what is always a string."""
UNSAID: Final = '"..."'
"""In place of what the language has no words for, or no room."""
MOST_RUNS: Final = 12
"""Values without names are decimal where the named ones are in as few runs as this; else hex, which costs no
question."""
HEX_STYLES: Final = ("hex", "ptr", "ioctl", "x8", "x16", "x32")
_SWAPPED_SIZES: Final = {"port": 2, "htonl": 4}
"""Bytes of numbers that stand in network order."""
SHORT: Final = 60
"""Characters of an expression that may be repeated."""
_LONG: Final = 8


@dataclass(frozen=True)
class Slot:
    """A conversion and its argument; `length` is what its `*` takes: bytes of a text, or a number's least digits."""

    conversion: str
    value: str
    length: str = ""

    @property
    def is_text(self) -> bool:
        return self.conversion.endswith("s")

    @property
    def nothing(self) -> str:
        """What makes it print nothing, together with a length of 0."""
        return fe.NOTHING if self.is_text else "0"

    def when(self, condition: str) -> Slot:
        """Nothing where the condition does not hold."""
        length = self.length if self.is_text or not self.length else fe.choose(condition, self.length, "0")
        return Slot(self.conversion, fe.choose(condition, self.value, self.nothing), length)

    def unless(self, condition: str) -> Slot:
        """Nothing where the condition holds."""
        length = self.length if self.is_text or not self.length else fe.choose(condition, "0", self.length)
        return Slot(self.conversion, fe.choose(condition, self.nothing, self.value), length)


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
        if WIDTHS[width][0] == _LONG:
            major = f"({major} | (({value} >> 0x20) & 0xfffff000))"
        minor = f"(({value} & 0xff) | (({value} >> 12) & 0xffffff00))"
        return [text('"makedev("'), text(_marked(major)), text('", "'), text(_marked(minor)), text('")"')]
    if style in SWAPPED:
        number = fe.swapped(value, _SWAPPED_SIZES[style])
        return [text(fe.literal(f"{SWAPPED[style]}(")), *optional(decimal(number, "u32")), text('")"')]
    if style == "inet4":
        return [text('"inet_addr("'), text(fe.QUOTE), *octets(value), text(fe.QUOTE), text('")"')]
    if style in ("uid", "gid") and not WIDTHS[width][1]:
        return [Slot("%ld", fe.choose(f"({value} == 0xffffffff)", "-1", value))]
    if style == "kib":
        even = f"(({value} > 1024) && (({value} & 1023) == 0))"
        return [Slot("%lu", fe.choose(even, f"({value} >> 10)", value)), text(fe.choose(even, '"*1024"', fe.NOTHING))]
    if style == "kver":
        parts = (f"({value} >> 16)", f"(({value} >> 8) & 0xff)", f"({value} & 0xff)")
        numbers = [[text('", "')] * (i > 0) + optional(decimal(part, "u32")) for i, part in enumerate(parts)]
        return [text('"KERNEL_VERSION("'), *(slot for each in numbers for slot in each), text('")"')]
    return decimal(value, width)


def octets(value: str) -> list[Slot]:
    """An address of the old Internet."""
    parts = [
        optional(decimal(f"(({value} >> {shift}) & 0xff)" if shift else f"({value} & 0xff)", "u8"))
        for shift in (0, 8, 16, 24)
    ]
    return [slot for i, part in enumerate(parts) for slot in [text('"."')] * (i > 0) + part]


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
    """The same, so that each can be told to print nothing.

    A long number is told how many digits it has at least, none or one; for a short one, 0 is a text, and other numbers
    print as before: so nothing but the value has to be told apart.
    """
    out: list[Slot] = []
    for slot in slots:
        if slot.is_text or "." in slot.conversion:
            out.append(slot)
        elif len(slot.value) > SHORT:
            out.append(Slot("%.*" + slot.conversion[1:], slot.value, "1"))
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
    number = plain(value, named.style, width) if named.style == "kib" else decimal(value, width)
    return [
        text(fe.symbolic(value, symbols)).when(is_named),
        *(slot.unless(is_named) for slot in optional(number)),
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
    return [text(f"__get_str({field})").when(there), *(slot.unless(there) for slot in optional(slots))]


def quoted(field: str, ends: bool = True, count: str = "") -> list[Slot]:
    """A text in quotes that can be told not to be there; `ends`: it is cut where it has no NUL (and is shorter than
    `count`)."""
    length = fe.saved(field)
    last = fe.byte(field, f"({length} - 1)")
    cut = fe.choose(f"({last} && {length} < {count})" if count else last, UNSAID, fe.NOTHING)
    slots = [text(fe.QUOTE), Slot(BOUNDED, f"__get_str({field})", length), text(fe.QUOTE)]
    return [*slots, text(cut).when(length)] if ends else slots


def data(field: str) -> list[Slot]:
    """Bytes in hex."""
    length = fe.saved(field)
    return [text(f"__print_hex(__get_dynamic_array({field}), {length})").when(length)]


def address(value: str) -> Slot:
    return text(hexadecimal(value, "NULL"))


@dataclass(frozen=True)
class Variant:
    """Slots that hold where `tests` do."""

    tests: tuple[Test, ...]
    slots: Sequence[Slot]
    numbers: Mapping[str, str] | None = None
    """Expressions of what is tested; None: arguments."""

    @cached_property
    def condition(self) -> str:
        """To stand left of a `?`."""
        return fe.both([self._said(test) for test in self.tests])

    def _said(self, test: Test) -> str:
        number = f"REC->{test.name}" if self.numbers is None else self.numbers[test.name]
        return fe.any_of(fe.equal(fe.masked(number, mask), value & mask) for value, mask in test.choices)


@lru_cache(maxsize=256)
def _apart(variants: tuple[tuple[Test, ...], ...]) -> bool:
    """Whether no values can be of two of them."""
    return all(_excludes(one, two) for i, one in enumerate(variants) for two in variants[i + 1 :])


def _excludes(these: tuple[Test, ...], others: tuple[Test, ...]) -> bool:
    return any(
        one.name == two.name and all((a ^ b) & m & n for a, m in one.choices for b, n in two.choices)
        for one in these
        for two in others
    )


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
        length = ""
        if "*" in conversion:
            lengths = [slot.length if slot else "0" for slot in said]
            length = selected(lengths[0], variants, lengths[1:])
        out.append(Slot(conversion, selected(values[0], variants, values[1:]), length))
    return out


def selected(base: str, variants: Sequence[Variant], values: Sequence[str]) -> str:
    """The value of the last variant that holds, else the base's."""
    apart = _apart(tuple(variant.tests for variant in variants))
    if not apart or any("?" in variant.condition for variant in variants):
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
