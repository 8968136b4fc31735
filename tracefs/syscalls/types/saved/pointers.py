# SPDX-License-Identifier: GPL-2.0-only
"""What of a syscall's arguments an event has fields for: pointers to memory that is read, and file descriptors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).parents[2] / "pointers.tbl"
RESULT = 1 << 6


class Masks(NamedTuple):
    """Bit i: argument i, in its row or in any variant of it; RESULT: what the call returns."""

    enter: int = 0
    """Those whose memory is read at the enter of a call."""
    exit: int = 0
    """Those whose memory is read at its exit."""
    fds_enter: int = 0
    """Those that are file descriptors at its enter, or lead to some."""
    fds_exit: int = 0
    """Those that lead to file descriptors that it made."""
    asked: int = 0
    """The one that may be a netlink socket on which its variants depend."""


@lru_cache(maxsize=1)
def pointers() -> Mapping[str, Masks]:
    """By syscall. Records must not change their form while a buffer holds them: so by the
    package's own tables, and from a file that says what follows from these, as every start needs it."""
    rows = (line.split() for line in DATA.read_text(encoding="utf-8").splitlines() if line and line[0] != "#")
    return {name: Masks(*(int(mask, 2) for mask in said)) for name, *said in rows}


def masks(syscall: str) -> Masks:
    """Of one syscall."""
    return pointers().get(syscall, Masks())


def positions(mask: int) -> Iterator[int]:
    """The arguments of a mask, in order."""
    return (position for position in range(mask.bit_length()) if mask >> position & 1)
