# SPDX-License-Identifier: GPL-2.0-only
"""The engine's face: sinks, what they want, and who is traced for them."""

from __future__ import annotations

import errno
import os
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

from tracefs import inherited
from tracefs.capture.child import Child
from tracefs.capture.policy import procfs
from tracefs.capture.policy.attach import Attacher, Taking
from tracefs.capture.policy.faults import fault
from tracefs.capture.policy.native import PART_KINDS, SETS, Core, Described, Inner, Limit, in_task_machine, pid_sets
from tracefs.capture.policy.program import failure, find, path_of
from tracefs.capture.policy.session import Session
from tracefs.capture.policy.succession import Succession
from tracefs.capture.scope import Scope
from tracefs.capture.visitors import Visitors
from tracefs.capture.wanted import Wanted
from tracefs.syscalls import SYSCALLS, Syscall
from tracefs.syscalls.types.loader import compiled
from tracefs.syscalls.types.saved.parts import Part, parts
from tracefs.syscalls.types.saved.pointers import masks

TAKING_LIMIT = 3.0
"""Seconds after which want() returns though tasks are left that could not be interrupted: there is an end to all
waiting."""


class Handle(Protocol):
    """A RingBuffer: an object of C at an address."""

    @property
    def handle(self) -> int: ...


class Tracee(NamedTuple):
    """For `tracefs status`."""

    pid: int
    tgid: int
    comm: str


def _described(call: Syscall) -> Described:
    known = masks(call.name)
    names = [param.name for param in call.params]
    inner = [tuple(_inner(part, names) for part in parts(call.name, when)) for when in ("enter", "exit")]
    saved, fds = (known.enter, known.exit), (known.fds_enter, known.fds_exit)
    return Described(call.nr, len(call.params), saved, fds, known.asked, (inner[0], inner[1]))


def _inner(part: Part, names: list[str]) -> Inner:
    return Inner(names.index(part.arg), PART_KINDS[part.kind], len(part.steps), part.steps, part.at, part.size)


class Names(Protocol):
    """Cmdlines."""

    @property
    def struct(self) -> Any: ...


def _guarded(on_error: Callable[[str], None]) -> Callable[[str], None]:
    """What cannot be told, since stderr is closed or full, ends nothing."""

    def tell(line: str) -> None:
        try:
            on_error(line)
        except Exception:
            fault("telling of an error")

    return tell


