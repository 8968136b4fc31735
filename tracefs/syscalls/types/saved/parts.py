# SPDX-License-Identifier: GPL-2.0-only
"""Parts of the memory that an event has, which it has fields for: texts of a list, data of a vector, names in an
address.

A part costs no copy: its __data_loc leads into the bytes that were saved anyway. Which there are is in ../parts.tbl.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal, NamedTuple

DATA: Final = Path(__file__).parents[2] / "parts.tbl"
MOST_STEPS: Final = 3
UNIX: Final = "@unix"

Kind = Literal["whole", "text", "unix"]

_PATH: Final = re.compile(r"(\w+)((?:\*\d+)*)(@unix|@(\d+)\+(\d+))?")


class Part(NamedTuple):
    """A field of that name, and the way to what it locates (parts.tbl)."""

    field: str
    path: str
    arg: str
    steps: tuple[int, ...]
    """Where each address that is followed stands in what the one before it leads to."""
    kind: Kind
    at: int = 0
    size: int = 0
    """Of a text: where it stands in what the last address leads to, and its bytes at most."""


@lru_cache(maxsize=1)
def _read() -> Mapping[tuple[str, str], tuple[Part, ...]]:
    rows = (line.split() for line in DATA.read_text(encoding="utf-8").splitlines() if line and line[0] != "#")
    return {(syscall, when): tuple(map(_part, words)) for syscall, when, *words in rows}


def parts(syscall: str, when: Literal["enter", "exit"]) -> tuple[Part, ...]:
    """Of a syscall's event, in the order of its fields."""
    return _read().get((syscall, when), ())


def _part(word: str) -> Part:
    field, _, path = word.partition("=")
    found = _PATH.fullmatch(path)
    if not found:
        raise ValueError(f"parts.tbl: {word}")
    arg, steps, text, at, size = found.groups()
    kind: Kind = "whole" if not text else "unix" if text == UNIX else "text"
    return Part(field, path, arg, tuple(map(int, steps.split("*")[1:])), kind, int(at or 0), int(size or 0))
