# SPDX-License-Identifier: GPL-2.0-only
"""A flags type -> slots: names joined by |, in the table's order, then the bits without a name.

__print_flags knows bits only. So the entries are taken in groups: bits; names of the same mask; a number within the
flags. Each group says when it shows something, which tells the | between them, and which bits it leaves to those after
it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tracefs.syscalls.types.language.model import Entry, FlagsType, Ref, SubField
from tracefs.syscalls.types.printfmt import expr as fe
from tracefs.syscalls.types.printfmt.slots import Slot, hexadecimal, octal, optional, text

Inner = Callable[[Ref, str], list[Slot]]
"""The slots of a number within flags, by its type and the expression of its value."""


@dataclass
class _Group:
    """Entries that are asked about together. `mask`: the bits that they may take."""

    mask: int
    entries: list[Entry | SubField]
    bits: bool = False

    def takes(self, entry: Entry | SubField, mask: int, is_bits: bool) -> bool:
        if isinstance(entry, SubField) or isinstance(self.entries[0], SubField):
            return False
        return mask == self.mask if not self.bits else is_bits


def _groups(named: FlagsType, whole: int) -> Iterator[_Group]:
    group: _Group | None = None
    for entry in named.entries:
        mask = entry.mask & whole
        is_bits = isinstance(entry, Entry) and entry.value & whole == mask
        if not mask or (isinstance(entry, Entry) and mask == whole and not entry.value & whole):
            continue
        if group and group.takes(entry, mask, is_bits):
            group.mask |= mask
            group.entries.append(entry)
            continue
        if group:
            yield group
        group = _Group(mask, [entry], is_bits)
    if group:
        yield group


def flag_slots(named: FlagsType, value: str, whole: int, inner: Inner) -> list[Slot]:
    """`value` is an expression of the bits of `whole`."""
    groups = list(_groups(named, whole))
    slots: list[Slot] = []
    rest, always = value, False
    shown: list[str] = []
    for position, group in enumerate(groups):
        last = position == len(groups) - 1 and named.style != "oct"
        bits = fe.masked(value, group.mask, whole)
        first = group.entries[0]
        if group.bits:
            mine = rest if last else fe.masked(rest, group.mask, whole)
            shows, texts = mine, [text(fe.flags(mine, _symbols(group, whole)))]
            rest = "0" if last else fe.masked(rest, whole & ~group.mask, whole)
        elif isinstance(first, SubField):
            if any(before.mask & group.mask for before in groups[:position]):
                bits = fe.masked(rest, group.mask, whole)  # what names have left
            number = f"({bits} >> {first.shift})" if first.shift else bits
            shows, texts = bits, optional(inner(first.type, number))
            texts += [text(fe.literal(f"<<{first.name}"))] * bool(first.name)
            rest = fe.masked(rest, whole & ~group.mask, whole)
        else:
            known = {number for number, _ in _symbols(group, whole)}
            shows, texts = fe.within(bits, known), [text(fe.symbolic(bits, _symbols(group, whole)))]
            complete = len(known) == 1 << group.mask.bit_count()
            left = fe.masked(rest, whole & ~group.mask, whole)
            for other, condition in zip(groups, shown, strict=False):
                if _overlap(other, group, whole):
                    shows = f"({shows} && ({condition} == 0))"
            if complete:
                shows, rest = fe.ALWAYS, left
            elif known != {0}:
                rest = fe.choose(shows, left, rest)
        slots += texts if group.bits and not shown else _with_bar(texts, shows, shown, always)
        shown.append(shows)
        always = always or shows == fe.ALWAYS
    if rest != "0":
        slots += _with_bar(_rest(named, rest), rest, shown, always)
    return _zero(named, slots, groups, value, whole)


def _overlap(one: _Group, two: _Group, whole: int) -> bool:
    """Whether both could show something by the same bits."""
    common = one.mask & two.mask
    return bool(common) and any((a ^ b) & common == 0 for a, _ in _symbols(one, whole) for b, _ in _symbols(two, whole))


def _symbols(group: _Group, whole: int) -> list[tuple[int, str]]:
    return [(entry.value & whole, entry.name) for entry in group.entries if isinstance(entry, Entry)]


def _with_bar(texts: list[Slot], shows: str, before: list[str], always: bool) -> list[Slot]:
    """Texts where they show something, with a | before them where something is shown before."""
    if before:
        bar = '"|"' if always else fe.choose(fe.any_of(before), '"|"', fe.NOTHING)
        texts = [text(bar), *texts]
    return [each.when(shows) for each in texts]


def _rest(named: FlagsType, rest: str) -> list[Slot]:
    return octal(rest) if named.style == "oct" else [text(hexadecimal(rest))]


def _zero(named: FlagsType, slots: list[Slot], groups: list[_Group], value: str, whole: int) -> list[Slot]:
    """What is shown where no bit is set: a name for that, else 0; unless a group has a name for its bits being 0."""
    if any(not group.bits and any(number == 0 for number, _ in _symbols(group, whole)) for group in groups):
        return slots
    names = (e.name for e in named.entries if isinstance(e, Entry) and not e.value & whole)
    zero = fe.literal(next(names, "000" if named.style == "oct" else "0"))
    if slots and slots[0].is_text:
        return [text(fe.choose(value, slots[0].value, zero)), *slots[1:]]
    return [text(fe.choose(value, fe.NOTHING, zero)), *slots]
