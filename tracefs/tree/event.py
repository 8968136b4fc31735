# SPDX-License-Identifier: GPL-2.0-only
"""Events as one instance has them: what is enabled there, and through which filter. The files are views of this."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Protocol
from weakref import proxy

from tracefs.events import EventClass

if TYPE_CHECKING:
    from tracefs.capture.wanted import Compiled
    from tracefs.events.filters.files import EventFilter
    from tracefs.tree.faces import EngineFace
    from tracefs.tree.instance import Instance


class IdSet(Protocol):
    """A set of event ids."""

    def __contains__(self, event: object, /) -> bool: ...
    def add(self, event: int, /) -> None: ...
    def discard(self, event: int, /) -> None: ...


class SoftDisabled:
    """Ids of the events that are attached but not recorded, as the engine keeps them for one sink."""

    def __init__(self, engine: EngineFace, sink: int) -> None:
        self._engine, self._sink = engine, sink

    def __contains__(self, event: object, /) -> bool:
        return isinstance(event, int) and self._engine.soft_disabled(self._sink, event)

    def add(self, event: int, /) -> None:
        self._engine.soft_disable(self._sink, event, True)

    def discard(self, event: int, /) -> None:
        self._engine.soft_disable(self._sink, event, False)


class InstanceEvent:
    """One event in one instance: the kernel's trace_event_file.

    Triggers may hold an event in soft mode: then it is attached to what makes it (`enabled`), and whether it is
    recorded is the trigger's affair (`soft_disabled`).
    """

    def __init__(self, event: EventClass, soft: IdSet | None = None) -> None:
        """soft: ids of the events that triggers keep from being recorded."""
        from tracefs.events.filters.files import EventFilter  # here, as most starts need no event's

        self.event = event
        self.enabled = False
        self._soft: IdSet = set() if soft is None else soft
        self.soft_users = 0
        """How many triggers want it in soft mode."""
        self.filter = EventFilter()

    @property
    def soft_disabled(self) -> bool:
        """Triggers flip it, so it lives where the capture thread is."""
        return self.event.id in self._soft

    @soft_disabled.setter
    def soft_disabled(self, off: bool) -> None:
        (self._soft.add if off else self._soft.discard)(self.event.id)

    @property
    def recorded(self) -> bool:
        """Whether its records go to the buffer."""
        return self.enabled and not self.soft_disabled

    @property
    def state(self) -> str:
        """What `enable` shows: 0 or 1, and * while a trigger may change it."""
        return f"{self.recorded:d}{'*' if self.soft_users or self.soft_disabled else ''}"

    @property
    def in_use(self) -> bool:
        """Whether anything here differs from an event that nobody has touched."""
        return self.enabled or bool(self.soft_users) or self.filter.is_set

    def switch(self, on: bool) -> None:
        """As a write to `enable`. In soft mode it stays attached, for its triggers."""
        self.enabled = on or bool(self.soft_users)
        self.soft_disabled = not on and bool(self.soft_users)

    def begin_soft(self) -> None:
        """A trigger wants to switch it: attached from now on, and as much recorded as before."""
        self.soft_users += 1
        if not self.enabled:
            self.enabled = self.soft_disabled = True

    def end_soft(self) -> None:
        """That trigger is gone. What the last one leaves switched off is off."""
        self.soft_users -= 1
        if not self.soft_users and self.soft_disabled:
            self.enabled = self.soft_disabled = False


class InstanceEvents:
    """The events of one instance. Each change of several is one message to the engine."""

    def __init__(self, instance: Instance, soft: IdSet) -> None:
        # which has this: a removed one is to go at once, with its descriptors
        self._instance: Instance = proxy(instance)
        self._soft = soft
        self._touched: dict[int, InstanceEvent] = {}
        """By id. An event that nobody has touched has no entry: there are hundreds, times instances."""

    def __getitem__(self, event: EventClass) -> InstanceEvent:
        """The state of an event, to be changed under the instance's lock, in change()."""
        with self._instance.lock:
            return self._touched.setdefault(event.id, InstanceEvent(event, self._soft))

    def peek(self, event: EventClass) -> InstanceEvent:
        """The state of an event, to be looked at only."""
        return self._touched.get(event.id) or InstanceEvent(event)

    def __iter__(self) -> Iterator[InstanceEvent]:
        """Those that differ from untouched ones, by id."""
        with self._instance.lock:
            return iter([each for _, each in sorted(self._touched.items()) if each.in_use])

    def change(self, events: Iterable[EventClass], action: Callable[[InstanceEvent], None]) -> None:
        """Do `action` with each, then tell the engine once."""
        with self._instance.lock:
            for event in events:
                action(self[event])
            self._instance.tell_engine()

    def switch(self, events: Iterable[EventClass], on: bool) -> None:
        """Enable or disable them."""
        self.change(events, lambda each: each.switch(on))

    def set_filters(self, filters: dict[EventClass, EventFilter]) -> None:
        """Each event gets its filter."""

        def replace(each: InstanceEvent) -> None:
            each.filter = filters[each.event]

        self.change(filters, replace)

    def forget(self, event: EventClass) -> None:
        """The event exists no more."""
        with self._instance.lock:
            if self._touched.pop(event.id, None):
                self._instance.tell_engine()

    def attached(self) -> frozenset[int]:
        """Ids of the events to be captured: recorded, or in soft mode."""
        return frozenset(id for id, each in self._touched.items() if each.enabled)

    def filters(self) -> dict[int, Compiled]:
        """Id -> the compiled filter, where there is one."""
        return {id: each.filter.compiled for id, each in self._touched.items() if each.filter.compiled}
