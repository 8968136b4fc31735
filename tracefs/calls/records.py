# SPDX-License-Identifier: GPL-2.0-only
"""Lists of structures that each say their length (directories) straight to text, or to how many they are."""

from __future__ import annotations

from collections.abc import Callable

from tracefs.calls.notation import Notation, around, place
from tracefs.calls.patterns import Patterns, pattern, unpacker
from tracefs.syscalls.types import Decoder
from tracefs.syscalls.types.decode.members import Layout, Member
from tracefs.syscalls.types.language.model import Records, Ref, StructType
from tracefs.syscalls.types.notation.values import Argument, Array, Number, Pointer, Struct, Text

_LONG = 256
"""Items of a list, of which a notation that shortens lists would show fewer."""
Show = Callable[[int, bytes, int], str | None]
"""(address, what was saved there, how many bytes there were, as far as a count says that) -> text; None: not to be told
so."""

_TEXTS = (Ref("str"), Ref("pathname"))


def records(decoder: Decoder, notation: Notation, syscall: str, name: str, expr: Records) -> Show | None:
    """An argument that points to such. Only of numbers and a text to the end, and where all of them are there."""
    named = decoder.table.resolve(expr.target)
    assert isinstance(named, StructType)
    layout = decoder.layout(named, b"")
    length = next((member for member in layout.shown if member.name == expr.length), None)
    shown = notation.argument(syscall, Argument(name, Pointer(1, Array(tuple(map(place, range(_LONG)))))))
    parts = around(shown)
    if length is None or named.variants:
        return None
    if len(parts) == 1:
        return _counted(notation, syscall, name, named, length, expr.align)
    item = _item(named, layout, notation, Patterns(decoder, notation))
    if item is None or len(parts) <= _LONG:
        return None
    before, between, after = parts[0], parts[1], parts[-1]

    def items(raw: int, blob: bytes, size: int) -> str | None:
        spans = _spans(blob, size, length, named.size, expr.align)
        return None if spans is None else f"{before}{between.join([item(blob, *span) for span in spans])}{after}"

    return items


def _counted(notation: Notation, syscall: str, name: str, named: StructType, length: Member, align: int) -> Show:
    """In a notation that says how many there are."""

    def count(raw: int, blob: bytes, size: int) -> str | None:
        spans = _spans(blob, size, length, named.size, align)
        if spans is None:
            return None
        return notation.argument(syscall, Argument(name, Pointer(raw, None, Array((Number(0),) * len(spans)))))

    return count


def _item(
    named: StructType, layout: Layout, notation: Notation, patterns: Patterns
) -> Callable[[bytes, int, int], str] | None:
    """What shows the structure between two places."""
    *numbers, tail = layout.shown
    unpack = unpacker([(member.offset, member) for member in numbers])
    if tail.type not in _TEXTS or tail.size or unpack is None:
        return None
    whole = tail.type == Ref("pathname")
    fields = tuple((member.name, place(number)) for number, member in enumerate(layout.shown))
    words = [patterns.word(member) for member in numbers]
    made = pattern(notation.value(Struct(named.name, fields)), words)

    def text(blob: bytes, start: int, end: int) -> str:
        raw = unpack(blob, start)
        known = [value if word is None else word(value) for value, word in zip(raw, words, strict=True)]
        return made % (*known, notation.value(Text(blob[start + tail.offset : end].partition(b"\0")[0], whole=whole)))

    return text


def _spans(blob: bytes, size: int, length: Member, smallest: int, align: int) -> list[tuple[int, int]] | None:
    """Where each of the structures that fill `size` bytes begins and ends; None where not all is there."""
    found, at = [], 0
    if len(blob) < size:
        return None
    while at + smallest <= size:
        end = at + int.from_bytes(blob[at + length.offset : at + length.offset + length.size], "little")
        if end < at + smallest or end > size:
            return None
        found.append((at, end))
        at += -(-(end - at) // align) * align
    return found if at == size else None
