# SPDX-License-Identifier: GPL-2.0-only
"""An engine that captures nobody: what was recorded before goes through the filters, triggers and histograms of its
sinks."""

from __future__ import annotations

import struct
from collections.abc import Callable

from tracefs.capture.engine import Engine, Names
from tracefs.capture.scope import Scope
from tracefs.capture.wanted import SYSCALL_FIRST, SYSCALL_LAST, PidSet, Wanted

_TYPE = struct.Struct("<H")
_FORK = struct.Struct("<i")
_ALWAYS = frozenset({4, 5, 13, 19})
"""kernel_stack, print, user_stack, raw_data: no switch enables them."""
_STACKS = frozenset({4, 13})


class Replay(Engine):
    """Records are given to write() in the order of their time."""

    def __init__(self, cmdlines: Names, fork: tuple[int, int] | None, makes_raw: bool) -> None:
        """`fork`: the id of sched_process_fork in these records, and where it has the child's number. `makes_raw`:
        calls have events of their own, and none of raw_syscalls beside them, which are made of those."""
        super().__init__(cmdlines, scope=Scope("none"), on_error=lambda line: None)
        self._fork, self._makes_raw = fork, makes_raw
        self._comm: Callable[[int], bytes] = lambda tid: b""
        self._sinks: dict[int, tuple[int, int]] = {}
        """By task: which sinks want its calls for their tracers, and its events."""
        self._born: dict[int, int] = {}
        self._entered: dict[int, int] = {}
        self._last: dict[int, int] = {}

    def start(self) -> None:
        """Nothing to capture."""

    def name_by(self, comm: Callable[[int], bytes]) -> None:
        """How tasks are called, for filters on `comm`."""
        self._comm = comm

    def want(self, sink: int, wanted: Wanted) -> None:
        self._sinks.clear()
        super().want(sink, wanted)

    def write(self, ts: int, cpu: int, tid: int, record: bytes) -> None:
        """One of them. `ts`: in the unit of the buffers' clock."""
        (kind,) = _TYPE.unpack_from(record)
        call = SYSCALL_FIRST <= kind <= SYSCALL_LAST
        if self._makes_raw and kind in (100, 101) and self._known(record):
            return
        tracer, events = self._sinks.get(tid) or self._choose(tid)
        always = kind in _ALWAYS
        if kind in _STACKS:
            events = self._last.get(tid, 0)
        exit = bool(kind & 1) and (call or 100 <= kind <= 103)
        entered = self._entered.get(tid, 0) if exit else 0
        what = (ts, tid, cpu, (tracer, events), entered, always, self._makes_raw, self._comm(tid)[:15])
        written = self._core.replay(what, record)
        if not always:
            self._last[tid] = written
        if call or 100 <= kind <= 103:
            self._entered[tid] = 0 if exit else written
        if self._fork and kind == self._fork[0] and len(record) >= self._fork[1] + 4:
            self._born[_FORK.unpack_from(record, self._fork[1])[0]] = tid

    def _known(self, record: bytes) -> bool:
        """Whether a raw event is of a call that has its own."""
        number = int.from_bytes(record[8:16], "little", signed=True)
        return number >= 0 and self._core.describes(number)

    def _choose(self, tid: int) -> tuple[int, int]:
        tracer = events = 0
        for sink, wanted in self._wanted.items():
            bit = 1 << sink
            if wanted.tracer and self._passes(tid, wanted.tracer_pids, wanted.tracer_notrace):
                tracer |= bit
            if wanted.events and self._passes(tid, wanted.event_pids, wanted.event_notrace):
                events |= bit
        self._sinks[tid] = tracer, events
        return tracer, events

    def _passes(self, tid: int, only: PidSet, never: PidSet) -> bool:
        return not (only.active and not self._in(tid, only)) and not (never.active and self._in(tid, never))

    def _in(self, tid: int, pids: PidSet) -> bool:
        seen = set()
        while tid not in pids.pids:
            parent = self._born.get(tid) if pids.follow_fork else None
            if parent is None or tid in seen:
                return False
            seen.add(tid)
            tid = parent
        return True
