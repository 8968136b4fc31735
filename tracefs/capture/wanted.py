"""What an instance wants recorded: the one message from the tree to the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from tracefs.syscalls import traits

SYSCALL_FIRST, SYSCALL_LAST = 1024, 1024 + 2 * 1023 + 1
"""Ids of the events of single calls (record.h): enter and exit of number 0, and so on."""
ANY_CALL = frozenset({100, 101, 102, 103})
"""Those of raw_syscalls and compat_syscalls."""
TOLD_BY = {114: "sends", 115: "action"}
"""Other events whose records need calls to be seen: signal_generate, signal_deliver; which, by their trait in
traits.tbl."""


class Compiled(Protocol):
    """Something that C reads at an address, good for as long as this object is there."""

    @property
    def address(self) -> int: ...


@dataclass(frozen=True)
class PidSet:
    """A pid filter as set_ftrace_pid/set_event_pid write it; empty `pids` with `active` False means no filter."""

    active: bool = False
    pids: frozenset[int] = frozenset()
    follow_fork: bool = False
    """options/function-fork or options/event-fork: children of members become members, exits leave."""


@dataclass(frozen=True)
class Wanted:
    """A complete, immutable description; the engine replaces the old one with it, never merges.

    It holds all that C gets addresses of. The engine keeps it until C has those of the next one, so nobody else need
    keep anything.
    """

    tracer: bool = False
    """The syscall tracer records every syscall, of the tasks that tracer_pids/tracer_notrace select."""
    tracer_pids: PidSet = PidSet()
    tracer_notrace: PidSet = PidSet()
    events: frozenset[int] = frozenset()
    """Ids of the enabled events (enter and exit separately), of the tasks that event_pids/event_notrace select."""
    event_pids: PidSet = PidSet()
    event_notrace: PidSet = PidSet()
    cpus: frozenset[int] | None = None
    """tracing_cpumask; None is all."""
    filters: Mapping[int, Compiled] = field(default_factory=dict)
    """Event id -> a `struct ev_filter` (tracefs.events)."""
    triggers: Mapping[int, Compiled] = field(default_factory=dict)
    """Event id -> its `struct trigger_list` (tracefs.events.triggers). Those events are in `events`, too;
    the engine's soft_disable() says which of them are not to be written."""
    save_enter: int = 0
    """Bytes of a text or of data that are saved of what arguments point to, at the enter of calls; 0: no memory is."""
    save_exit: int = 0
    """The same at their exit."""
    save_paths: int = 0
    """The same of a path's name, where that is more."""
    fds: bool = False
    """What file descriptors stand for is recorded with the calls."""
    paired: bool = False
    """Exits are recorded only of calls whose enter was: where that passed its filter."""
    record_comm: bool = True
    record_tgid: bool = False
    stack: bool = False
    """The task's user stack follows each event, as ftrace/kernel_stack."""
    user_stack: bool = False
    """The same as ftrace/user_stack."""

    def calls(self) -> frozenset[int] | None:
        """The numbers of the system calls that are recorded; None: all of them may be."""
        if self.tracer or self.events & ANY_CALL:
            return None
        told = (traits.kind(key) for event, key in TOLD_BY.items() if event in self.events)
        return frozenset(
            (event - SYSCALL_FIRST) // 2 for event in self.events if SYSCALL_FIRST <= event <= SYSCALL_LAST
        ).union(*told)
