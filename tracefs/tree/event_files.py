# SPDX-License-Identifier: GPL-2.0-only
"""The directory events/: the files of one event, of a system, and of all."""

from __future__ import annotations

import errno
from collections.abc import Callable, Container
from typing import TYPE_CHECKING

from tracefs.events import HEADER_EVENT, EventClass
from tracefs.events.event import SWITCHED, Kind
from tracefs.events.headers import HEADER_PAGE
from tracefs.tree.control import InstanceFile
from tracefs.tree.instance import Instance
from tracefs.tree.node import Context, Directory, Node
from tracefs.tree.ondemand import OnDemand
from tracefs.tree.parse import unsigned
from tracefs.tree.textfile import ConstantFile
from tracefs.tree.type_files import TYPED, Types, group_files

if TYPE_CHECKING:
    from tracefs.syscalls.types.live import LiveTypes

DIRECTORY_MODE = 0o755
"""Of events/ and all below it; the rest of the tree has 0750."""
NO_SWITCHES = "ftrace"
"""The system whose records are made by other files: it has neither `enable` nor `filter`."""


class EventFile(InstanceFile):
    """A text file about one event."""

    def __init__(self, instance: Instance, event: EventClass, mode: int = 0o640) -> None:
        super().__init__(instance, mode)
        self.event = event


class EventEnable(EventFile):
    def show(self) -> str:
        return self.instance.events.peek(self.event).state + "\n"

    def store(self, data: bytes, ctx: Context) -> int:
        on = unsigned(data)
        if on > 1:
            raise OSError(errno.EINVAL, "0 or 1")
        self.instance.expand()
        self.instance.events.switch([self.event], bool(on))
        return len(data)


class EventFilterFile(EventFile):
    """A refused filter is shown with its error, and leaves the event unfiltered."""

    def show(self) -> bytes:
        return self.instance.events.peek(self.event).filter.shown

    def store(self, data: bytes, ctx: Context) -> int:
        from tracefs.events.filters.files import set_event_filter  # here, as most mounts never need it

        new = set_event_filter(data, self.event)
        self.instance.events.set_filters({self.event: new})
        if new.log:
            self.instance.error_log.enter(new.log)
        if new.error:
            raise new.error
        return len(data)


class EventTrigger(EventFile):
    """A line for each trigger, newest first; a write adds one or, with `!`, removes one."""

    sequential = True

    def show(self) -> str:
        with self.instance.lock:
            return self.instance.triggers.show(self.event)

    def store(self, data: bytes, ctx: Context) -> int:
        with self.instance.shared.lock, self.instance.lock:
            self.instance.triggers.write(self.event, data)
        return len(data)

    def emptied(self) -> None:
        with self.instance.lock:
            self.instance.triggers.clear_hists(self.event)


class EventHist(EventFile):
    """The tables of the event's hist triggers."""

    sequential = True

    def __init__(self, instance: Instance, event: EventClass) -> None:
        super().__init__(instance, event, 0o440)

    def show(self) -> str:
        with self.instance.lock:
            return self.instance.triggers.hist(self.event)


class EventFormat(EventFile):
    """What a record holds, and how others print it: syscalls by the type tables of now."""

    sequential = True

    def __init__(self, instance: Instance, event: EventClass) -> None:
        super().__init__(instance, event, 0o440)

    def show(self) -> str:
        return format_text(self.event, self.instance.shared.types)

    def text(self) -> bytes:
        return (
            self.instance.shared.typed_texts.text(self.event.id, super().text) if self.event.syscall else super().text()
        )

    def size(self, ctx: Context) -> int:
        if not self.event.syscall:
            return super().size(ctx)
        return self.instance.shared.typed_texts.length(self.event.id, super().text)


def format_text(event: EventClass, types: LiveTypes) -> str:
    """An event's `format` file."""
    if event.syscall is None:
        return event.format()
    make = types.print_formats.enter if event.kind == "enter" else types.print_formats.exit
    return event.format(make(event.syscall.name, {field.name for field in event.fields}))


