# SPDX-License-Identifier: GPL-2.0-only
"""Structures of numbers straight to text: by a pattern that the notation makes of the structure once."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from tracefs.calls.notation import PLACE, Notation, kept, place
from tracefs.syscalls.types import Decoder
from tracefs.syscalls.types.decode.members import Layout, Member
from tracefs.syscalls.types.language.model import WIDTHS, IntType, Ref, StructType
from tracefs.syscalls.types.notation.values import Argument, Number, Pointer, Struct, Value

_CODES = {1: "b", 2: "h", 4: "i", 8: "q"}
_MOST_MOMENTS = 1024
Word = Callable[[int], str] | None
"""What shows a number; None: it is shown in decimal."""


class _Pattern(NamedTuple):
    """What % makes a structure's text of. `places`: which of the numbers, and what shows them.

    `moments`: places that show a second number, too: nanoseconds.
    """

    text: str
    unpack: Callable[[bytes], tuple[int, ...]]
    places: tuple[tuple[int, Word], ...]
    moments: tuple[tuple[int, int, int], ...] = ()
    """(place, seconds, nanoseconds)."""


class Patterns:
    """By one decoder, in one notation."""

    def __init__(self, decoder: Decoder, notation: Notation) -> None:
        self._decoder, self._notation = decoder, notation
        self._moment = lru_cache(_MOST_MOMENTS)(lambda sec, nsec: notation.value(Number(sec, "sec", nsec)))
        self._shows_parts = self._moment(1, 1) != self._moment(1, 0)

    def target(self, syscall: str, name: str, named: StructType) -> Callable[[bytes], str | None]:
        """An argument that points to one; its bytes -> text, None: not to be told so. Which members it has they may
        say."""
        patterns: dict[int, _Pattern | None] = {}
        moment = self._moment
        fixed = None if named.variants else self._decoder.layout(named, b"")

        def text(blob: bytes) -> str | None:
            layout = fixed or self._decoder.layout(named, blob)
            if id(layout) not in patterns:
                patterns[id(layout)] = self._pattern(syscall, name, named, layout)
            pattern = patterns[id(layout)]
            if pattern is None or len(blob) < named.size:
                return None
            raw = pattern.unpack(blob)
            shown = [raw[i] if word is None else word(raw[i]) for i, word in pattern.places]
            for place_, sec, nsec in pattern.moments:
                shown[place_] = moment(raw[sec], raw[nsec])
            return pattern.text % tuple(shown)

        return text

    def _pattern(self, syscall: str, name: str, named: StructType, layout: Layout) -> _Pattern | None:
        members = list(self._flat(layout, 0))
        rank = sorted(range(len(members)), key=lambda number: members[number][0])
        unpack = unpacker([members[number] for number in rank])
        if unpack is None:
            return None
        shape = self._shape(named, layout, iter(range(len(members))))
        shown = self._notation.argument(syscall, Argument(name, Pointer(1, shape)))
        words = [self.word(member) for _, member in members]
        order = [int(number) for number in PLACE.findall(shown)]
        places = tuple((rank.index(number), words[number]) for number in order)
        moments: tuple[tuple[int, int, int], ...] = ()
        if self._shows_parts and len(members) == len(layout.shown):
            moments = tuple(
                (order.index(sec), rank.index(sec), rank.index(nsec)) for sec, nsec in layout.moments if sec in order
            )
        return _Pattern(pattern(shown, words), unpack, places, moments)

    def _inner(self, member: Member) -> tuple[StructType, Layout] | None:
        """If it is a structure itself, that always has the same members."""
        named = self._decoder.table.types.get(member.type.name) if isinstance(member.type, Ref) else None
        if not isinstance(named, StructType) or named.variants or named.open:
            return None
        return named, self._decoder.layout(named, b"")

    def _flat(self, layout: Layout, start: int) -> Iterator[tuple[int, Member]]:
        """The members with the offsets at which they stand, for a structure among them its own."""
        for member in layout.shown:
            inner = self._inner(member)
            if inner:
                yield from self._flat(inner[1], start + member.offset)
            else:
                yield start + member.offset, member

    def _shape(self, named: StructType, layout: Layout, numbers: Iterator[int]) -> Struct:
        """A structure with a place for each of what _flat() gives."""
        fields: list[tuple[str, Value]] = []
        for member in layout.shown:
            inner = self._inner(member)
            fields.append((member.name, self._shape(*inner, numbers) if inner else place(next(numbers))))
        return Struct(named.name, tuple(fields), apart=layout.apart)

    def word(self, member: Member) -> Word:
        number, whole = member.number, (1 << 8 * member.size) - 1
        assert number is not None
        named = self._decoder.table.types.get(member.type.name) if isinstance(member.type, Ref) else None
        if isinstance(named, IntType) and named.style == "dec":
            return None
        return kept(lambda raw: self._notation.value(number(raw & whole)))


def pattern(shown: str, words: list[Word]) -> str:
    """For %: what a notation shows with places; one that has no word is a text."""
    decimal = {number for number, word in enumerate(words) if word is None}
    return PLACE.sub(lambda found: "%d" if int(found[1]) in decimal else "%s", shown.replace("%", "%%"))


def unpacker(members: list[tuple[int, Member]]) -> Callable[..., tuple[int, ...]] | None:
    """Of numbers in the order of their offsets; None where one overlaps another, or is none."""
    codes, end = "<", 0
    for offset, member in members:
        if member.number is None or member.bits or offset < end:
            return None
        code = _CODES[member.size]
        codes += f"{offset - end}x{code if WIDTHS[member.width][1] else code.upper()}"
        end = offset + member.size
    return struct.Struct(codes).unpack_from if members else None
