# SPDX-License-Identifier: GPL-2.0-only
"""Who is to be traced, and getting hold of them. On the capture thread."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from tracefs.capture.policy import interruptible, procfs, ptrace_ops
from tracefs.capture.policy.faults import fault
from tracefs.capture.policy.interruptible import When
from tracefs.capture.policy.native import Core, pid_sets
from tracefs.capture.policy.procfs import Sight
from tracefs.capture.scope import Member, Scope
from tracefs.capture.visitors import Visitors
from tracefs.capture.wanted import Wanted
from tracefs.plain import plain

GRACE = 0.1
"""Seconds that a task which is to be detached has to stop by itself."""
FIRST_DELAY, LAST_DELAY = 0.001, 0.1
"""Seconds between looks at a task that cannot be interrupted now."""

SEIZE_LIMIT = 0.01
"""Seconds after which a seize is given up that waits for an execve, which waits for us (wake.c)."""
HEIR_LIMIT = 0.1
"""Seconds for which the end of the process that the scope starts from is kept from its parent, at most."""
ROUNDS = 10
"""Looks for processes in scope until none is new, at most: those that a process not yet traced made meanwhile."""
SEIZE_TRIES = 3
"""Of a task that is refused for no visible reason."""
TURN = 0.003
"""Seconds to look at tasks at a time: with a thousand of them, their stops want to be served, too."""
MAX_TOLD = 1000
"""Reasons that are remembered, so that a program cannot fill our memory with them."""
VANISHING = (0.01, 0.1, 0.5)
"""Seconds after which to look whether a task has vanished."""


@dataclass
class Look:
    """How a task that is to be stopped was last seen."""

    due: float
    """When to look again."""
    since: float
    """When it was first looked at, or will be."""
    delay: float = FIRST_DELAY
    """How long to wait after that."""
    sight: Sight | None = None
    """What was seen."""
    steady: float = 0.0
    """Since when it was seen like that."""
    after_call: bool = False
    """It can be had when its call has ended, which may last."""

    def again(self, sight: Sight, now: float) -> float:
        """It is seen. For how many seconds it has been in that state, and not gone to sleep anew."""
        if not self.sight or (self.sight.state, self.sight.sleeps) != (sight.state, sight.sleeps):
            self.steady = now
        self.sight = sight
        return now - self.steady


class Taking:
    """What one change of what is wanted waits for: that all who are wanted were taken hold of."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._error: BaseException | None = None

    def end(self, error: BaseException | None = None) -> None:
        """It is done, or cannot be."""
        self._error = error
        self._over.set()

    def wait(self, timeout: float) -> bool:
        """Until end(); raises its error. False: not in time."""
        over = self._over.wait(timeout)
        if self._error is not None:
            raise self._error
        return over


def wants_scope(wanted: Wanted) -> bool:
    """Whether it records tasks that no pid set names."""
    return (wanted.tracer and not wanted.tracer_pids.active) or (bool(wanted.events) and not wanted.event_pids.active)


def named(wanted: Wanted) -> frozenset[int]:
    """The tasks that it records because a pid set names them."""
    pids = wanted.tracer_pids.pids if wanted.tracer and wanted.tracer_pids.active else frozenset()
    return pids | (wanted.event_pids.pids if wanted.events and wanted.event_pids.active else frozenset())