class GroupFile(InstanceFile):
    """A text file about several events."""

    def __init__(self, instance: Instance, system: str | None) -> None:
        """None: of all systems."""
        super().__init__(instance)
        self._system = system

    def events(self) -> list[EventClass]:
        """Those of them that can be switched."""
        systems = self.instance.shared.registry.systems
        groups = systems.values() if self._system is None else [systems.get(self._system, {})]
        return [event for group in groups for event in group.values() if event.switched]


class GroupEnable(GroupFile):
    """0 or 1 where all agree, X where they do not, ? where there are none."""

    def show(self) -> str:
        states = {self.instance.events.peek(event).enabled for event in self.events()}
        return ("X" if len(states) > 1 else f"{states.pop():d}" if states else "?") + "\n"

    def store(self, data: bytes, ctx: Context) -> int:
        on = unsigned(data)
        self.instance.expand()
        if on > 1:
            raise OSError(errno.EINVAL, "0 or 1")
        self.instance.events.switch(self.events(), bool(on))
        return len(data)


class SystemFilter(GroupFile):
    """Sets the filter of each event of the system that has the fields; what it says is always the same."""

    def show(self) -> bytes:
        from tracefs.events.filters.files import SYSTEM_TEXT

        return SYSTEM_TEXT

    def store(self, data: bytes, ctx: Context) -> int:
        from tracefs.events.filters.files import set_system_filter

        filters = set_system_filter(data, self.events())
        self.instance.events.set_filters(filters)
        for new in filters.values():
            if new.log:
                self.instance.error_log.enter(new.log)
        return len(data)


class HeaderPage(InstanceFile):
    def show(self) -> str:
        return HEADER_PAGE(self.instance.buffer.subbuf_size)


TRIGGERED: frozenset[Kind] = SWITCHED | {"print"}
"""Kinds of events that other things may hang on; of the rest only the format is told."""

FILES: dict[str, tuple[Callable[[Instance, EventClass], Node], Container[Kind] | None]] = {
    "enable": (EventEnable, SWITCHED),
    "filter": (EventFilterFile, SWITCHED),
    "format": (EventFormat, None),
    "hist": (EventHist, TRIGGERED),
    "id": (lambda instance, event: ConstantFile(f"{event.id}\n"), TRIGGERED),
    "trigger": (EventTrigger, TRIGGERED),
}
"""The files of an event, and the kinds of events that have them (None: all)."""


def event_directory(instance: Instance, event: EventClass) -> Directory:
    """events/SYSTEM/EVENT."""
    makers = {name: make for name, (make, kinds) in FILES.items() if kinds is None or event.kind in kinds}
    if event.system == TYPED:
        makers["types"] = Types
    return Directory(OnDemand((makers,), lambda name: makers[name](instance, event)), DIRECTORY_MODE)


def system_directory(instance: Instance, system: str) -> Directory:
    """events/SYSTEM."""
    systems = instance.shared.registry.systems
    group: dict[str, Callable[[], Node]] = (
        {}
        if system == NO_SWITCHES
        else {"enable": lambda: GroupEnable(instance, system), "filter": lambda: SystemFilter(instance, system)}
    )

    if system == TYPED:
        group |= group_files(instance)

    def make(name: str) -> Node:
        return group[name]() if name in group else event_directory(instance, systems[system][name])

    return Directory(OnDemand((group, systems[system]), make), DIRECTORY_MODE)


def events_directory(instance: Instance) -> Directory:
    """events/."""
    files: dict[str, Node] = {
        "enable": GroupEnable(instance, None),
        "header_page": HeaderPage(instance, 0o440),
        "header_event": ConstantFile(HEADER_EVENT),
    }
    systems = instance.shared.registry.systems

    def make(name: str) -> Node:
        return files.get(name) or system_directory(instance, name)

    return Directory(OnDemand((files, systems), make), DIRECTORY_MODE)
