# SPDX-License-Identifier: GPL-2.0-only
"""What strace's lines and JSON have in common, for text that is made without values: see direct.py."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

from tracefs.syscalls.types.notation.values import Argument, Symbol, Value

PLACE = re.compile(r'"?@(\d+)@"?')
"""A place() in what a notation makes of a value; JSON has quotes around it."""
_MOST = 1024
"""Numbers of one argument or member whose text is kept."""


class Notation(Protocol):
    """How values are written."""

    def value(self, value: Value) -> str: ...

    def argument(self, syscall: str, arg: Argument) -> str:
        """With its name, if the notation has that; shortened, if it does so."""
        ...

    def result(self, value: Value) -> str: ...

    def takes(self, syscall: str) -> bool:
        """Whether it writes the arguments of this syscall one after the other."""
        ...


def place(number: int) -> Symbol:
    """Stands for a value that comes later."""
    return Symbol(f"@{number}@", f"@{number}@")


def around(shown: str) -> list[str]:
    """What stands before, between and behind the places."""
    return PLACE.split(shown)[::2]


def kept(show: Callable[[int], str]) -> Callable[[int], str]:
    """The same numbers come again and again."""
    known: dict[int, str] = {}

    def keeping(raw: int) -> str:
        found = known.get(raw)
        if found is None:
            if len(known) >= _MOST:
                known.clear()
            found = known[raw] = show(raw)
        return found

    return keeping
