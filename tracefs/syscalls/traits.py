# SPDX-License-Identifier: GPL-2.0-only
"""The table traits.tbl as Python values, and with prctl's options as the C header that the engine is compiled with."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from tracefs.syscalls.table import COMPAT_NAMES, SYSCALLS, X32_NAMES, data_lines, read

BITS = (
    "exec", "affinity", "wait", "sigreturn", "rename", "birth", "birth=flags", "birth=struct", "multiplex=socketcall",
    "multiplex=ipc", "followed", "again", "timeout", "again=ignored", "exec=at", "action", "action=old", "action=signal",
    "sends=kill", "sends=tkill", "sends=tgkill", "sends=queue", "sends=tgqueue", "sends=pidfd",
)  # fmt: skip
"""Traits that the engine's C knows, as bits from the lowest."""
PLAIN = frozenset((*BITS, "restarts", "receives")) - {"timeout"}


UNITS = ("ms", "timespec", "sleep", "futex", "receive", "send", "connect", "ring")
"""What an argument says of a time limit; in C enum cap_limit, from 1."""


class Timeout(NamedTuple):
    """The time limit of a call."""

    argument: int
    unit: str
    """One of UNITS."""
    result: int
    """What the call returns when the time is over."""


class Traits(NamedTuple):
    """What is special about a call."""

    words: frozenset[str]
    """The traits of the table without their numbers."""
    receive_flags: int | None
    """Of one that `receives`: the argument that has its flags."""
    timeout: Timeout | None


def parse_timeout(text: str) -> Timeout:
    """`3:ms:0` -> Timeout(3, "ms", 0). ValueError, AttributeError where it is not of that form."""
    argument, unit, result = text.split(":")
    if unit not in UNITS:
        raise ValueError(f"{unit}: a time limit is one of {', '.join(UNITS)}")
    value = int(result) if result.isdigit() else -int(getattr(errno, result))
    return Timeout(int(argument), unit, value)


def parse(line: str) -> tuple[str, Traits]:
    """One line of traits.tbl; ValueError where it is not one."""
    name, *rest = line.split()
    words, flags, timeout = set(), None, None
    for word in rest:
        key, _, value = word.partition("=")
        if word in PLAIN:
            words.add(word)
        elif key == "receives":
            flags = int(value)
            words.add(key)
        elif key in ("timeout", "limit"):
            timeout = parse_timeout(value)
            words.add(key)
        else:
            raise ValueError(f"{name}: no trait is called {word}")
    return name, Traits(frozenset(words), flags, timeout)


TRAITS: dict[str, Traits] = dict(map(parse, data_lines(read("traits.tbl"))))
"""By the name that programs use (__NR_NAME)."""

NATIVE_NAMES = {call.nr: call.uapi_name for call in SYSCALLS}


def named(trait: str) -> frozenset[str]:
    """The names of all calls that have a trait."""
    return frozenset(name for name, traits in TRAITS.items() if trait in traits.words)


def kind(key: str) -> frozenset[int]:
    """The numbers, in the 64-bit table, of all calls that have a trait `KEY` or `KEY=...`."""
    names = {name for name, traits in TRAITS.items() if any(word.partition("=")[0] == key for word in traits.words)}
    return frozenset(number for number, name in NATIVE_NAMES.items() if name in names)


def prctl_options() -> list[int]:
    """The options of prctl(2) that the type tables have a name for."""
    from tracefs.syscalls.types.language.lexer import statements  # when the engine is built, alone

    text = (Path(__file__).parent / "types/tables/prctl.tbl").read_text(encoding="ascii")
    words = next(words for words in statements(text) if [word.text for word in words[:2]] == ["enum", "prctl_option"])
    return sorted(int(word.text.partition("=")[2], 0) for word in words[4:])


def _bits(names: Mapping[int, str]) -> dict[int, int]:
    """Number -> its traits as bits, of the calls of one table that have any."""
    rows = {number: TRAITS[name].words for number, name in names.items() if name in TRAITS}
    return {number: sum(1 << bit for bit, word in enumerate(BITS) if word in words) for number, words in rows.items()}


def _rows(cells: Mapping[int, object], show: Callable[[object], str]) -> str:
    return "".join(f"\t[{number}] = {show(cell)},\n" for number, cell in sorted(cells.items()))


def _c_timeout(timeout: object) -> str:
    assert isinstance(timeout, Timeout)
    return f"{{{timeout.argument}, CAP_LIMIT_{timeout.unit.upper()}, {timeout.result}}}"


def header() -> str:
    """The text of tracefs/capture/task/_call_traits.h: what the engine is told of calls when it is compiled."""
    units = "".join(f"\tCAP_LIMIT_{unit.upper()} = {number},\n" for number, unit in enumerate(UNITS, 1))
    enum = "".join(f"\tCAP_TRAIT_{word.replace('=', '_').upper()} = 1 << {bit},\n" for bit, word in enumerate(BITS))
    tables = {"64": NATIVE_NAMES, "32": COMPAT_NAMES, "x32": X32_NAMES}
    arrays = "".join(
        f"static const uint32_t cap_traits_{name}[] = {{\n{_rows(_bits(names), lambda cell: f'{cell:#x}')}}};\n\n"
        for name, names in tables.items()
    )
    timeouts = {number: TRAITS[name].timeout for number, name in NATIVE_NAMES.items() if name in TRAITS}
    options = "".join(f"\t{value:#x},\n" for value in prctl_options())
    limits = _rows({number: timeout for number, timeout in timeouts.items() if timeout}, _c_timeout)
    return f"""\
/* SPDX-License-Identifier: GPL-2.0-only */
/* Written by tracefs/capture/build.py from tracefs/syscalls/traits.tbl and types/tables/prctl.tbl. */
#include <stdbool.h>
#include <stdint.h>

enum cap_trait {{
{enum}}};

enum cap_limit {{
{units}}};

{arrays}struct cap_timeout {{
	uint8_t argument;
	uint8_t unit;	/* enum cap_limit; 0: it has none */
	int16_t result; /* what the call returns when the time is over */
}};

static const struct cap_timeout cap_timeouts_64[] = {{
{limits}}};

/* The options of prctl(2) that have names. */
static const int32_t cap_prctl_options[] = {{
{options}}};
"""
