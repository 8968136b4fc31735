# SPDX-License-Identifier: GPL-2.0-only
"""The words of `-e`: which calls, events, signals and results are meant.

-e openat,%net,/^get/       calls: by name, set, regular expression or glob; with `trace=` before it nothing but calls
-e sched_process_exec,task  events, and systems of them, by name or glob; SYSTEM:EVENT, as set_event takes it
-e '!%memory'               what was named so far, or all calls, without these
-e signal=INT,TERM          signals;  -e status=failed  results
"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from tracefs.events import EventClass, Registry
from tracefs.front.nearest import did_you_mean
from tracefs.front.sets import sets
from tracefs.syscalls import SYSCALLS, Syscall
from tracefs.tree.set_event import matching

STATUSES = ("successful", "failed")
"""What a call may have come to, in strace's words."""
_KINDS = {
    "trace": "trace", "t": "trace", "signal": "signal", "signals": "signal", "s": "signal", "status": "status",
}  # fmt: skip
_OTHERS = {
    "abbrev": "lists are whole with -v",
    "verbose": "structures are always shown; -v shows all of them with --strace",
    "raw": "-o nosyscall_arg_decode shows numbers",
    "read": "what calls read is shown as far as -s BYTES says: -e read -f 'fd == N' -s BYTES",
    "write": "what calls write is shown as far as -s BYTES says: -e write -f 'fd == N' -s BYTES",
    "quiet": "signals and ends are left out with -e signal=none and -e '!sched_process_exit'",
    "q": "signals and ends are left out with -e signal=none and -e '!sched_process_exit'",
    "decode-fds": "-y shows what descriptors stand for",
    "inject": "faults are not injected here",
    "fault": "faults are not injected here",
    "kvm": "exit reasons of kvm are not seen",
}
"""What strace qualifies in other ways, and what does it here."""
_KIND = re.compile(r"([a-z-]+)=(.*)", re.S)
_GLOB = re.compile(r"[*?\[]")
_PERSONALITY = re.compile(r"@(64|32|x32)$")


class UnknownWord(ValueError):
    """A word that means nothing here; the text says so, and which are like it."""


@dataclass
class Selection:
    """What the words so far mean."""

    calls: set[str] | None = None
    """Names of calls as programs know them; None: none was named, so all are meant where events are not named
    either."""
    events: set[EventClass] = field(default_factory=set)
    """Named as events."""
    signals: set[int] | None = None
    """None: nothing was said of signals."""
    statuses: set[str] = field(default_factory=set)
    """Of STATUSES; none: any."""
    without: set[EventClass] = field(default_factory=set)
    """Named with a !, to be left out of what is shown where nothing is named."""


