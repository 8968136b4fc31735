# SPDX-License-Identifier: GPL-2.0-only
"""One filter over many events: each gets of it what it has fields for.

A call's fields are in two events. So what is joined by && at the top of an expression may be shared out: of
`fd == 3 && ret < 0` the enter event takes the first part, the exit event the second, and the call is shown where both
let it pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tracefs.events import EventClass
from tracefs.events.filters.errors import FilterError, Problem
from tracefs.events.filters.files import EventFilter, set_event_filter

MAX_ERRNO = 4095
FAILED = f"(ret < 0 && ret >= -{MAX_ERRNO})"
SUCCESSFUL = f"(ret >= 0 || ret < -{MAX_ERRNO})"
"""As the kernel tells one from the other."""
_MOST_NAMED = 6


@dataclass
class Shared:
    """Who took what."""

    filters: dict[EventClass, str] = field(default_factory=dict)
    lacking: list[EventClass] = field(default_factory=list)
    """Events that let everything pass, as they lack a field."""

    def add(self, event: EventClass, text: str) -> None:
        known = self.filters.get(event)
        self.filters[event] = f"({known}) && ({text})" if known else text

    @property
    def holds(self) -> bool:
        """Whether only its end tells of some call that it is to be shown."""
        return any(event.kind == "exit" for event in self.filters)

    def compiled(self) -> dict[EventClass, EventFilter]:
        return {event: set_event_filter(text.encode(), event) for event, text in self.filters.items()}


def share(text: str, events: Iterable[EventClass], into: Shared) -> None:
    """Give each event its part of the expression. FilterError where no event can take it."""
    problem: FilterError | None = None
    taken = False
    parts = conjuncts(text)
    for group in _pairs(events):
        left = list(parts)
        found: list[tuple[EventClass, str]] = []
        for event in group:  # the enter first: what it decides need not be asked again
            fitting = []
            for part in left:
                error = set_event_filter(part.encode(), event).error
                if error is None:
                    fitting.append(part)
                elif problem is None or (
                    problem.problem is Problem.FIELD_NOT_FOUND and error.problem is not problem.problem
                ):
                    problem = _at(error, text, part)
            left = [part for part in left if part not in fitting]
            if fitting:
                found.append((event, " && ".join(fitting)))
        if left:
            into.lacking += group
            continue
        taken = True
        for event, mine in found:
            into.add(event, mine)
    if not taken and problem:
        raise problem


def _at(error: FilterError, text: str, part: str) -> FilterError:
    """The same error, with the caret where it is in the whole text."""
    return FilterError(error.problem, text.find(part) + error.caret)


def _pairs(events: Iterable[EventClass]) -> Iterator[list[EventClass]]:
    """The events of one call together, the enter first; all others alone."""
    groups: dict[object, list[EventClass]] = {}
    for event in sorted(events, key=lambda event: event.id):
        groups.setdefault(event.syscall or event, []).append(event)
    yield from groups.values()


def conjuncts(text: str) -> list[str]:
    """What is joined by && outside of parentheses and quotes; the whole where an || stands there, too."""
    parts, start, depth, quote, at = [], 0, 0, "", 0
    while at < len(text):
        character = text[at]
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'`":
            quote = character
        elif character in "()":
            depth += 1 if character == "(" else -1
        elif not depth and text.startswith("||", at):
            return [text]
        elif not depth and text.startswith("&&", at):
            parts.append(text[start:at].strip())
            start = at = at + 2
            continue
        at += 1
    return [*parts, text[start:].strip()]


def statuses(wanted: Iterable[str]) -> str:
    """What an exit event has to pass for results of these kinds; "" where all pass."""
    chosen = {"successful": SUCCESSFUL, "failed": FAILED}.keys() & set(wanted)
    if len(chosen) == 1:
        return SUCCESSFUL if "successful" in chosen else FAILED
    return "" if chosen else "ret == 0 && ret != 0"


def errors(numbers: Iterable[int]) -> str:
    """One of these errors was returned."""
    return " || ".join(f"ret == -{number}" for number in numbers)


def paths(event: EventClass, arguments: Iterable[str], globs: Iterable[str]) -> str:
    """Its names match one of the globs, or a descriptor leads to what does. "" for an event that has neither."""
    terms = []
    names = {each.name for each in event.fields}
    for glob in globs:
        terms += [f"__{name}_val ~ {_quoted(glob)}" for name in arguments if f"__{name}_val" in names]
        if "__fd_paths" in names:
            terms.append(f"__fd_paths ~ {_quoted(f'*<{glob}>*')}")
    return " || ".join(terms)


def _quoted(text: str) -> str:
    return f"'{text}'" if '"' in text else f'"{text}"'


def named(events: Iterable[EventClass]) -> str:
    """A few of them by name, calls as calls."""
    names = list(
        dict.fromkeys(each.syscall.uapi_name if each.syscall else f"{each.system}:{each.name}" for each in events)
    )
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