class Engine:
    """Captures the tasks that its sinks want. All methods may be called from any thread, and none waits for a
    tracee."""

    def __init__(self, cmdlines: Names, *, scope: Scope, on_error: Callable[[str], None]) -> None:
        """on_error: gets one line for each process that cannot be traced; called on the capture thread."""
        self._names = cmdlines.struct
        described = (_described(call) for call in SYSCALLS)
        self._core = Core(self._names, described)
        self._core.set_descent(scope.depth, scope.follow_exec, scope.leave_exec)
        self.visitors = Visitors()
        """Who must tell it of tasks in file operations is the adapter that answers those."""
        self._on_error = _guarded(on_error)
        self._attacher = Attacher(self._core, scope, self.visitors, self._on_error)
        self._succession = Succession(scope, self._bring)
        self._lock = threading.RLock()
        self._wanted: dict[int, Wanted] = {}
        self._buffers: dict[int, Handle] = {}
        self._snapshots: dict[int, Handle | None] = {}
        self._session: Session | None = None
        self._retired: Session | None = None
        """The last one that was told to end: it may still be letting its tracees go."""
        self._former = 0
        self._in_task = False
        self._running = False

    def use_in_task(self, on: bool = True) -> None:
        """Programs that begin from now on may record themselves, or not. OSError ENOTSUP: not here; EBUSY: capturing
        has begun."""
        if on and (why := in_task_machine()):
            raise OSError(errno.ENOTSUP, why)
        with self._lock:
            if self._session:
                raise OSError(errno.EBUSY, "tasks are being traced")
            self._in_task = on

    @property
    def in_task(self) -> bool:
        """Whether programs may record themselves."""
        return self._in_task

    def in_task_reasons(self) -> dict[str, int]:
        """How many programs recorded themselves, and how many did not, by why."""
        return self._core.in_task_reasons()

    def start(self) -> None:
        """Allow capturing, and begin with what is wanted already, as want() does. The capture thread lives only while
        something is wanted or a spawned child lives. OSError: there can be none."""
        self._running = True
        self._succession.start()
        taking = self._bring()
        if taking:
            taking.wait(TAKING_LIMIT)

    def stop(self) -> None:
        """Let all tracees go, unharmed; in bounded time. May be started again."""
        self._succession.stop()
        with self._lock:
            self._running = False
            sessions = self._retired, self._session
        for session in sessions:
            if session:
                session.stop()

    # ---- sinks ----

    def add_sink(self, buffer: Handle) -> int:
        """A buffer to record into. OSError(ENOSPC) beyond 64."""
        with self.paused():
            sink = self._core.sink_add(buffer.handle)
            self._buffers[sink] = buffer
            self._wanted[sink] = Wanted()
        return sink

    def remove_sink(self, sink: int) -> None:
        """Nothing is written to its buffer any more when this returns."""
        with self.paused():
            self._core.sink_remove(sink)
            del self._wanted[sink], self._buffers[sink]
            self._snapshots.pop(sink, None)
            self._core.choose_all()
        self._bring()

    def want(self, sink: int, wanted: Wanted) -> None:
        """Record this from now on, for this sink.

        Tasks that are traced already are recorded (or not) accordingly when this returns. Others are attached by the
        capture thread, and will stop before their next call when this returns: it waits until each was interrupted,
        never for one to stop. Tasks that were asleep all the while in a call which an interrupt would cut short follow
        when that has ended.
        """
        recorded, saved = wanted.tracer or wanted.events, wanted.save_enter or wanted.save_exit or wanted.fds
        # only once something is saved: most mounts begin without
        types = compiled().block if recorded and saved and not self._core.typed else None
        with self.paused():
            if types and not self._core.typed:
                self._core.use_types(types)
            before, self._wanted[sink] = self._wanted[sink], wanted
            self._describe(sink, before, wanted)
            self._core.choose_all()
        taking = self._bring()
        if taking and recorded:
            try:
                taking.wait(TAKING_LIMIT)
            except OSError:  # there can be no capture thread
                with self.paused():
                    self._wanted[sink] = before
                    self._describe(sink, wanted, before)
                raise

    def mark(self, sink: int, tid: int, comm: bytes, cpu: int, record: bytes, seen: bytes) -> bool:
        """Write a record that task `tid` made (trace_marker), and run its event's triggers, which see it as `seen`.

        False: it was not written, for lack of room or since that CPU is not recorded."""
        return self._core.mark(sink, tid, comm, cpu, record, seen)

    def use_names(self, cmdlines: Names) -> None:
        """Save names there from now on."""
        with self.paused():
            names = cmdlines.struct
            self._core.use_names(names)
            self._names = names

    def set_snapshot(self, sink: int, buffer: Handle | None) -> None:
        """The buffer that this sink's snapshots are taken with (its content is exchanged); None: there are none."""
        with self.paused():
            self._core.sink_snapshot(sink, buffer.handle if buffer else 0)
            self._snapshots[sink] = buffer

    def take_snapshot(self, sink: int, cpu: int | None = None) -> None:
        """Exchange what the buffer and the snapshot's buffer hold, of one CPU or all. Between two events, never
        within."""
        self._core.take_snapshot(sink, cpu)

    @property
    def stops(self) -> int:
        """How many stops of tasks were handled so far."""
        return self._core.stops()

    @property
    def pages_read(self) -> int:
        """How many pages of tasks' memory were read so far."""
        return self._core.pages_read()

    def soft_disabled(self, sink: int, event: int) -> bool:
        """Whether a trigger keeps an enabled event from being written."""
        return self._core.soft_off(sink, event)

    def soft_disable(self, sink: int, event: int, off: bool) -> None:
        """Where triggers begin that switch the event: not written until one enables it, or the other way round."""
        self._core.set_soft_off(sink, event, off)

    def leave_unsaved(self, call: int, arguments: int) -> None:
        """Whose memory is not saved from now on, bit by bit, of the system call of that number."""
        self._core.unsaved(call, arguments)

    def members(self, sink: int, name: str) -> frozenset[int]:
        """The live members of one of a sink's pid sets (their names are Wanted's), with the children that follow_fork
        added."""
        return frozenset(self._core.members(sink, SETS[name]))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Inside, no capture thread writes to any buffer. Waits for the handling of one stop at most."""
        with self._lock:
            self._core.pause()
            try:
                yield
            finally:
                self._core.unpause()

    def mute(self, tid: int) -> None:
        """Do not record this task's calls until as many unmute()."""
        self._core.mute(tid)

    def unmute(self, tid: int) -> None:
        self._core.unmute(tid)

    # ---- tasks ----

    def spawn(
        self,
        argv: Sequence[str | bytes],
        *,
        program: bytes | None = None,
        env: Mapping[str, str] | Sequence[bytes] | None = None,
        stdin: int = 0,
        stdout: int = 1,
        stderr: int = 2,
        blocked: Collection[int] | None = None,
        ignored: Collection[int] | None = None,
        limits: Sequence[Limit] = (),
        only: Collection[int] | None = None,
    ) -> Child:
        """Start a program that is in scope, traced from its first execve. OSError where it cannot be executed, its
        subclass StartError where something before that fails.

        program: the file; None: what PATH in env has for argv[0]. env: as a mapping, or entry by entry; None: that of
        this process. stdin, stdout, stderr: -1: closed. blocked: signals that it blocks; None: those of this thread.
        ignored: those that it ignores, all others being at their default; None: those that this process was started
        with. limits: resource limits that are set, beside those that it inherits.

        only: numbers of the system calls that it and its children stop at (seccomp.h says what that implies); None:
        all.
        """
        words = [os.fsencode(word) for word in argv]
        if env is None or isinstance(env, Mapping):
            env = [os.fsencode(f"{key}={value}") for key, value in (os.environ if env is None else env).items()]
        environ = list(env)
        path = find(words[0], path_of(environ)) if program is None else program
        unheard = inherited.ignored_signals() if ignored is None else ignored
        held = signal.pthread_sigmask(signal.SIG_BLOCK, []) if blocked is None else blocked
        result: list[tuple[Child, int]] = []

        def launch() -> None:
            files = (stdin, stdout, stderr)
            pid, report = self._core.spawn(path, words, environ, files, held, unheard, limits, only)
            child = Child(pid)
            session.children[pid] = child
            result.append((child, report))

        with self._lock:
            session = self._started()
            command = session.post(launch)
        command.wait()
        child, report = result[0]
        with os.fdopen(report, "rb") as pipe:
            error = failure(pipe.read(), os.fsdecode(argv[0]))
        if error:
            child.wait()
            raise error
        return child

    def tracees(self) -> list[Tracee]:
        """Who is traced now."""
        return [Tracee(tid, tgid, procfs.comm(tid)) for tid, tgid in self._core.tasks()]

    def settle(self, timeout: float) -> bool:
        """Wait until all that is wanted is attached and all else detached; for tests. False: not in time."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            with self._lock:
                session = self._session
                command = session.post(lambda: None) if session else None
            if command is None:
                return True
            command.wait(timeout)
            if self._attacher.settled():
                return True
            time.sleep(0.002)
        return False

    # ---- inside ----

    def _describe(self, sink: int, before: Wanted, wanted: Wanted) -> None:
        core = self._core
        core.sink_want(sink, wanted)
        old = pid_sets(before)
        for number, pids in pid_sets(wanted).items():
            if not pids.active or old[number].pids - pids.pids:
                core.clear_members(sink, number)  # else those that joined by birth stay
            if pids.active:
                self._attacher.join(sink, number, pids.pids)

    def _bring(self) -> Taking | None:
        """Have the capture thread attach who is wanted. None: nobody is."""
        with self._lock:
            if not (self._session or self._any_wanted()):
                return None
            if not self._running:
                return None
            wanted = dict(self._wanted)
            taking = Taking()
            self._started().post(lambda: self._attacher.bring(wanted, taking), taking.end)
            return taking

    def _any_wanted(self) -> bool:
        return any(each.tracer or each.events for each in self._wanted.values())

    def _started(self) -> Session:
        if not self._running:
            raise RuntimeError("the engine is stopped")
        if self._session is None:
            session = Session(
                self._core,
                self._attacher,
                self._former,
                needed=self._needed,
                ended=self._session_ended,
                on_error=self._on_error,
                in_task=self._in_task,
            )
            session.start()
            self._session = session
        return self._session

    def _needed(self) -> bool:
        """Asked by the capture thread. When it says no the next command starts another thread."""
        with self._lock:
            session = self._session
            assert session is not None
            if self._any_wanted() or self._core.spawned() or session.has_commands():
                return True
            self._retire(session)
            return False

    def _retire(self, session: Session) -> None:
        self._former = session.tid
        self._retired, self._session = session, None

    def _session_ended(self) -> None:
        with self._lock:
            session = self._session
            if session and session.tid == threading.get_native_id():
                self._retire(session)
            self._attacher.forget()
