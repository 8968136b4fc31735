# SPDX-License-Identifier: GPL-2.0-only
"""available_events and set_event: events as lines of SYSTEM:EVENT."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from fnmatch import fnmatchcase

from tracefs.events import EventClass, Registry
from tracefs.tree.control import InstanceFile
from tracefs.tree.node import Context
from tracefs.tree.parse import Words

_WORD = 127


def _lines(events: list[EventClass]) -> str:
    return "".join(f"{event.system}:{event.name}\n" for event in events)


def switched_events(registry: Registry) -> list[EventClass]:
    """All events that can be enabled, in the order of their ids."""
    return [event for _, event in sorted(registry.by_id.items()) if event.switched]


class AvailableEvents(InstanceFile):
    sequential = True

    def show(self) -> str:
        return _lines(switched_events(self.instance.shared.registry))


class ShowEventFilters(InstanceFile):
    """The events that have a filter, each with it. In kernels from 7.0 on."""

    sequential = True

    def show(self) -> str:
        found = ((each.event, each.filter) for each in self.instance.events)
        return "".join(
            f"{event.system}:{event.name}\t{filtered.shown.decode('latin-1')}"
            for event, filtered in found
            if filtered.is_set
        )


class ShowEventTriggers(InstanceFile):
    """The events that have triggers, a line each. In kernels from 7.0 on."""

    sequential = True

    def show(self) -> str:
        with self.instance.lock:
            return "".join(
                f"{event.system}:{event.name}\t{trigger.show()}\n"
                for event in switched_events(self.instance.shared.registry)
                for trigger in self.instance.triggers.of(event)
            )


class SetEvent(InstanceFile):
    """The enabled events. `>` disables all; a write acts on its first word and says how much of it that was."""

    sequential = True

    def show(self) -> str:
        return _lines([each.event for each in self.instance.events if each.enabled])

    def store(self, data: bytes, ctx: Context) -> int:
        self.instance.expand()
        words = Words(data, _WORD)
        word = next(iter(words), None)
        if word is not None:
            on = not word.startswith(b"!")
            events = list(matching(self.instance.shared.registry, word.removeprefix(b"!").decode("latin-1")))
            if not events:
                raise OSError(errno.EINVAL, "no such event")
            self.instance.events.switch(events, on)
        return words.taken

    def emptied(self) -> None:
        events = self.instance.events
        events.switch([each.event for each in events if each.enabled], False)


def matching(registry: Registry, text: str) -> Iterator[EventClass]:
    """The events that `text` names: SYSTEM:EVENT, where a part that is empty or * means any; or a system or an event.

    The kernel has * for a whole part only; here any part may be a glob.
    """
    system, colon, name = text.partition(":")
    for event in switched_events(registry):
        if colon:
            found = _matches(system or "*", event.system) and _matches(name or "*", event.name)
        else:
            found = _matches(text, event.system) or _matches(text, event.name)
        if found:
            yield event


def _matches(pattern: str, name: str) -> bool:
    return pattern == name or fnmatchcase(name, pattern)
