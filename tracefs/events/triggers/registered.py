# SPDX-License-Identifier: GPL-2.0-only
"""The triggers of one instance: what writes to `trigger` files add and remove, and the lists of them that C runs."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from tracefs.events.event import EventClass
from tracefs.events.filters.errors import FilterError, LogEntry
from tracefs.events.filters.parse import parse_filter
from tracefs.events.triggers import commands, hist_show, hist_text
from tracefs.events.triggers._hist import ffi, lib
from tracefs.events.triggers.commands import Command
from tracefs.events.triggers.errors import TriggerError
from tracefs.events.triggers.hist_compile import Histogram, compile_histogram
from tracefs.events.triggers.hist_text import signature

KINDS = {
    "traceon": lib.TRIGGER_TRACEON,
    "traceoff": lib.TRIGGER_TRACEOFF,
    "snapshot": lib.TRIGGER_SNAPSHOT,
    "stacktrace": lib.TRIGGER_STACKTRACE,
    "enable_event": lib.TRIGGER_ENABLE_EVENT,
    "disable_event": lib.TRIGGER_DISABLE_EVENT,
    "enable_hist": lib.TRIGGER_ENABLE_HIST,
    "disable_hist": lib.TRIGGER_DISABLE_HIST,
    "hist": lib.TRIGGER_HIST,
}
WRITE_MAX = 4096
"""A write must be shorter."""
AVAILABLE = "# Available triggers:\n# " + " ".join(commands.NAMES) + "\n"


class Home(Protocol):
    """The instance, as its triggers see it."""

    def event(self, system: str, name: str) -> EventClass | None: ...

    def synthetic(self, name: str) -> EventClass | None: ...

    def begin_soft(self, event: EventClass) -> None:
        """A trigger must see the event, or switch it: it is captured from now on, and as much recorded as before."""
        ...

    def end_soft(self, event: EventClass) -> None: ...

    def triggers_changed(self) -> None:
        """The lists, or what must be captured, are others now: C is to use them when this returns."""
        ...

    def arm_snapshot(self) -> None:
        """A trigger is going to take snapshots: there must be a buffer for them. ENOMEM."""
        ...

    def use_clock(self, name: str) -> None:
        """A histogram counts time in this clock. EINVAL."""
        ...

    def log_error(self, entry: LogEntry) -> None: ...


class Trigger:
    """One that was accepted. Its struct is what C runs and counts down."""

    def __init__(self, event: EventClass, command: Command, target: EventClass | None = None) -> None:
        self.event, self.command, self.target = event, command, target
        self.histogram: Histogram | None = None
        self.made_for: Histogram | None = None
        self._filter = parse_filter(command.filter.encode("latin-1"), event) if command.filter else None
        self.struct: Any = ffi.new("struct trigger *")
        self.struct.kind, self.struct.count = KINDS[command.name], command.count
        self.struct.event = target.id if target else 0
        if self._filter:
            self.struct.filter = ffi.cast("struct ev_filter *", self._filter.address)

    def use(self, histogram: Histogram) -> None:
        self.histogram = histogram
        self.struct.hist = histogram.table

    @property
    def looks(self) -> bool:
        """Whether it looks at the record, or comes after it."""
        return self._filter is not None or self.command.name in ("hist", "stacktrace")

    def show(self) -> str:
        if self.histogram:
            return hist_show.trigger_line(self.histogram, self.command.filter)
        return self.command.show(self.struct.count)


class TriggerList:
    """A struct trigger_list, and the triggers in it: what C looks at when the event occurs."""

    def __init__(self, triggers: Iterable[Trigger]) -> None:
        self._triggers = tuple(triggers)
        self._list: Any = ffi.new("struct trigger_list *", {"items": [each.struct for each in self._triggers]})
        self._list.n = len(self._triggers)
        self._list.looks = any(each.looks for each in self._triggers)
        self._list.stack = any(each.histogram.wants_stack for each in self._triggers if each.histogram)

    @property
    def address(self) -> int:
        return int(ffi.cast("uintptr_t", self._list))


class Triggers:
    """Of one instance. Not safe from several threads: the instance's lock is held around each call."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._by_event: dict[int, list[Trigger]] = {}
        self._lists: dict[int, TriggerList] = {}
        self._helpers: list[Trigger] = []

    # ---- for the engine ----

    def lists(self) -> dict[int, TriggerList]:
        """By event id, for Wanted."""
        return dict(self._lists)

    # ---- the files ----

    def write(self, event: EventClass, data: bytes) -> None:
        """A write to the event's `trigger` file. TriggerError, FilterError and other OSErrors; they are logged here."""
        if not data:
            return
        if len(data) >= WRITE_MAX:
            raise OSError(errno.EINVAL, "too long")
        line = data.partition(b"\0")[0].decode("latin-1").strip()
        command = commands.parse(line)
        try:
            if command.name == "hist":
                self._write_hist(event, command)
            elif command.remove:
                self._remove_plain(event, command)
            else:
                self._add_plain(event, command)
        except TriggerError as error:
            if error.message:
                location, text = f"hist:{event.system}:{event.name}", line.encode("latin-1")
                self._home.log_error(LogEntry(location, error.message, text, error.column + len("hist:")))
            raise
        except FilterError as error:
            self._home.log_error(error.log_entry((command.filter or "").encode("latin-1")))
            raise

    def show(self, event: EventClass) -> str:
        """The `trigger` file."""
        shown = [trigger.show() + "\n" for trigger in self.of(event)]
        return "".join(shown) or AVAILABLE

    def hist(self, event: EventClass) -> str:
        """The `hist` file."""
        found = [each for each in self.of(event) if each.histogram]
        return "\n\n".join(hist_show.show(each.histogram, each.command.filter) for each in found if each.histogram)

    def clear_hists(self, event: EventClass) -> None:
        """The `trigger` file was opened with O_TRUNC: histograms go, unless others read their variables."""
        hists = [each for each in self.of(event) if each.histogram or each.command.family == "switch_hist"]
        if not any(self._is_referred_to(each.histogram) for each in hists if each.histogram):
            for each in hists:
                self._unregister(each)
            self._home.triggers_changed()

    def clear(self) -> None:
        """The instance ends."""
        self._by_event.clear()
        self._lists.clear()

    def of(self, event: EventClass) -> list[Trigger]:
        """Newest first."""
        return self._by_event.get(event.id, [])

    def uses(self, event: EventClass) -> bool:
        """Whether an event cannot go: it has triggers, or a trigger switches or traces it."""
        return any(
            each.target is event or (each.histogram and event in each.histogram.traced)
            for triggers in self._by_event.values()
            for each in triggers
        ) or bool(self.of(event))

    # ---- what histograms can name ----

    def event(self, system: str, name: str) -> EventClass | None:
        return self._home.event(system, name)

    def synthetic(self, name: str) -> EventClass | None:
        return self._home.synthetic(name)

    def histograms(self, event: EventClass | None = None) -> Iterator[Histogram]:
        for event_id, triggers in self._by_event.items():
            if event is None or event_id == event.id:
                yield from (each.histogram for each in triggers if each.histogram)

    def add_helper(self, event: EventClass, command: str, like: Histogram) -> Histogram:
        condition = next(each.command.filter for each in self.of(event) if each.histogram is like)
        trigger = Trigger(event, Command("hist", hist=command, filter=condition))
        trigger.use(compile_histogram(command, event, self))
        self._helpers.append(trigger)
        self._register(trigger)
        assert trigger.histogram
        return trigger.histogram

    # ---- plain triggers ----

    def _add_plain(self, event: EventClass, command: Command) -> None:
        target = self._target(command)
        trigger = Trigger(event, command, target)
        if self._same_family(event, command, target):
            raise FileExistsError(errno.EEXIST, "there is such a trigger")
        if command.name == "snapshot":
            self._home.arm_snapshot()
        self._register(trigger)
        self._home.triggers_changed()

    def _remove_plain(self, event: EventClass, command: Command) -> None:
        for trigger in self._same_family(event, command, self._target(command))[:1]:
            self._unregister(trigger)
            self._home.triggers_changed()

    def _target(self, command: Command) -> EventClass | None:
        if command.target is None:
            return None
        target = self._home.event(*command.target)
        if target is None or not target.switched:
            raise OSError(errno.EINVAL, "no event that could be switched")
        return target

    def _same_family(self, event: EventClass, command: Command, target: EventClass | None) -> list[Trigger]:
        return [each for each in self.of(event) if each.command.family == command.family and each.target is target]

    # ---- histograms ----

    def _write_hist(self, event: EventClass, command: Command) -> None:
        if command.remove:
            for trigger in self._matching(event, command)[:1]:
                if trigger.histogram and self._is_referred_to(trigger.histogram):
                    raise OSError(errno.EBUSY, "others read its variables")
                self._unregister(trigger)
            self._home.triggers_changed()
            return
        self._helpers = []
        try:
            self._add_hist(event, command)
        except BaseException:
            for helper in self._helpers:
                self._unregister(helper)
            raise
        finally:
            self._home.triggers_changed()

    def _add_hist(self, event: EventClass, command: Command) -> None:
        histogram = compile_histogram(command.hist, event, self)
        trigger = Trigger(event, command)
        for existing in self._matching(event, command):
            self._update(existing, histogram)
            return
        text = histogram.text
        if text.cont or text.clear:
            message = "Can't clear or continue a nonexistent hist trigger"
            raise TriggerError(message, command.hist, code=errno.ENOENT)
        named = self._named(text.name)
        if named:
            if signature(named.text) != signature(text):
                message = "Named hist trigger doesn't match existing named trigger (includes variables)"
                raise TriggerError(message, command.hist, text.name or "")
            histogram = named
        if histogram.uses_time:
            self._home.use_clock(text.clock)
        if any(action.name == "snapshot" for action in text.actions):
            self._home.arm_snapshot()
        if text.pause:
            lib.hist_pause(histogram.table)
        trigger.use(histogram)
        for helper in self._helpers:
            helper.made_for = histogram
        self._register(trigger)

    def _update(self, existing: Trigger, wanted: Histogram) -> None:
        assert existing.histogram
        table, text = existing.histogram.table, wanted.text
        if text.pause:
            lib.hist_pause(table)
        elif text.cont:
            lib.hist_continue(table)
        elif text.clear:
            lib.hist_clear(table)
        else:
            raise TriggerError("Hist trigger already exists", wanted.command, code=errno.EEXIST)

    def _matching(self, event: EventClass, command: Command) -> list[Trigger]:
        wanted = signature(hist_text.parse(command.hist))
        return [
            each
            for each in self.of(event)
            if each.histogram
            and signature(each.histogram.text) == wanted
            and each.command.filter == command.filter
        ]  # fmt: skip

    def _named(self, name: str | None) -> Histogram | None:
        return next((each for each in self.histograms() if name and each.text.name == name), None)

    def _is_referred_to(self, histogram: Histogram) -> bool:
        others: Iterable[Histogram] = self.histograms()
        return any(ref[0] is histogram for other in others if other is not histogram for ref in other.references)

    # ---- lists ----

    def _register(self, trigger: Trigger) -> None:
        self._by_event.setdefault(trigger.event.id, []).insert(0, trigger)
        if trigger.event.switched:
            self._home.begin_soft(trigger.event)
        if trigger.target:
            self._home.begin_soft(trigger.target)
        self._build(trigger.event.id)

    def _unregister(self, trigger: Trigger) -> None:
        triggers = self._by_event[trigger.event.id]
        triggers.remove(trigger)
        if not triggers:
            del self._by_event[trigger.event.id]
        if trigger.target:
            self._home.end_soft(trigger.target)
        if trigger.event.switched:
            self._home.end_soft(trigger.event)
        self._build(trigger.event.id)
        for helper in [each for each in self._all() if each.made_for and each.histogram]:
            if helper.histogram and not self._is_referred_to(helper.histogram) and helper is not trigger:
                self._unregister(helper)

    def _all(self) -> Iterator[Trigger]:
        for triggers in list(self._by_event.values()):
            yield from list(triggers)

    def _build(self, event: int) -> None:
        triggers = self._by_event.get(event, [])
        if not triggers:
            self._lists.pop(event, None)
            return
        self._lists[event] = TriggerList(triggers)
