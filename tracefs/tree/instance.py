# SPDX-License-Identifier: GPL-2.0-only
"""An instance: one buffer, and the state that says what goes into it. The files are views of this.

Changes are serialised by one lock, held briefly and never while waiting for data; a change of what is recorded is one
message to the engine, which acts on it later (no file operation waits for a traced task).
"""

from __future__ import annotations

import contextlib
import errno
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from ringbuf import CLOCKS, RingBuffer
from tracefs.capture.wanted import PidSet, Wanted
from tracefs.events.event import EventClass
from tracefs.render import Options, Reader
from tracefs.tree import options
from tracefs.tree.error_log import ErrorLog
from tracefs.tree.event import InstanceEvents, SoftDisabled
from tracefs.tree.pidset import PID_KINDS, PidKind
from tracefs.tree.shared import Shared
from tracefs.tree.snapshot import Snapshot
from tracefs.tree.waiting import Pollers

if TYPE_CHECKING:
    from tracefs.events.filters.errors import LogEntry
    from tracefs.events.triggers.registered import Triggers

TRACERS = ("syscall", "nop")
"""available_tracers, in the order it shows them."""

FULL_SIZE = 1408 << 10
"""Bytes per CPU of a buffer in use; until the first use the top's buffer is as small as can be."""
SMALLEST = 1
USER_BUF_DEFAULT = 63
PATH_NAME_MAX = 4095
"""Bytes of a name of a path that the kernel takes (PATH_MAX), without the NUL."""
USER_BUF_MAX = 48 << 10
"""Bytes of syscall_user_buf_size: the kernel's (6.19) default, and the most (its own is 165), where sub-buffers are
large enough."""
CLOCK = "local"


