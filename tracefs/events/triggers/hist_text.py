# SPDX-License-Identifier: GPL-2.0-only
"""The text of a hist trigger taken apart: the keys, values, variables and actions it names. Nothing is looked up.

Grammar: Documentation/trace/histogram.rst, "hist:keys=<field1[,field2,...]>[:values=...][:<var>=<expr>]...".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tracefs.events.triggers import hist_expr
from tracefs.events.triggers.errors import TriggerError

KEYS_MAX, SORT_MAX = 3, 2
SIZE_DEFAULT, SIZE_MIN, SIZE_MAX = 2048, 128, 131072
"""Entries. The kernel keeps a power of two; the bounds are its 7 and 17 bits."""

STACK_NAMES = ("common_stacktrace", "stacktrace", "STACKTRACE")
HANDLERS = ("onmatch", "onmax", "onchange")


@dataclass(frozen=True)
class ActionText:
    """`onmatch(sched.sched_waking).latency($lat,pid)` is handler, argument, name, params."""

    handler: str
    argument: str
    name: str
    params: tuple[str, ...]
    text: str


@dataclass
class HistText:
    keys: list[str] = field(default_factory=list)
    vals: list[str] = field(default_factory=list)
    variables: list[tuple[str, str]] = field(default_factory=list)
    """(name, expression) in the order written."""
    sort: list[str] = field(default_factory=list)
    actions: list[ActionText] = field(default_factory=list)
    size: int = SIZE_DEFAULT
    name: str | None = None
    clock: str = "global"
    pause: bool = False
    cont: bool = False
    clear: bool = False
    hitcount: bool = True


def parse(text: str) -> HistText:
    """Take apart what follows `hist:`; raises TriggerError (EINVAL)."""
    found = HistText()
    for part in split(text, ":"):
        _part(found, part, text)
    if not found.keys:
        raise TriggerError("", text)
    return found


def signature(text: HistText) -> tuple[object, ...]:
    """What makes two triggers the same: a line that removes, pauses or clears one need not repeat the rest."""
    return (
        text.name,
        tuple(_plain(key) for key in text.keys),
        tuple(_plain(value) for value in text.vals if value != "hitcount"),
        tuple((name, _plain(value)) for name, value in text.variables),
        tuple(word.removesuffix(".ascending") for word in text.sort) or ("hitcount",),
        tuple((action.handler, action.argument, action.name, action.params) for action in text.actions),
    )


def _plain(expression: str) -> str:
    """As it is shown: constants folded, without white space, one name for the stack trace."""
    shown = str(hist_expr.parse(expression, expression))
    return "common_stacktrace" if shown in STACK_NAMES else shown


def _part(found: HistText, part: str, text: str) -> None:
    word, equals, rest = part.partition("=")
    if part.startswith(HANDLERS):
        found.actions.append(_action(part, text))
    elif equals:
        _assignment(found, word, rest, part, text)
    elif part == "pause":
        found.pause = True
    elif part in ("cont", "continue"):
        found.cont = True
    elif part == "clear":
        found.clear = True
    elif part in ("nohitcount", "NOHC"):
        found.hitcount = False
    else:
        raise TriggerError("", text)


def _assignment(found: HistText, word: str, rest: str, part: str, text: str) -> None:
    if not rest:
        raise TriggerError("Empty assignment", text, part)
    if word in ("keys", "key"):
        found.keys = split(rest, ",")
    elif word in ("values", "vals", "val"):
        found.vals = split(rest, ",")
    elif word == "sort":
        found.sort = _sort(rest, text)
    elif word == "name":
        found.name = rest
    elif word == "clock":
        found.clock = rest
    elif word == "size":
        found.size = _size(rest, text)
    else:
        for variable in split(part, ","):
            name, equals, value = variable.partition("=")
            if not equals or not name or not value:
                raise TriggerError("Malformed assignment", text, variable)
            found.variables.append((name, value))


def _sort(rest: str, text: str) -> list[str]:
    names = split(rest, ",")
    if len(names) > SORT_MAX:
        raise TriggerError("Too many sort fields (Max = 2)", text, rest)
    if not all(names):
        raise TriggerError("Empty sort field", text, rest)
    return names


def _size(rest: str, text: str) -> int:
    """Rounded up to a power of two."""
    if not rest.isdigit():
        raise TriggerError("", text, rest)
    size = 1 << max(0, int(rest) - 1).bit_length()
    if not SIZE_MIN <= size <= SIZE_MAX:
        raise TriggerError("", text, rest)
    return size


def _action(part: str, text: str) -> ActionText:
    match = re.match(r"(onmatch|onmax|onchange)\(([^()]*)(\)?)(?:\.(\w*))?(\(?)([^()]*)(\)?)$", part)
    if not match:
        raise TriggerError("No closing paren found" if "(" in part else "No action found", text, part)
    handler, argument, closed, name, opened, params, ended = match.groups()
    if not closed or (opened and not ended):
        raise TriggerError("No closing paren found", text, part)
    if not name:
        raise TriggerError("No action found", text, part)
    return ActionText(handler, argument, name, tuple(split(params, ",")) if params else (), part)


def split(text: str, separator: str) -> list[str]:
    """Split outside parentheses, white space around the pieces removed."""
    parts, depth, start = [], 0, 0
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == separator and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
    parts.append(text[start:].strip())
    return parts


def split_filter(text: str) -> tuple[str, str | None]:
    """(trigger, filter): what stands before and after the first free-standing `if`."""
    match = re.search(r"(?<=[ \t])if(?=[ \t]+\S)", text)
    if not match:
        return text.strip(), None
    return text[: match.start()].strip(), text[match.end() :].strip()
