# SPDX-License-Identifier: GPL-2.0-only
"""CPU lists: `0-3,7`, `0-7:1/2` (one of every two), `N` (the last), `all`."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from tracefs.events.filters.ctype import SPACE

_NUMBER = r"(?:[0-9]+|N)"
_REGION = re.compile(
    rf"(?:(?P<all>[aA][lL][lL])|(?P<first>{_NUMBER})(?:-(?P<last>{_NUMBER}))?)"
    rf"(?P<pattern>:(?P<used>{_NUMBER})/(?P<group>{_NUMBER}))?",
)
_SEPARATORS = SPACE | {","}


@cache
def possible_cpus() -> int:
    """One more than the highest CPU number of this machine."""
    return int(re.split("[-,]", Path("/sys/devices/system/cpu/possible").read_text().strip())[-1]) + 1


def parse_cpulist(text: str, cpus: int) -> frozenset[int] | None:
    """The CPUs of a list; None where it is wrong or names a CPU that cannot be.

    A newline right behind a region without pattern ends the list, whatever follows.
    """
    found: set[int] = set()
    position = 0
    while True:
        while position < len(text) and text[position] in _SEPARATORS:
            position += 1
        if position == len(text):
            return frozenset(found)
        region = _REGION.match(text, position)
        if region is None:
            return None
        position = region.end()
        plain = region["pattern"] is None
        if plain and position < len(text) and text[position] not in _SEPARATORS:
            return None
        if not plain and region["first"] and not region["last"]:
            return None
        members = _members(region, cpus)
        if members is None:
            return None
        found.update(members)
        if plain and text.startswith("\n", position):
            return frozenset(found)


def _members(region: re.Match[str], cpus: int) -> list[int] | None:
    def number(name: str, default: int) -> int:
        digits = region[name]
        return default if digits is None else cpus - 1 if digits == "N" else int(digits)

    first = 0 if region["all"] else number("first", 0)
    last = cpus - 1 if region["all"] else number("last", first)
    used, group = number("used", last + 1), number("group", last + 1)
    if first > last or group == 0 or used > group or last >= cpus:
        return None
    return [cpu for cpu in range(first, last + 1) if (cpu - first) % group < used]
