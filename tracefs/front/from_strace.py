# SPDX-License-Identifier: GPL-2.0-only
"""strace's options, and what does the same here: for who types them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_TABLE = Path(__file__).parent / "strace.tbl"
_OPTION = re.compile(r"(?:^|[ /])(-{1,2}[A-Za-z][\w-]*)")
_VALUE = re.compile(r"invalid choice: '([^']*)'")


@dataclass(frozen=True)
class Row:
    """Of strace.tbl."""

    theirs: str
    short: str
    long: str
    ours: str
    """"" : left out."""
    words: str

    @property
    def answer(self) -> str:
        """In one line."""
        if not self.ours:
            return f"strace's {self.theirs}: {self.words}"
        return f"strace's {self.theirs} is {self.ours} here: {self.words}"


def rows() -> list[Row]:
    """All of them."""
    lines = [line for line in _TABLE.read_text().splitlines() if line and not line.startswith("#")]
    return [Row(*(cell.strip() for cell in line.split("|", 4))) for line in lines]


def answer(message: str) -> str:
    """What to say to an error of argparse's about an option that strace has; "" for others."""
    found = _OPTION.search(message)
    if not found:
        return ""
    option = found[1]
    if choice := _VALUE.search(message):  # -tt: an option -t with the value t
        option += choice[1]
    known = {name: row for row in rows() for name in (row.short, row.long.partition("=")[0]) if name.startswith("-")}
    row = known.get(option) or known.get(option[:2] if not option.startswith("--") else "")
    return row.answer if row else ""
