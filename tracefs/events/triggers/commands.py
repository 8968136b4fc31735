# SPDX-License-Identifier: GPL-2.0-only
"""The text of a `trigger` file's line: `[!]command[:parameters][ if filter]`.

Grammar: Documentation/trace/events.rst, "Event triggers".
"""

from __future__ import annotations

import errno
from dataclasses import dataclass

from tracefs.events.triggers.errors import TriggerError
from tracefs.events.triggers.hist_text import split_filter

COUNTED = ("traceon", "traceoff", "snapshot", "stacktrace")
"""`command[:count]`"""

SWITCHES = ("enable_event", "disable_event", "enable_hist", "disable_hist")
"""`command:system:event[:count]`"""

UNLIMITED = -1


@dataclass(frozen=True)
class Command:
    """One line, taken apart. `target` is (system, event) of SWITCHES; `hist` is the text after `hist:`."""

    name: str
    remove: bool = False
    count: int = UNLIMITED
    target: tuple[str, str] | None = None
    hist: str = ""
    filter: str | None = None

    def __str__(self) -> str:
        """As the `trigger` file shows it (not for hist, whose line its histogram knows)."""
        parts = [self.name, *(self.target or ())]
        count = "unlimited" if self.count == UNLIMITED else f"count={self.count}"
        return ":".join([*parts, count]) + (f" if {self.filter}" if self.filter else "")


def parse(line: str) -> Command:
    """Raises TriggerError: EINVAL for what no command understands."""
    remove, text = line.startswith("!"), line.removeprefix("!").strip()
    before, condition = split_filter(text)
    name, colon, rest = before.partition(":")
    if name == "hist":
        if not rest:
            raise TriggerError("", line)
        return Command(name, remove, hist=rest.strip(), filter=condition)
    words = rest.split(":") if colon else []
    if name in COUNTED:
        return Command(name, remove, _count(words, line), filter=condition)
    if name in SWITCHES:
        if len(words) < 2:
            raise TriggerError("", line)
        return Command(name, remove, _count(words[2:], line), (words[0], words[1]), filter=condition)
    raise TriggerError("", line)


def _count(words: list[str], line: str) -> int:
    if not words:
        return UNLIMITED
    if len(words) > 1:
        raise TriggerError("", line)
    try:
        count = int(words[0], 0)
    except ValueError:
        raise TriggerError("", line) from None
    if count < 0:
        raise TriggerError("", line, code=errno.EINVAL)
    return count
