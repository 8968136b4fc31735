# SPDX-License-Identifier: GPL-2.0-only
"""Types that code decodes (custom.py) -> slots: those that the language has words for."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from tracefs.syscalls.types.decode.custom import CONTROL_CHARS, signal_name
from tracefs.syscalls.types.printfmt import expr as fe
from tracefs.syscalls.types.printfmt.place import Place
from tracefs.syscalls.types.printfmt.slots import UNSAID, Slot, decimal, hexadecimal, octets, optional, text

Shown = Callable[[Place, int], list[Slot]]
"""The slots of an object, by the place that has it and where in it."""

_SIGNALS: Final = 64
_TOP: Final = _SIGNALS - 1
_MOSTLY: Final = 2 * _SIGNALS // 3
_ALL: Final = (1 << _SIGNALS) - 1
_SET_BYTES: Final = 16
_GROUPS: Final = 8


def sigset(place: Place, at: int) -> list[Slot]:
    """[CHLD WINCH]. The last signal is apart: flags are signed, and its bit would be one that no value has."""
    value = place.loaded(at, _SIGNALS // 8)
    inverted = f"({_ones(value)} >= {fe.number(_MOSTLY)})"
    shown = f"({inverted} ? ({fe.negated(value)} + {fe.number(_ALL)}) : {value})"
    names = [(1 << n, signal_name(n + 1)) for n in range(_TOP)]
    last, others = f"({shown} >> {fe.number(_TOP)})", fe.masked(shown, _ALL >> 1)
    return [
        text(fe.choose(inverted, '"~["', '"["')),
        text(fe.flags(others, names, " ")),
        text('" "').when(others).when(last),
        text(fe.literal(signal_name(_SIGNALS))).when(last),
        text('"]"'),
    ]


def _ones(value: str) -> str:
    """How many bits are set: those of pairs, of fours, of bytes, then of all bytes summed up in the highest."""
    pairs = f"({value} + {fe.negated(f'(({value} >> 1) & 0x5555555555555555)')})"
    fours = f"(({pairs} & 0x3333333333333333) + (({pairs} >> 2) & 0x3333333333333333))"
    return f"(((({fours} + ({fours} >> 4)) & 0xf0f0f0f0f0f0f0f) * 0x101010101010101) >> 0x38)"


def bit_set(place: Place, at: int) -> list[Slot]:
    """[0 1 5]: of as many bytes as there are, and have room here; `...` where there are more."""
    slots = [text('"["')]
    before: list[str] = []
    for index in range(_SET_BYTES + 1):
        byte, there = place.byte(at + index), place.has(at + index + 1)
        numbers = fe.flags(byte, [(1 << bit, str(8 * index + bit)) for bit in range(8)], " ")
        shown = [text('" "').when(fe.any_of(before))] if before else []
        shown.append(text(numbers if index < _SET_BYTES else UNSAID))
        slots += (slot.when(byte).when(there) if index < _SET_BYTES else slot.when(there) for slot in shown)
        before.append(f"({byte} > 0)")
    return [*slots, text('"]"')]


def inet6(place: Place, at: int) -> list[Slot]:
    """An address as inet_ntop(3) has it, in quotes.

    A group that is not 0 is shown always. So what stands before each, the 0 of one that is 0 included, is looked up by
    the eight bits of which are 0. Behind ::ffff, or six groups of 0, the last two are an address of the old Internet.
    """
    groups = [f"({place.byte(at + 2 * i + 1)} | ({place.byte(at + 2 * i)} << 8))" for i in range(_GROUPS)]
    zeros = " | ".join(f"(({group} == 0) << {i})" if i else f"({group} == 0)" for i, group in enumerate(groups))
    mapped = f"(((({zeros}) & 0x3f) == 0x1f) && ({groups[5]} == 0xffff))"
    old = f"({mapped} || ((({zeros}) & 0x7f) == 0x3f))"
    slots = [text(fe.QUOTE)]
    for index, group in enumerate(groups):
        shown = [text(fe.symbolic(f"({zeros})", _before(index))), Slot("%.0x", group)]
        slots += (slot.unless(old) for slot in shown) if index > 5 else shown
    slots.append(text('":"').when(mapped))
    return [*slots, *(slot.when(old) for slot in octets(place.loaded(at + 12, 4))), text(fe.QUOTE)]


@lru_cache(maxsize=_GROUPS)
def _before(index: int) -> tuple[tuple[int, str], ...]:
    """What stands before the digits of a group, by which groups are 0."""
    return tuple((mask, _separator(mask, index)) for mask in range(1 << _GROUPS))


def _separator(mask: int, index: int) -> str:
    zeros = "".join("0" if mask >> i & 1 else "x" for i in range(_GROUPS))
    longest = max(re.findall("0*", zeros), key=len)
    start = zeros.index(longest) if len(longest) > 1 else _GROUPS
    end = start + len(longest)
    if start <= index < end:
        return "::" if index == start else ""
    return (":" if index and index != end else "") + ("0" if zeros[index] == "0" else "")


def wait_status(place: Place, at: int) -> list[Slot]:
    """{WIFEXITED(s) && WEXITSTATUS(s) == 1}, as the macros of wait(2) take it apart."""
    low, high = f"({place.byte(at)} & 0x7f)", place.byte(at + 1)
    event, core = place.loaded(at + 2, 2), f"({place.byte(at)} >> 7)"
    continued = fe.equal(place.loaded(at, 4), 0xFFFF)
    exited, stopped = fe.equal(low, 0), fe.equal(low, 0x7F)
    names = [(0x85, "SIGTRAP | 0x80"), *((number, "SIG" + signal_name(number)) for number in range(0x100))]
    signal = fe.symbolic(f"({stopped} ? {high} : {low})", names)
    ended = fe.choose(exited, '"WIFEXITED(s) && WEXITSTATUS(s) == "', '"WIFSIGNALED(s) && WTERMSIG(s) == "')
    began = fe.choose(stopped, '"WIFSTOPPED(s) && WSTOPSIG(s) == "', ended)
    more = [text('" | "'), text(hexadecimal(event)), text('" << 16"')]
    return [
        text('"{"'),
        text(fe.choose(continued, '"WIFCONTINUED(s)"', began)),
        *(slot.when(exited) for slot in optional(decimal(high, "u32"))),
        text(signal).unless(exited).unless(continued),
        text('" && WCOREDUMP(s)"').when(core).unless(stopped).unless(continued),
        text('"}"'),
        *(slot.when(event).when(stopped) for slot in more),
    ]


def control_chars(place: Place, at: int) -> list[Slot]:
    """[[VINTR]=0x3, ...]: a terminal's special characters by what they do."""
    slots: list[Slot] = []
    for index, name in enumerate(CONTROL_CHARS):
        slots += [text(fe.literal(f"{', ' if index else '['}[{name}]=")), text(hexadecimal(place.byte(at + index)))]
    return [*slots, text('"]"')]


CUSTOM: Final[dict[str, Shown]] = {
    "sigset": sigset,
    "fd_set": bit_set,
    "cpu_set": bit_set,
    "node_set": bit_set,
    "inet6": inet6,
    "wait_status": wait_status,
    "control_chars": control_chars,
}
