# SPDX-License-Identifier: GPL-2.0-only
"""The synthetic events of one mount: what the synthetic_events file defines, shows and takes away."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Protocol

from tracefs.events.event import EventClass
from tracefs.events.filters.errors import LogEntry
from tracefs.events.registry import Registry
from tracefs.events.triggers import synthetic
from tracefs.events.triggers._hist import lib
from tracefs.events.triggers.errors import TriggerError

SYSTEM = synthetic.SYSTEM
LOG_LOCATION = "synthetic_events"


class Mount(Protocol):
    """All instances of a mount, as synthetic events see them."""

    def synthetic_in_use(self, event: EventClass) -> bool:
        """Whether it is enabled, has triggers or is written by one."""
        ...

    def synthetic_changed(self, gone: EventClass | None = None) -> None:
        """The registry has others now; `gone` is one that it has no longer."""
        ...

    def log_error(self, entry: LogEntry) -> None: ...


class Synthetics:
    """Not safe from several threads: the mount's lock is held around each call."""

    def __init__(self, registry: Registry, mount: Mount) -> None:
        self._registry, self._mount = registry, mount
        self._definitions: dict[str, synthetic.Definition] = {}

    def show(self) -> str:
        return "".join(f"{definition}\n" for definition in self._definitions.values())

    def write(self, line: str) -> None:
        """One line: a definition, or `!NAME` to remove one. TriggerError, OSErrors ENOENT and EBUSY; they are
        logged."""
        command = line.lstrip()
        if not command:
            return
        if command.startswith("!"):
            self._remove(command[1:].split(maxsplit=1)[0] if command[1:].strip() else "")
        else:
            self._logged(lambda: self._add(command), command)

    def show_dynamic(self) -> str:
        """As dynamic_events shows them."""
        return "".join(f"s:{SYSTEM}/{definition}\n" for definition in self._definitions.values())

    def write_dynamic(self, line: str) -> None:
        """One line of dynamic_events: `s:[synthetic/]DEFINITION`, or `-:[synthetic/]NAME`.

        EINVAL for the kinds of events that there are not. The others as write().
        """
        command = line.strip()
        if not command:
            return
        path, _, fields = command[2:].partition(" ")
        system, slash, name = path.rpartition("/")
        if command[0] in "-!" and command[1:2] == ":":
            if slash and system != SYSTEM:
                raise OSError(errno.ENOENT, "no such event")
            self._remove(name.split("\t")[0])
        elif command[:2] != "s:":
            raise OSError(errno.EINVAL, "no such kind of event")
        elif slash and system != SYSTEM:
            message = "Command must be of the form: s or -:[synthetic/]<name> field[;field] ..."
            self._mount.log_error(LogEntry(LOG_LOCATION, message, command.encode("latin-1"), 0))
            raise OSError(errno.EINVAL, message)
        else:
            self._logged(lambda: self._add(f"{name} {fields}"), command)

    def clear(self) -> None:
        """The file was opened with O_TRUNC. EBUSY, and none is removed, where one is in use."""
        if any(self._mount.synthetic_in_use(self._event(name)) for name in self._definitions):
            raise OSError(errno.EBUSY, "some are in use")
        for name in list(self._definitions):
            self._remove(name)

    def _logged(self, action: Callable[[], None], command: str) -> None:
        try:
            action()
        except TriggerError as error:
            position = command.find(error.command) + error.column if error.command in command else error.column
            self._mount.log_error(LogEntry(LOG_LOCATION, error.message, command.encode("latin-1"), position))
            raise

    def _add(self, command: str) -> None:
        definition = synthetic.parse(command)
        if definition.name in self._definitions:
            raise TriggerError("Event already exists", command, definition.name, code=errno.EEXIST)
        numbers = range(lib.HIST_SYNTHETIC_FIRST, lib.HIST_SYNTHETIC_LAST + 1)
        number = next((number for number in numbers if number not in self._registry.by_id), None)
        if number is None:
            raise OSError(errno.ENODEV, "no more ids")
        self._registry.add(synthetic.event_class(definition, number))
        self._definitions[definition.name] = definition
        self._mount.synthetic_changed()

    def _remove(self, name: str) -> None:
        if name not in self._definitions:
            raise OSError(errno.ENOENT, "no such event")
        event = self._event(name)
        if self._mount.synthetic_in_use(event):
            raise OSError(errno.EBUSY, "in use")
        del self._definitions[name]
        self._registry.remove(event)
        self._mount.synthetic_changed(event)

    def _event(self, name: str) -> EventClass:
        event = self._registry.find(SYSTEM, name)
        assert event
        return event