class Vocabulary:
    """By the events of one registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._calls = {call.uapi_name: call for call in SYSCALLS}
        self._by_event_name = {call.name: call for call in SYSCALLS if call.name != call.uapi_name}
        self._switched = {event.name: event for event in registry.by_id.values() if event.switched}

    def select(self, texts: Iterable[str]) -> Selection:
        """All `-e`, one after the other. Raises UnknownWord."""
        chosen = Selection()
        for text in texts:
            self._add(chosen, text)
        return chosen

    def events_of(self, calls: Iterable[str]) -> Iterator[EventClass]:
        """Their enter and exit events."""
        for name in calls:
            for edge in ("enter", "exit"):
                if event := self._registry.find("syscalls", f"sys_{edge}_{self._calls[name].name}"):
                    yield event

    def every_call(self) -> Iterable[str]:
        """The names of all."""
        return self._calls

    def words(self) -> list[str]:
        """All that have a meaning of their own."""
        return [*self._calls, *(f"%{name}" for name in sets()), *self._switched, *self._registry.systems, "all", "none"]

    def call(self, name: str) -> Syscall | None:
        """By either of its names."""
        return self._calls.get(name) or self._by_event_name.get(name)

    # -- one -e

    def _add(self, chosen: Selection, text: str) -> None:
        kind, words = "", text
        if said := _KIND.fullmatch(text):
            known = _KINDS.get(said[1])
            if known is None:
                raise UnknownWord(_no_such_kind(said[1], text))
            kind, words = known, said[2]
        negated = words.startswith("!")
        pieces = _split(words[negated:])
        if kind == "signal":
            _choose_signals(chosen, pieces, negated)
        elif kind == "status":
            _choose_statuses(chosen, pieces, negated)
        else:
            self._choose(chosen, pieces, negated, calls_only=kind == "trace")

    def _choose(self, chosen: Selection, words: Sequence[str], negated: bool, calls_only: bool) -> None:
        calls: set[str] = set()
        events: set[EventClass] = set()
        said_calls = False
        for word in words:
            found_calls, found_events = self._meaning(word, calls_only)
            said_calls |= found_calls is not None
            calls |= found_calls or set()
            events |= found_events
        if negated:
            if chosen.calls is None and not chosen.events:
                chosen.calls = set(self._calls)
            chosen.calls = None if chosen.calls is None else chosen.calls - calls - _whole(events)
            chosen.events -= events | set(self.events_of(calls))
            chosen.without |= events
            return
        if said_calls:
            chosen.calls = (chosen.calls or set()) | calls
        chosen.events |= events
        chosen.without -= events

    def _meaning(self, word: str, calls_only: bool) -> tuple[set[str] | None, set[EventClass]]:
        """Calls (None: it names none, nor a set of them) and events."""
        optional = len(word) > 1 and word[0] == "?" and not _GLOB.search(word[1:])
        plain = word[1:] if optional else word
        calls = self._calls_named(plain)
        if calls is not None and not _GLOB.search(plain):
            return calls, set()
        events = set() if calls_only else self._events_named(plain)
        if calls or events:
            return calls or None, events
        if optional:
            return set(), set()
        raise UnknownWord(self._unknown(word, calls_only))

    def _calls_named(self, word: str) -> set[str] | None:
        """None where it is no word for calls."""
        if word == "all":
            return set(self._calls)
        if word == "none":
            return set()
        if word.startswith("%"):
            found = sets().get(word[1:])
            return set(found.calls & self._calls.keys()) if found else None
        if word.startswith("/"):
            return self._by_expression(word[1:].removesuffix("/"))
        if personality := _PERSONALITY.search(word):
            if personality[1] != "64":
                raise UnknownWord(f"{word}: calls of 32-bit code are events: compat_syscalls:sys_enter")
            word = word[: personality.start()]
        if word.isdecimal():
            word = next((call.uapi_name for call in SYSCALLS if call.nr == int(word)), word)
        if call := self.call(word):
            return {call.uapi_name}
        if _GLOB.search(word):
            return {name for name in self._calls if fnmatchcase(name, word)} or None
        return None

    def _by_expression(self, expression: str) -> set[str] | None:
        try:
            wanted = re.compile(expression)
        except re.error as error:
            raise UnknownWord(f"/{expression}/: {error}") from None
        return {name for name in self._calls if wanted.search(name)} or None

    def _events_named(self, word: str) -> set[EventClass]:
        return set(matching(self._registry, word))

    def _unknown(self, word: str, calls_only: bool) -> str:
        what = "call or set" if calls_only else "call, set or event"
        known = [*self._calls, *(f"%{name}" for name in sets())] if calls_only else self.words()
        if ":" in word and not calls_only:
            known = [f"{event.system}:{event.name}" for event in self._switched.values()]
        return f"{word}: no such {what}{did_you_mean(word, known)}"


def _whole(events: Iterable[EventClass]) -> set[str]:
    """Calls of which an event is named."""
    return {event.syscall.uapi_name for event in events if event.syscall}


def _split(text: str) -> list[str]:
    """At commas, but not within /.../."""
    words, rest = [], text
    while rest:
        if rest.startswith("/") and (end := re.search(r"/(,|$)", rest[1:])):
            size = end.start() + 2
        elif rest.startswith("/"):
            size = len(rest)
        else:
            size = rest.find(",") if "," in rest else len(rest)
        words.append(rest[:size])
        rest = rest[size + 1 :]
    return [word for word in (word.strip() for word in words) if word]


def _no_such_kind(kind: str, text: str) -> str:
    if kind in _OTHERS:
        return f"{text}: {_OTHERS[kind]}"
    return f"{text}: no such qualifier{did_you_mean(kind, [*_KINDS, *_OTHERS])}"


def signal_number(word: str) -> int:
    """SIGINT, INT, int, 2. Raises UnknownWord."""
    names = {name.removeprefix("SIG"): int(number) for name, number in signal.Signals.__members__.items()}
    plain = word.upper().removeprefix("SIG")
    if plain in names:
        return names[plain]
    if plain.isdecimal() and 0 < int(plain) <= 64:
        return int(plain)
    if real_time := re.fullmatch(r"RT(MIN)?[+_]?(\d+)", plain):
        return 34 - 2 * (real_time[1] is None) + int(real_time[2])
    raise UnknownWord(f"{word}: no such signal{did_you_mean(plain, names)}")


def _choose_signals(chosen: Selection, words: Sequence[str], negated: bool) -> None:
    every = set(range(1, 65))
    found: set[int] = set()
    for word in words:
        found |= every if word == "all" else set() if word == "none" else {signal_number(word)}
    chosen.signals = every - found if negated else (chosen.signals or set()) | found


def _choose_statuses(chosen: Selection, words: Sequence[str], negated: bool) -> None:
    found: set[str] = set()
    for word in words:
        if word not in (*STATUSES, "all", "none"):
            raise UnknownWord(f"status={word}: no such status{did_you_mean(word, STATUSES)}")
        found |= set(STATUSES) if word == "all" else set() if word == "none" else {word}
    chosen.statuses = set(STATUSES) - found if negated else chosen.statuses | found
