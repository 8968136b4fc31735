# SPDX-License-Identifier: GPL-2.0-only
"""The text of a `trigger` file's line: `[!]command[:parameters][ if filter]`.

Grammar: Documentation/trace/events.rst, "Event triggers"; what it leaves open as a live tracefs (6.18) answers.
"""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass

from tracefs.events.triggers.errors import TriggerError
from tracefs.events.triggers.hist_text import split_filter

COUNTED = ("traceon", "traceoff", "snapshot", "stacktrace")
"""`command[:count]`"""

SWITCHES = ("enable_event", "disable_event", "enable_hist", "disable_hist")
"""`command:system:event[:count]`"""

NAMES = ("traceon", "traceoff", "snapshot", "stacktrace", *SWITCHES, "hist")
"""As `# Available triggers:` lists them."""

FAMILIES = {
    "traceon": "onoff", "traceoff": "onoff", "enable_event": "event", "disable_event": "event",
    "enable_hist": "switch_hist", "disable_hist": "switch_hist",
}  # fmt: skip
"""Of these an event has only one of each family (for one target); `!` with either name removes it."""

UNLIMITED = -1
ULONG = 1 << 64


@dataclass(frozen=True)
class Command:
    """One line, taken apart. `target` is (system, event) of SWITCHES; `hist` is the text after `hist:`."""

    name: str
    remove: bool = False
    count: int = UNLIMITED
    target: tuple[str, str] | None = None
    hist: str = ""
    filter: str | None = None

    @property
    def family(self) -> str:
        return FAMILIES.get(self.name, self.name)

    def show(self, left: int | None = None) -> str:
        """As the `trigger` file shows it (not for hist, whose line its histogram knows). left: of the count."""
        left = self.count if left is None else left
        parts = [self.name, *(self.target or ())]
        count = "unlimited" if left == UNLIMITED else f"count={left}"
        return ":".join([*parts, count]) + (f" if {self.filter}" if self.filter else "")


def parse(line: str) -> Command:
    """Raises TriggerError: EINVAL for what no command understands, ERANGE for a count of more than 64 bits."""
    remove, text = line.startswith("!"), line.removeprefix("!")
    match = re.match(r"([^: \t]*)[: \t]?\s*(.*)", text.strip() if not remove else text.rstrip(), re.DOTALL)
    assert match
    name, rest = match.groups()
    if name == "hist":
        before, condition = split_filter(rest)
        if not before:
            raise TriggerError("", line)
        return Command(name, remove, hist=before, filter=condition)
    if name in SWITCHES:
        words, condition = _separate(rest, line, remove)
        system, colon, others = words.partition(":")
        event, _, number = others.partition(":")
        if not colon:
            raise TriggerError("", line)
        return Command(name, remove, 0 if remove else _count(number, line), (system, event), filter=condition)
    if name in COUNTED:
        if remove:  # whatever else is said
            return Command(name, remove)
        number, condition = _separate(rest, line, remove) if rest[:1].isdigit() else ("", _condition(rest, line))
        return Command(name, remove, _count(number, line), filter=condition)
    raise TriggerError("", line)


def _separate(rest: str, line: str, remove: bool) -> tuple[str, str | None]:
    """The parameters, up to white space, and the filter behind them."""
    parameters, _, condition = rest.replace("\t", " ").partition(" ")
    return parameters, None if remove else _condition(condition.strip(), line)


def _condition(text: str, line: str) -> str | None:
    if not text:
        return None
    word, _, condition = text.replace("\t", " ", 1).partition(" ")
    if word != "if" or not condition.strip():
        raise TriggerError("", line)
    return condition.strip()


def _count(text: str, line: str) -> int:
    """An unsigned long, as kept: what does not fit a signed one is negative."""
    number = text.partition(":")[0]
    if not number:
        return UNLIMITED
    match = re.fullmatch(r"\+?(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)", number)
    if not match:
        raise TriggerError("", line)
    digits = match[1]
    octal = digits.startswith("0") and digits[1:2].lower() != "x"
    count = int(digits, 8 if octal else 0)
    if count >= ULONG:
        raise TriggerError("", line, code=errno.ERANGE)
    return count - ULONG if count >> 63 else count
