# SPDX-License-Identifier: GPL-2.0-only
"""What is to be recorded and what of it shown: the options of `tracefs run` -> events, filters and switches of an
instance."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass, field

from tracefs.events import EventClass
from tracefs.events.filters.errors import FilterError
from tracefs.front import filters
from tracefs.front.nearest import did_you_mean
from tracefs.front.sets import arguments
from tracefs.front.vocabulary import Selection, UnknownWord, Vocabulary
from tracefs.tree.instance import Instance
from tracefs.tree.set_event import matching

SIGNALS = ("signal:signal_deliver", "ptrace:signal_ignored", "ptrace:stopped")


class NotSelected(Exception):
    """What was asked for cannot be; the text says which option, and why. `detail`: lines that show the place."""

    def __init__(self, text: str, detail: str = "") -> None:
        super().__init__(text)
        self.detail = detail


@dataclass(frozen=True)
class Wish:
    """As given on the command line."""

    words: Sequence[str] = ()
    """-e."""
    filters: Sequence[str] = ()
    """-f: all must hold."""
    paths: Sequence[str] = ()
    """-P: globs, one must match."""
    statuses: Sequence[str] = ()
    """-z, -Z: of vocabulary.STATUSES."""
    errors: Sequence[str] = ()
    """--errno: names or numbers."""

    @property
    def plain(self) -> bool:
        """Nothing is asked for."""
        return not (self.words or self.filters or self.paths or self.statuses or self.errors)


@dataclass
class Chosen:
    """What becomes of it."""

    events: set[EventClass] = field(default_factory=set)
    shared: filters.Shared = field(default_factory=filters.Shared)
    statuses: frozenset[str] = frozenset()
    """None given: calls of any."""
    fds: bool = False
    """Whether what descriptors stand for must be recorded."""
    notes: list[str] = field(default_factory=list)
    """What the user should know."""

    @property
    def pairs(self) -> bool:
        """Whether exits are of use only of calls whose enter was recorded."""
        return bool(self.shared.filters)

    @property
    def by_result(self) -> bool:
        """Whether a call's result was asked for by name."""
        return bool(self.statuses)

    @property
    def holds(self) -> bool:
        """Whether calls are shown only once they have ended."""
        return self.shared.holds or bool(self.statuses)


def choose(instance: Instance, wish: Wish, unasked: Sequence[str]) -> Chosen:
    """`unasked`: what is recorded besides calls where only calls are named, as words of set_event. Raises
    NotSelected."""
    registry = instance.shared.registry
    vocabulary = Vocabulary(registry)
    try:
        named = vocabulary.select(wish.words)
    except UnknownWord as error:
        raise NotSelected(f"-e {error}") from None
    chosen = Chosen(statuses=frozenset({*wish.statuses, *named.statuses}))
    added = {event for word in unasked for event in matching(registry, word)}
    chosen.events = _events(vocabulary, named, added)
    if wish.paths:
        _by_path(chosen, wish.paths)
    _by_signal(chosen, named, instance)
    _by_result(chosen, wish)
    for text in wish.filters:
        _by_filter(chosen, text, added - named.events)
    if not chosen.events:
        raise NotSelected("-e: nothing is left to be recorded")
    return chosen


def _events(vocabulary: Vocabulary, named: Selection, unasked: set[EventClass]) -> set[EventClass]:
    others = {event for event in unasked if not event.syscall}
    if named.calls is None and not named.events:
        calls = set(vocabulary.events_of(call for call in vocabulary.every_call()))
        return (calls | others) - named.without
    found = set(vocabulary.events_of(named.calls or ())) | named.events
    if not named.events:
        found |= others
    return found - named.without


def _by_signal(chosen: Chosen, named: Selection, instance: Instance) -> None:
    if named.signals is None:
        return
    for event in filter(None, (instance.event(*name.split(":")) for name in SIGNALS)):
        chosen.events.discard(event)
        if named.signals:
            chosen.events.add(event)
            if len(named.signals) < 64:
                chosen.shared.add(event, " || ".join(f"sig == {number}" for number in sorted(named.signals)))


def _by_path(chosen: Chosen, globs: Sequence[str]) -> None:
    """Calls that neither take a name nor a descriptor are not recorded."""
    by_call = arguments()["path"]
    kept = set()
    for event in chosen.events:
        if event.syscall is None or event.kind != "enter":
            continue
        if text := filters.paths(event, by_call.get(event.syscall.uapi_name, ()), globs):
            chosen.shared.add(event, text)
            kept.add(event.syscall.nr)
    chosen.events = {event for event in chosen.events if event.syscall is None or event.syscall.nr in kept}
    chosen.fds = True


def _by_result(chosen: Chosen, wish: Wish) -> None:
    texts = [filters.statuses(chosen.statuses)] if chosen.statuses else []
    if wish.errors:
        texts.append(filters.errors(map(_error, wish.errors)))
        chosen.statuses = chosen.statuses or frozenset({"failed"})
    for text in filter(None, texts):
        for event in chosen.events:
            if event.kind == "exit":
                chosen.shared.add(event, text)


def _error(word: str) -> int:
    numbers = {name: number for number, name in errno.errorcode.items()} | {"EWOULDBLOCK": 11, "ENOTSUP": 95}
    if word.isdecimal() and 0 < int(word) <= filters.MAX_ERRNO:
        return int(word)
    found = numbers.get(word.upper())
    if found is None:
        raise NotSelected(f"--errno {word}: no such error{did_you_mean(word.upper(), numbers)}")
    return found


def _by_filter(chosen: Chosen, text: str, unasked: set[EventClass]) -> None:
    lacking_before = len(chosen.shared.lacking)
    try:
        filters.share(text, chosen.events, chosen.shared)
    except FilterError as error:
        raise NotSelected(
            f"-f: {error.strerror}", error.shown(text.encode()).decode(errors="replace").rstrip()
        ) from None
    lacking = [event for event in chosen.shared.lacking[lacking_before:] if event not in unasked]
    if lacking:
        chosen.notes.append(f"-f {text}: shown unfiltered, without such fields: {filters.named(lacking)}")


def apply(instance: Instance, chosen: Chosen) -> None:
    """Enable the events, set their filters."""
    instance.expand()
    compiled = chosen.shared.compiled()
    if compiled:
        instance.events.set_filters(compiled)
    instance.events.switch(sorted(chosen.events, key=lambda event: event.id), True)