class Attacher:
    """Brings the tracees in line with what is wanted, in steps that never wait for one of them."""

    def __init__(self, core: Core, scope: Scope, visitors: Visitors, on_error: Callable[[str], None]) -> None:
        self._core = core
        self._scope = scope
        self._visitors = visitors
        self._on_error = on_error
        if scope.kind != "none":
            ptrace_ops.binding()  # now, not when a write to a control file waits for it
        self._looks: dict[int, Look] = {}
        """By tid."""
        self._skipped: set[int] = set()
        """Processes that were reported to on_error already."""
        self._told: set[str] = set()
        """Reasons to let go, likewise."""
        self._wanted: Mapping[int, Wanted] = {}
        self._busy: dict[int, tuple[int, Member | None]] = {}
        """Tasks that could not be seized while their process executed a program: their process, as what it is in
        scope."""
        self._nobody = False
        """It was told that no process is left in scope."""
        self._bad: set[int] = set()
        """Tasks that a fault of ours was about: they are left alone."""
        self._vanishing: dict[int, list[float]] = {}
        """Leaders that may vanish without a report, and when to look whether they have."""
        self._takings: list[Taking] = []
        """To be ended when all who are wanted were taken hold of."""

    def bring(self, wanted: Mapping[int, Wanted], taking: Taking) -> None:
        """Attach who is wanted and not yet traced; the next steps interrupt them. wanted: by sink."""
        try:
            self._bring(wanted)
        except BaseException as error:
            taking.end(error)
            raise
        self._takings.append(taking)

    def _bring(self, wanted: Mapping[int, Wanted]) -> None:
        self._wanted = wanted
        active = [each for each in wanted.values() if each.tracer or each.events]
        if any(wants_scope(each) for each in active):
            self._attach_scope()
        for tid in sorted(frozenset().union(*(named(each) for each in active)) if active else ()):
            if not self._core.has(tid) and tid != os.getpid():
                tgid = procfs.status(tid).get("Tgid")
                if tgid and int(tgid) != os.getpid():
                    with self._blaming(tid):
                        self._attach(tid, int(tgid), None)
        for sink, each in wanted.items():
            self._join_sets(sink, each)
        self._core.choose_all()

    def succeed(self) -> None:
        """The process that the scope starts from has ended, and its parent does not know yet: when it does it is traced
        itself, if it is next in scope. So a shell's calls after a script that began the tracing are seen from the
        first."""
        self._bring(self._wanted)
        self.step()
        limit = time.monotonic() + HEIR_LIMIT
        while not self._taken() and time.monotonic() < limit:
            time.sleep(FIRST_DELAY)
            self.step()

    def _again(self) -> None:
        """Try those that were executing a program."""
        busy, self._busy = self._busy, {}
        for tid, (tgid, member) in busy.items():
            with self._blaming(tid):
                if member is not None:
                    self._attach_process(tgid, member)
                elif not self._core.has(tid):
                    self._attach(tid, tgid, None)
        if busy:
            for sink, each in self._wanted.items():
                self._join_sets(sink, each)
            self._core.choose_all()

    def step(self) -> float | None:
        """Interrupt who needs it and can be. Seconds until the next step is due, None where there is nothing to do."""
        now = time.monotonic()
        core, looks = self._core, self._looks
        self._forget_vanished(now)
        self._again()
        waiting = set(core.unstopped()) - self._bad
        leaving = set(core.leaving()) - self._bad
        for tid in looks.keys() - waiting - leaving:
            del looks[tid]
        for tid in waiting:
            looks.setdefault(tid, Look(now, now))
        for tid in leaving:
            looks.setdefault(tid, Look(now + GRACE, now + GRACE))
        for tid, look in self._in_turn(now):
            with self._blaming(tid):
                if not self._interrupt_visitor(tid):
                    self._interrupt(tid, look, tid in waiting, now)
            look.due = now + look.delay
            look.delay = min(2 * look.delay, LAST_DELAY)
        self._end_takings()
        interrupted = self.answering()
        core.hold_off(bool(looks) or interrupted)
        due = [look.due for look in looks.values()] + [times[0] for times in self._vanishing.values()]
        if interrupted:
            due.append(now + LAST_DELAY)
        if self._busy:
            due.append(now + FIRST_DELAY)
        spent = time.monotonic() - now  # as long again for the stops
        return max(spent, min(due) - now) if due else None

    def _interrupt_visitor(self, tid: int) -> bool:
        """False: it is in no file operation of ours."""
        with self._visitors.kept(tid) as there:
            if there:
                self._core.interrupt(tid)
        return there

    def _interrupt(self, tid: int, look: Look, entering: bool, now: float) -> None:
        """If it can be now."""
        sight = procfs.sight(tid)
        if sight is None:
            return
        restless = now - look.since > interruptible.RESTLESS
        when = interruptible.when(tid, sight, look.again(sight, now), restless, entering)
        look.after_call = when is When.AFTER_CALL
        if when is When.NOW:
            self._core.interrupt(tid, sight.state, sight.sleeps)

    def _end_takings(self) -> None:
        """Whoever waits for tasks to be taken hold of goes on, if they are."""
        if self._takings and self._taken():
            for taking in self._takings:
                taking.end()
            self._takings.clear()

    def _taken(self) -> bool:
        """Whether all who are wanted were interrupted, but those in calls that an interrupt would cut short."""
        waiting = set(self._core.unstopped()) - self._bad
        return not self._busy and all(tid in self._looks and self._looks[tid].after_call for tid in waiting)

    def answering(self) -> bool:
        """Whether a task's stop is on its way: of one that was interrupted, and does not wait for us."""
        return any(tid not in self._visitors for tid in self._core.interrupted())

    def _in_turn(self, now: float) -> Iterator[tuple[int, Look]]:
        """The looks that are due, as many as there is time for; those that had their turn go behind the others."""
        for tid, look in list(self._looks.items()):
            if look.due > now:
                continue
            if time.monotonic() > now + TURN:
                return
            yield tid, look
            self._looks[tid] = self._looks.pop(tid)

    def _forget_vanished(self, now: float) -> None:
        for tgid, times in list(self._vanishing.items()):
            if times[0] > now:
                continue
            if self._core.has(tgid) and not procfs.traced_by_us(tgid):
                self._core.vanished(tgid)
            times.pop(0)
            if not times:
                del self._vanishing[tgid]

    def part(self) -> None:
        """The end is near: interrupt those that should not meet it as they are."""
        core = self._core
        core.hold_off(True)
        now, tasks = time.monotonic(), {tid for tid, _ in core.tasks()}
        for tid in self._looks.keys() - tasks:
            del self._looks[tid]
        for tid in tasks - self._bad:
            self._looks.setdefault(tid, Look(now, now)).due = now
        for tid, look in self._in_turn(now):
            with self._blaming(tid):
                sight = procfs.sight(tid)
                if sight and interruptible.unsettled(tid, sight, look.again(sight, time.monotonic())):
                    core.interrupt(tid, sight.state, sight.sleeps)

    def let_go(self, tid: int, why: str, each: bool = False) -> None:
        """The task is about to execute what (may) give it privilege; we have none, and would take it away.

        each: on_error is told of each process, not once of the reason."""
        comm, tgid, now = procfs.comm(tid), int(procfs.status(tid).get("Tgid", tid)), time.monotonic()
        self._core.let_go(tid)
        if tid != tgid:  # it takes its leader's number, unless the execve fails
            self._vanishing[tgid] = [now + delay for delay in VANISHING]
        told = f"{why} ({tgid})" if each else why
        if told not in self._told:
            if len(self._told) >= MAX_TOLD:
                self._told.clear()
            self._told.add(told)
            self._on_error(f"let go of {comm}-{tid}: {plain(why)}")

    @contextmanager
    def _blaming(self, tid: int) -> Iterator[None]:
        """Around what is done about one task: a fault costs that task, not the others."""
        try:
            yield
        except Exception as error:
            fault(f"task {tid}")
            self._bad.add(tid)
            self._core.set_leaving(tid)
            self._on_error(f"let go of {procfs.comm(tid)}-{tid}: internal error: {error!r}")

    def settled(self) -> bool:
        """Nothing is being attached or detached."""
        core = self._core
        return not (core.unstopped() or core.interrupted() or core.leaving() or self._vanishing or self._busy)

    def forget(self) -> None:
        """All tracees are gone."""
        self._looks.clear()
        self._skipped.clear()
        self._vanishing.clear()
        self._busy.clear()
        self._bad.clear()
        for taking in self._takings:
            taking.end()
        self._takings.clear()

    def _attach_scope(self) -> None:
        """All processes in scope."""
        seen: dict[int, Member] = {}
        for _ in range(ROUNDS):
            found = self._scope.processes()
            new = [pid for pid, member in found.items() if pid not in seen or seen[pid].born != member.born]
            seen |= found
            before = self._core.tracees()
            for pid in new:
                with self._blaming(pid):
                    self._attach_process(pid, found[pid])
            if self._core.tracees() <= before:
                break
        self._core.set_root(self._scope.top)
        nobody, self._nobody = self._nobody, self._scope.kind == "tree" and not self._scope.top
        if self._nobody and not nobody:
            self._on_error(f"no process is left in scope: {self._scope.root} has ended")

    def _attach_process(self, pid: int, member: Member) -> None:
        """Every thread of a process; those born meanwhile come with their parents, or are found in the next round."""
        seen: set[int] = set()
        while new := [tid for tid in procfs.threads(pid) if tid not in seen]:
            for tid in new:
                seen.add(tid)
                if self._core.has(tid):
                    self._core.set_scope(tid, True)
                elif not self._attach(tid, pid, member):
                    return
                if member.generation:
                    self._core.set_generation(tid, member.generation)
        # A traced task's number is not used again before we know of its end. So what has them now is what was attached.
        stat = procfs.stat(pid)
        own = set(procfs.threads(pid)) if stat and stat.born == member.born else set()
        for tid in seen - own:
            self._core.set_scope(tid, False)

    def _attach(self, tid: int, tgid: int, member: Member | None) -> bool:
        """member: its process, which is in scope; None: it is named. False: its process is not to be had, the reason
        was told."""
        if tgid == self._core.keeper():
            return True
        for _ in range(SEIZE_TRIES):
            self._core.alarm(SEIZE_LIMIT)
            try:
                ptrace_ops.seize(tid)
            except OSError as error:
                if error.errno == errno.ESRCH:
                    return True
                if error.errno == errno.EINTR:
                    self._busy[tid] = (tgid, member)
                    return False
                status, why = procfs.status(tid), os.strerror(error.errno or 0)
            else:
                # Its number may have been another's when it was looked at; now that it is traced it stays its own.
                tgid = int(procfs.status(tid).get("Tgid", tgid))
                if tid == tgid and procfs.serves_memory(tgid):
                    self._core.memory_is_served()
                self._core.attached(tid, tgid, member is not None)
                return True
            if procfs.traced_by_us(tid):
                return True  # born of a tracee a moment ago: its first stop is on its way
            if status.get("State", "Z")[0] in "ZX":
                return True
            if tracer := int(status.get("TracerPid", "0")):
                why = f"already traced by {procfs.comm(tracer)} ({tracer})"
                break
            # Else it may have been a leader whose thread executes: dead when asked for, and the thread has its number
            # now.
        if tgid not in self._skipped:
            self._skipped.add(tgid)
            self._on_error(f"cannot trace {procfs.comm(tid)}-{tid}: {why}")
        return False

    def _join_sets(self, sink: int, wanted: Wanted) -> None:
        for number, pids in pid_sets(wanted).items():
            self.join(sink, number, pids.pids if pids.active else ())

    def join(self, sink: int, number: int, pids: Iterable[int]) -> None:
        """Make these tasks members of a sink's set."""
        for tid in pids:
            self._core.set_member(tid, sink, number, True)
