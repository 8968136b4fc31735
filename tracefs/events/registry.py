# SPDX-License-Identifier: GPL-2.0-only
"""All event classes by id, and by system and name."""

from __future__ import annotations

from collections.abc import Iterable

from tracefs.events.event import EventClass
from tracefs.events.systems import ftrace, ptrace, raw_syscalls, sched, signal, syscalls, task


class Registry:
    """Event classes; later ones (synthetic events) can be added and removed."""

    def __init__(self, events: Iterable[EventClass]) -> None:
        self.by_id: dict[int, EventClass] = {}
        self.systems: dict[str, dict[str, EventClass]] = {}
        for event in events:
            self.add(event)

    def add(self, event: EventClass) -> None:
        """ValueError where the id, or the name in its system, is taken."""
        system = self.systems.setdefault(event.system, {})
        if event.id in self.by_id or event.name in system:
            raise ValueError(f"event {event.system}/{event.name} ({event.id}) exists")
        self.by_id[event.id] = system[event.name] = event

    def remove(self, event: EventClass) -> None:
        """KeyError where it is not there. A system without events goes too."""
        del self.by_id[event.id]
        del self.systems[event.system][event.name]
        if not self.systems[event.system]:
            del self.systems[event.system]

    def find(self, system: str, name: str) -> EventClass | None:
        """An event by system and name."""
        return self.systems.get(system, {}).get(name)


BUILT_IN = (
    *ftrace.EVENTS,
    *ptrace.EVENTS,
    *raw_syscalls.EVENTS,
    *sched.EVENTS,
    *signal.EVENTS,
    *task.EVENTS,
    *syscalls.EVENTS,
)

REGISTRY = Registry(BUILT_IN)
"""The events of this program."""
