# SPDX-License-Identifier: GPL-2.0-only
"""What a write to a `filter` file does, and what the file shows then. A refused filter leaves the event unfiltered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from errno import EINVAL

from tracefs.events.event import EventClass
from tracefs.events.filters.compile import CompiledFilter
from tracefs.events.filters.ctype import SPACE
from tracefs.events.filters.errors import FilterError, LogEntry, Problem
from tracefs.events.filters.parse import parse_filter

WRITE_MAX = 4096
"""A write must be shorter."""

_SPACE = bytes(ord(character) for character in SPACE)

SYSTEM_TEXT = b"""\
### global filter ###
# Use this to set filters for multiple events.
# Only events with the given fields will be affected.
# If no events are modified, an error message will be displayed here
"""
"""What a system's `filter` file always shows."""


@dataclass(frozen=True)
class EventFilter:
    """What an event's `filter` file holds. error and log: of the write that made it, if that was refused."""

    text: bytes = b"none"
    compiled: CompiledFilter | None = None
    """None: every record passes."""
    error: FilterError | None = None
    """To be raised by the write, after the filter was set to this."""
    log: LogEntry | None = None
    """For error_log."""

    @property
    def is_set(self) -> bool:
        """Whether a write made it, also one that was refused."""
        return self.text != type(self).text

    @property
    def shown(self) -> bytes:
        """What a read of the file gives."""
        return self.text + b"\n"


def written_text(written: bytes) -> bytes:
    """The filter in a write: up to a NUL, without trailing space. OSError(EINVAL) where it is too long."""
    if len(written) >= WRITE_MAX:
        raise OSError(EINVAL, "Invalid argument")
    return written.partition(b"\0")[0].rstrip(_SPACE)


def set_event_filter(written: bytes, event: EventClass) -> EventFilter:
    """A write to events/SYSTEM/EVENT/filter. OSError(EINVAL) where nothing changes."""
    text = written_text(written)
    if text.lstrip(_SPACE) == b"0":
        return EventFilter()
    try:
        return EventFilter(text, parse_filter(text, event))
    except FilterError as error:
        return EventFilter(error.shown(text), None, error, error.log_entry(text))


def set_system_filter(written: bytes, events: Iterable[EventClass]) -> dict[EventClass, EventFilter]:
    """A write to events/SYSTEM/filter: the new filter of each of its events. The write itself does not fail.

    An event that lacks a field is left unfiltered and says so in its own `filter`; each such one is logged.
    OSError(EINVAL) where nothing changes.
    """
    text = written_text(written)
    refusal = FilterError(Problem.BAD_SUBSYS_FILTER)
    refused = EventFilter(refusal.shown(text), log=refusal.log_entry(text))
    filters = {event: set_event_filter(written, event) for event in events if event.switched}
    return {event: refused if filter.error else filter for event, filter in filters.items()}