class Instance:
    """The kernel's trace_array."""

    def __init__(self, shared: Shared, name: str = "") -> None:
        self.shared = shared
        self.name = name
        self.top = not name
        self.lock = threading.RLock()
        self.tracer = "nop"
        self.options = options.defaults(self.top)
        self.pids: dict[str, frozenset[int]] = {kind.name: frozenset() for kind in PID_KINDS}
        self.cpumask = frozenset(range(shared.cpus))
        self.user_buf_size = USER_BUF_DEFAULT
        self.buffer_percent = 50
        self.error_log = ErrorLog()
        self.expanded = not self.top
        self.consumers = 0
        """Open trace_pipe and trace_pipe_raw: while there are any, the tracer stays (EBUSY)."""
        self.iterators = 0
        """Open readers of `trace`: while there are any, the size stays (EBUSY)."""
        self._stops = 0
        self._closed = False
        size = SMALLEST if self.top else FULL_SIZE
        self.buffer = RingBuffer.create(shared.cpus, size, clock=CLOCK)
        self.reader = Reader(self.buffer)
        self.view = Options(clock=CLOCK)
        for name, on in self.options.items():
            self.view.set(name, on)
        """How lines look; open files look at it with each reading."""
        self.pollers = Pollers(self.buffer, shared.stopping)
        self._sink = shared.engine.add_sink(self.buffer)
        self.events = InstanceEvents(self, SoftDisabled(shared.engine, self._sink))
        self.snapshot: Snapshot | None = None
        """What snapshots are taken with, once one is wanted."""
        self._triggers: Triggers | None = None
        self._told = self.wanted()
        """What the engine was told last; at first it records nothing."""

    def close(self) -> None:
        """Record nothing any more. The buffer's memory goes at once, what little is left of it with its last reader."""
        with self.lock:
            self._closed = True
            self.shared.engine.remove_sink(self._sink)
            self._triggers = None
            for buffer in (self.buffer, *([self.snapshot.buffer] if self.snapshot else [])):
                with contextlib.suppress(OSError):  # no memory for a smaller one
                    buffer.resize(SMALLEST)
        self.pollers.close()

    # -- what is recorded

    def wanted(self) -> Wanted:
        """The message to the engine."""
        return Wanted(
            tracer=self.tracer == "syscall",
            events=self.events.attached(),
            triggers=self._triggers.lists() if self._triggers else {},
            cpus=None if len(self.cpumask) == self.shared.cpus else self.cpumask,
            filters=self.events.filters(),
            save_enter=self.user_buf_size * self.options["syscall_user_enter"],
            save_exit=self.user_buf_size * self.options["syscall_user_exit"],
            save_paths=PATH_NAME_MAX * self.options["syscall_whole_paths"],
            fds=self.options["syscall_fd_path"],
            paired=self.options["syscall_pair"],
            record_comm=self.options["record-cmd"],
            record_tgid=self.options["record-tgid"],
            stack=self.options["stacktrace"],
            user_stack=self.options["userstacktrace"],
            **{kind.wanted: self._pid_set(kind) for kind in PID_KINDS},
        )

    def _pid_set(self, kind: PidKind) -> PidSet:
        pids = self.pids[kind.name]
        return PidSet(active=bool(pids), pids=pids, follow_fork=self.options[kind.follow])

    def members(self, kind: PidKind) -> frozenset[int]:
        """The pids that were written, and those that joined by birth."""
        born = self.shared.engine.members(self._sink, kind.wanted) if self.options[kind.follow] else frozenset()
        return self.pids[kind.name] | born

    def tell_engine(self) -> None:
        """What is wanted has changed. To be called under the lock."""
        if self._closed:  # by those who came to it when it was still there
            return
        self._told = self.wanted()
        self.shared.engine.want(self._sink, self._told)

    def set_tracer(self, name: str) -> None:
        """EINVAL where there is none of that name, EBUSY while a consuming reader depends on the old one."""
        with self.lock:
            self.expand()
            if name not in TRACERS:
                raise OSError(errno.EINVAL, f"no tracer {name}")
            if name == self.tracer:
                return
            if self.consumers:
                raise OSError(errno.EBUSY, "trace_pipe is open")
            self.tracer = self.view.tracer = name
            # Nothing of the old tracer's stays, and nothing of the new one's goes.
            if name == "nop":
                self.tell_engine()
                self.empty()
            else:
                self.empty()
                try:
                    self.tell_engine()
                except OSError:
                    self.tracer = self.view.tracer = "nop"
                    self._told = self.wanted()
                    raise

    def set_option(self, option: options.Option, on: bool) -> None:
        """EINVAL for an option that refuses."""
        with self.lock:
            if option.refused:
                raise OSError(errno.EINVAL, f"{option.name} refuses")
            if self.options[option.name] == on:
                return
            if option.name == "in_task":
                self.shared.engine.use_in_task(on)
            self.options[option.name] = on
            self.view.set(option.name, on)
            if option.name == "overwrite":
                self.buffer.overwrite = on
            elif self.wanted() != self._told:
                self.tell_engine()

    def set_pids(self, name: str, change: Callable[[frozenset[int]], frozenset[int]]) -> None:
        with self.lock:
            self.pids[name] = change(self.pids[name])
            self.tell_engine()

    def set_cpumask(self, cpus: frozenset[int]) -> None:
        with self.lock:
            self.cpumask = cpus
            self.tell_engine()

    def set_user_buf_size(self, size: int) -> None:
        """Bytes of a text or of data that calls have saved from now on: at most what leaves an event room for the
        rest."""
        with self.lock:
            self.user_buf_size = min(size, self.buffer.subbuf_size * 3 // 4, USER_BUF_MAX)
            self.tell_engine()

    # -- whether it is recorded

    @property
    def tracing_on(self) -> bool:
        return self.buffer.recording

    @tracing_on.setter
    def tracing_on(self, on: bool) -> None:
        with self.lock:
            self.buffer.recording = on
        if not on:
            self.buffer.kick()  # readers of trace_pipe that have seen something end now

    def begin_iterating(self) -> bool:
        """`trace` was opened for reading; returns whether that paused recording, for end_iterating()."""
        with self.lock:
            self.iterators += 1
            paused = self.options["pause-on-trace"]
            self._stops += paused
            self.buffer.paused = self._stops > 0
            return paused

    def end_iterating(self, paused: bool) -> None:
        with self.lock:
            self.iterators -= 1
            self._stops -= paused
            self.buffer.paused = self._stops > 0

    def begin_consuming(self) -> None:
        with self.lock:
            self.consumers += 1

    def end_consuming(self) -> None:
        with self.lock:
            self.consumers -= 1

    @property
    def triggers(self) -> Triggers:
        """Made when they are first asked for."""
        with self.lock:
            if self._triggers is None:
                from tracefs.events.triggers.registered import Triggers  # here, as most mounts never need them

                self._triggers = Triggers(self)
            return self._triggers

    # -- what triggers ask for

    def event(self, system: str, name: str) -> EventClass | None:
        return self.shared.registry.find(system, name)

    def synthetic(self, name: str) -> EventClass | None:
        return self.shared.registry.find("synthetic", name)

    def begin_soft(self, event: EventClass) -> None:
        self.events[event].begin_soft()

    def end_soft(self, event: EventClass) -> None:
        self.events[event].end_soft()

    def triggers_changed(self) -> None:
        self.tell_engine()

    def arm_snapshot(self) -> None:
        """Have a buffer for snapshots, of the size of the other. ENOMEM."""
        with self.lock:
            self.expand()
            if self.snapshot is None:
                self.snapshot = Snapshot(self.buffer)
                self.shared.engine.set_snapshot(self._sink, self.snapshot.buffer)

    def take_snapshot(self, cpu: int | None = None) -> None:
        """Exchange what the buffer holds, of one CPU or all, with what the snapshot's does. ENOMEM."""
        with self.lock:
            self.arm_snapshot()
            self.shared.engine.take_snapshot(self._sink, cpu)

    def empty_snapshot(self, cpu: int | None = None) -> None:
        with self.lock, self.shared.engine.paused():
            if self.snapshot:
                self.snapshot.empty(cpu)

    def free_snapshot(self) -> None:
        """No trigger takes one any more until arm_snapshot()."""
        with self.lock:
            self.shared.engine.set_snapshot(self._sink, None)
            self.snapshot = None

    def use_clock(self, name: str) -> None:
        """EINVAL for one that there is not."""
        if name not in CLOCKS:
            raise OSError(errno.EINVAL, "no such clock")
        if name != self.buffer.clock:
            self.set_clock(name)

    def log_error(self, entry: LogEntry) -> None:
        self.error_log.enter(entry)

    def mark(self, tid: int, comm: bytes, cpu: int, record: bytes, seen: bytes) -> bool:
        """Write an event that task `tid` made itself, and run its triggers, which see it as `seen`. False: it was not
        written."""
        return self.shared.engine.mark(self._sink, tid, comm, cpu, record, seen)

    # -- the buffer

    def expand(self) -> None:
        """The first use: from the smallest buffer to the usual size."""
        with self.lock:
            if not self.expanded:
                with self.shared.engine.paused():
                    self.buffer.resize(FULL_SIZE)
                self.expanded = True

    def empty(self, cpu: int | None = None) -> None:
        """Throw away what was recorded, and the counts of it."""
        with self.lock, self.shared.engine.paused():
            self.buffer.reset(cpu)
            self._emptied(cpu)

    def resize(self, size: int, cpu: int | None = None) -> None:
        """Change the bytes per CPU (or of one). EBUSY while `trace` is open for reading, ENOMEM."""
        with self.lock:
            if self.iterators:
                raise OSError(errno.EBUSY, "trace is open")
            with self.shared.engine.paused():
                self.buffer.resize(size, cpu)
                if self.snapshot:
                    self.snapshot.fit(self.buffer)
            self.expanded = True

    def set_subbuf_size(self, size: int) -> None:
        with self.lock:
            if size != self.buffer.subbuf_size:
                with self.shared.engine.paused():
                    self.buffer.set_subbuf_size(size)
                    self._reshaped()
                self.set_user_buf_size(self.user_buf_size)

    def set_clock(self, name: str) -> None:
        with self.lock, self.shared.engine.paused():
            self.buffer.set_clock(name)
            self.view.clock = name
            self._reshaped()

    def _reshaped(self) -> None:
        self._emptied()
        if self.snapshot:
            self.snapshot.follow(self.buffer)

    def _emptied(self, cpu: int | None = None) -> None:
        self.reader.reset(cpu)
        self.view.time_start = self.buffer.now()
