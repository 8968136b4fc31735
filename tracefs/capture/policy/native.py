# SPDX-License-Identifier: GPL-2.0-only
"""The C side (for_python.h, ptrace/thread.h) with Python types."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from tracefs.capture._engine import ffi, lib
from tracefs.capture.policy.program import StartError
from tracefs.capture.wanted import Compiled, PidSet, Wanted

WOKEN, CHILD_EXIT, EXEC, ROOT_END = lib.CAP_WOKEN, lib.CAP_CHILD_EXIT, lib.CAP_EXEC, lib.CAP_ROOT_END
SETS: dict[str, int] = {
    "tracer_pids": lib.CAP_TRACER_PIDS,
    "tracer_notrace": lib.CAP_TRACER_NOTRACE,
    "event_pids": lib.CAP_EVENT_PIDS,
    "event_notrace": lib.CAP_EVENT_NOTRACE,
}
"""The pid sets of Wanted -> their number in C."""
CPU_WORDS = int(lib.CAP_CPU_WORDS)
"""64-bit words of a set of CPUs (sink.h)."""
WANTED_WORDS = int(lib.CAP_WANTED_WORDS)
"""64-bit words of a set of calls (seccomp.h)."""


REASONS = (
    "recorded themselves", "what is wanted needs stops", "not recorded", "32-bit code", "given privilege",
    "credentials or confinement changed", "SIGSYS or SIGURG blocked", "gs or dispatching in use",
    "limits of memory or stack", "no room", "could not map the buffers",
    "threads and children beyond 64",
)  # fmt: skip
"""enum in_reason of intask/hub.h."""


def in_task_machine() -> str | None:
    """Why no program can record itself on this machine; None: they can."""
    why = lib.cap_in_task_machine()
    return None if why == ffi.NULL else ffi.string(why).decode()


def in_task_suits(tid: int) -> bool:
    """Whether a thread of that number can be the capture thread of programs that record themselves (intask/guard.h)."""
    return bool(lib.cap_in_task_suits(tid))


def in_task_approach() -> None:
    """Use up numbers of threads, so that the next thread is likely to have one that suits."""
    lib.cap_in_task_approach()


class Report(NamedTuple):
    """What cap_loop() came back with, besides its reason."""

    tid: int
    status: int


PART_KINDS = {"whole": lib.CAP_PART_WHOLE, "text": lib.CAP_PART_TEXT, "unix": lib.CAP_PART_UNIX}
"""enum cap_part_kind."""


class Described(NamedTuple):
    """What the engine knows of a system call."""

    nr: int
    nargs: int
    saved: tuple[int, int]
    """At its enter and exit: bit i: what argument i points to can be saved."""
    fds: tuple[int, int]
    """Bit i: argument i is or leads to file descriptors; bit 6: its result."""
    asked: int
    """Bit i: argument i is asked whether it is a netlink socket."""
    parts: tuple[Sequence[Inner], Sequence[Inner]]
    """At its enter and exit: what has fields of its own within what is saved."""


class Inner(NamedTuple):
    """struct cap_part."""

    arg: int
    kind: int
    steps: int
    step: tuple[int, ...]
    at: int
    size: int


class Limit(NamedTuple):
    """struct cap_rlimit: a resource limit of the program's, as it is to be. RLIM_INFINITY is 2^64 - 1."""

    resource: int
    soft: int
    hard: int


class Call(NamedTuple):
    """A system call that a task stands before."""

    nr: int
    compat: bool
    """32-bit code: the number is of that table."""
    args: tuple[int, ...]


def _signal_mask(signals: Iterable[int]) -> int:
    """A sigset_t: bit n - 1 for signal n."""
    return sum(1 << (number - 1) for number in signals)


def pid_sets(wanted: Wanted) -> dict[int, PidSet]:
    """The sets by their number in C."""
    return {number: getattr(wanted, name) for name, number in SETS.items()}


def checked(result: int) -> int:
    """A C function's result; a negative one is an errno."""
    if result < 0:
        raise OSError(-result, os.strerror(-result))
    return result


def address(compiled: Compiled | None) -> int:
    return compiled.address if compiled else 0


def _names(cmdlines: Any) -> Any:
    """Another module's struct cmdlines as one of this module."""
    return ffi.cast("struct cmdlines *", int(ffi.cast("uintptr_t", cmdlines)))


class Core:
    """One struct cap_thread."""

    def __init__(self, cmdlines: Any, syscalls: Iterable[Described]) -> None:
        """cmdlines: Cmdlines.struct, which the caller keeps."""
        self.ct = lib.cap_new(_names(cmdlines))
        if not self.ct:
            raise MemoryError
        self.ct = ffi.gc(self.ct, lib.cap_free)
        self._recorder = lib.cap_recorder_of(self.ct)
        self._parts: list[Any] = []
        self._described = set[int]()
        for described in syscalls:
            self._described.add(described.nr)
            lib.cap_describe(
                self._recorder, described.nr, described.nargs, described.saved, described.fds, described.asked
            )
            for is_exit, parts in enumerate(described.parts):
                if parts:
                    self._parts.append(ffi.new("struct cap_part[]", list(parts)))
                    lib.cap_describe_parts(self._recorder, described.nr, bool(is_exit), self._parts[-1], len(parts))
        self._types: Any = None

    def describes(self, number: int) -> bool:
        """Whether a call of that number has events of its own."""
        return number in self._described

    # ---- the capture thread ----

    def enter(self) -> None:
        """Make the calling thread the capture thread."""
        checked(lib.cap_enter(self.ct))

    def leave(self) -> None:
        """Before the capture thread ends; its end detaches all tracees."""
        lib.cap_leave(self.ct)

    def loop(self) -> int:
        """Handle stops until policy is needed: one of WOKEN, CHILD_EXIT, EXEC, ROOT_END."""
        return checked(lib.cap_loop(self.ct))

    def report(self) -> Report:
        """What the last loop() is about."""
        out = ffi.new("struct cap_report *")
        lib.cap_report_of(self.ct, out)
        return Report(out.tid, out.status)

    def resume(self, tid: int) -> None:
        """Let the task of an EXEC report go on."""
        lib.cap_resume(self.ct, tid, 0)

    def call(self, tid: int) -> Call | None:
        """What the task of an EXEC report is about to do."""
        out = ffi.new("struct cap_call *")
        return (
            Call(out.nr, out.arch != lib.AUDIT_ARCH_X86_64, tuple(out.args))
            if lib.cap_call_of(self.ct, tid, out)
            else None
        )

    def let_go(self, tid: int) -> None:
        """Detach the task of an EXEC report, before it executes."""
        lib.cap_let_go(self.ct, tid)

    def alarm(self, seconds: float) -> None:
        """loop() comes back with WOKEN after so long."""
        lib.cap_alarm(self.ct, int(seconds * 1e9))

    def spawn(self, path: bytes, argv: list[bytes], env: list[bytes], fds: tuple[int, int, int], blocked: Iterable[int],
              ignored: Iterable[int], limits: Sequence[Limit], only: Iterable[int] | None) -> tuple[int, int]:  # fmt: skip
        """A child that is traced from its execve on: its pid, and the pipe that says why the execve failed. StartError.

        only: numbers of the calls to stop at, by a seccomp filter that the child installs (seccomp.h); None: all."""
        argv_c, env_c = [ffi.new("char[]", word) for word in argv], [ffi.new("char[]", word) for word in env]
        path_c, argv_p = ffi.new("char[]", path), ffi.new("char *[]", [*argv_c, ffi.NULL])
        env_p = ffi.new("char *[]", [*env_c, ffi.NULL])
        how = ffi.new("struct cap_spawn *")
        how.path, how.argv, how.envp = path_c, argv_p, env_p
        how.fds = list(fds)
        how.sigmask, how.ignored = _signal_mask(blocked), _signal_mask(ignored)
        limits_c = ffi.new("struct cap_rlimit[]", list(limits))
        how.limits, how.limit_count = limits_c, len(limits)
        masks = ffi.new("uint64_t[]", WANTED_WORDS)
        for number in only or ():
            masks[number // 64] |= 1 << number % 64
        how.wanted = ffi.NULL if only is None else masks
        result = lib.cap_spawn(self.ct, how)
        if result < 0:
            raise StartError(-result, how.failed)
        return int(result), int(how.report)

    def set_root(self, pid: int) -> None:
        """loop() comes back with ROOT_END when this process has ended, before its parent is told. 0: of none."""
        lib.cap_set_root(self.ct, pid)

    def in_task(self) -> bool:
        """From now on programs may record themselves. False: not on this machine, or this thread's number does not
        suit."""
        return bool(lib.cap_in_task(self.ct) == 0)

    def hold_off(self, on: bool) -> None:
        """Whether tracees are left on whatever CPU they are, since some of them might see that they are not."""
        lib.cap_place_hold_off(self.ct, on)

    def keeper(self) -> int:
        """The pid of a helper process of ours, 0 where there is none."""
        return int(lib.cap_place_keeper(self.ct))

    # ---- any thread ----

    def in_task_reasons(self) -> dict[str, int]:
        """How many programs recorded themselves, and how many did not, by why (REASONS)."""
        counts = ffi.new("uint32_t[]", len(REASONS))
        known = lib.cap_in_task_reasons(self.ct, counts, len(REASONS))
        return {reason: count for reason, count in zip(REASONS[:known], counts, strict=False) if count}

    def wake(self) -> None:
        """Make loop() come back."""
        lib.cap_wake(self.ct)

    def pause(self) -> None:
        """From now on, until unpause() by this thread, no record is written. Nests."""
        lib.cap_pause(self._recorder)

    def unpause(self) -> None:
        lib.cap_unpause(self._recorder)

    def mute(self, tid: int) -> None:
        checked(lib.cap_mute(self._recorder, tid))

    def unmute(self, tid: int) -> None:
        lib.cap_unmute(self._recorder, tid)

    def unsaved(self, call: int, mask: int) -> None:
        lib.cap_unsaved(self._recorder, call, mask)

    # ---- sinks: between pause() and unpause() ----

    def sink_add(self, buffer: int) -> int:
        """buffer: address of a struct rb. OSError(ENOSPC) when there are 64."""
        return checked(lib.cap_sink_add(self._recorder, ffi.cast("struct rb *", buffer)))

    def sink_remove(self, sink: int) -> None:
        lib.cap_sink_remove(self._recorder, sink)

    def sink_want(self, sink: int, wanted: Wanted) -> None:
        """All that it wants, which the caller keeps; the last is replaced. Without the members of the pid sets, and
        without their number's check."""
        ids = sorted(wanted.events | wanted.triggers.keys())
        enabled, filters, triggers = wanted.events, wanted.filters, wanted.triggers
        events = ffi.new(
            "struct cap_wish_event[]",
            [(id, id in enabled, address(filters.get(id)), address(triggers.get(id))) for id in ids],
        )
        cpus = [0] * CPU_WORDS
        for cpu in range(64 * CPU_WORDS) if wanted.cpus is None else wanted.cpus:
            cpus[cpu // 64] |= 1 << cpu % 64
        sets = [(False, False)] * len(SETS)
        for number, pids in pid_sets(wanted).items():
            sets[number] = (pids.active, pids.follow_fork)
        wish = {
            "tracer": wanted.tracer,
            "paired": wanted.paired,
            "fds": wanted.fds,
            "record_comm": wanted.record_comm,
            "record_tgid": wanted.record_tgid,
            "stacks": wanted.stack * lib.CAP_KERNEL_STACK | wanted.user_stack * lib.CAP_USER_STACK,
            "save_enter": wanted.save_enter,
            "save_exit": wanted.save_exit,
            "save_paths": wanted.save_paths,
            "event_count": len(ids),
            "events": events,
            "cpus": cpus,
            "sets": sets,
        }
        lib.cap_sink_want(self._recorder, sink, ffi.new("struct cap_wish *", wish))

    def sink_snapshot(self, sink: int, buffer: int) -> None:
        """buffer: address of the struct rb to take snapshots with; 0: none."""
        lib.cap_sink_snapshot(self._recorder, sink, ffi.cast("struct rb *", buffer))

    @property
    def typed(self) -> bool:
        """Whether it has type tables."""
        return self._types is not None

    def use_types(self, compiled: bytes) -> None:
        """The compiled type tables, once: by them memory is saved; before, none is."""
        types = ffi.new("uint64_t[]", -(-len(compiled) // 8))  # aligned for what it holds
        ffi.memmove(types, compiled, len(compiled))
        lib.cap_types(self._recorder, types)
        self._types = types

    # ---- sinks: any thread ----

    def mark(self, sink: int, tid: int, comm: bytes, cpu: int, record: bytes, seen: bytes) -> bool:
        """Write a record that a program made, and run its triggers, which see `seen`. False: it was not written."""
        return bool(lib.cap_mark(self.ct, sink, tid, comm, cpu, record, len(record), seen, len(seen)))

    def use_names(self, cmdlines: Any) -> None:
        """Save names of tasks there. Between pause() and unpause()."""
        lib.cap_names(self._recorder, _names(cmdlines))

    def replay(self, what: Sequence[Any], record: bytes) -> int:
        """Write a record of before as the sinks want it now; which got it. what: as struct cap_replayed has it."""
        return int(lib.cap_replay(self._recorder, ffi.new("struct cap_replayed *", what), record, len(record)))

    def take_snapshot(self, sink: int, cpu: int | None) -> None:
        """Exchange the buffer with that of sink_snapshot()."""
        lib.cap_take_snapshot(self._recorder, sink, -1 if cpu is None else cpu)

    def soft_off(self, sink: int, event: int) -> bool:
        """Whether an enabled event is not written now."""
        return bool(lib.cap_soft_off(self._recorder, sink, event))

    def set_soft_off(self, sink: int, event: int, off: bool) -> None:
        lib.cap_set_soft_off(self._recorder, sink, event, off)

    def stops(self) -> int:
        """How many stops of tasks were handled so far."""
        return int(lib.cap_stops(self.ct))

    def pages_read(self) -> int:
        """How many pages of tasks were read so far."""
        return int(lib.cap_pages_read(self.ct))

    # ---- tasks ----

    def exec_policy(self, on: bool) -> None:
        """Whether loop() comes back with EXEC before each execve."""
        lib.cap_set_exec_policy(self.ct, on)

    def overdue(self) -> float | None:
        """Interrupt tasks that make a call again whose time limit is over. Seconds until the next, None: there is none.

        Only on the capture thread."""
        left = lib.cap_limit_overdue(self.ct)
        return None if left < 0 else float(left) / 1e9

    def vanished(self, tid: int) -> None:
        """Forget a task that is not traced any more, of which there was no report. Only on the capture thread."""
        lib.cap_vanished(self.ct, tid)

    def has(self, tid: int) -> bool:
        return bool(lib.cap_has(self.ct, tid))

    def attached(self, tid: int, tgid: int, in_scope: bool) -> None:
        """Tell that a task was seized."""
        checked(lib.cap_attached(self.ct, tid, tgid, in_scope))

    def memory_is_served(self) -> None:
        """A task has a userfaultfd: memory is read without waiting for the pages that it serves."""
        lib.cap_memory_is_served(self.ct)

    def set_scope(self, tid: int, in_scope: bool) -> None:
        lib.cap_set_scope(self.ct, tid, in_scope)

    def set_generation(self, tid: int, generation: int) -> None:
        lib.cap_set_generation(self.ct, tid, generation)

    def set_descent(self, depth: int | None, follow: Iterable[str], leave: Iterable[str]) -> None:
        """How far the scope reaches (descent.h); depth None: without end. ValueError for too many or too long globs."""
        if depth is not None:
            lib.cap_set_depth(self.ct, min(depth, (1 << 32) - 1))
        for leaves, globs in ((False, follow), (True, leave)):
            for glob in globs:
                if not lib.cap_add_glob(self.ct, leaves, os.fsencode(glob)):
                    raise ValueError(f"{glob}: too long, or one of too many")

    def set_member(self, tid: int, sink: int, set: int, member: bool) -> None:
        lib.cap_set_member(self.ct, tid, sink, set, member)

    def clear_members(self, sink: int, set: int) -> None:
        lib.cap_clear_members(self.ct, sink, set)

    def members(self, sink: int, set: int) -> list[int]:
        return self._list(lambda tids, max: lib.cap_members(self.ct, sink, set, tids, max))

    def choose_all(self) -> None:
        """Decide anew how each task is captured; after changes of its scope, members or sinks."""
        lib.cap_choose_all(self.ct)

    def unstopped(self) -> list[int]:
        """Tasks to be captured that will not stop by themselves."""
        return self._list(lambda tids, max: lib.cap_unstopped(self.ct, tids, max))

    def leaving(self) -> list[int]:
        """Tasks to be detached at their next stop."""
        return self._list(lambda tids, max: lib.cap_leaving(self.ct, tids, max))

    def tasks(self) -> list[tuple[int, int]]:
        """tid and tgid of all tracees."""
        room = 64
        while True:
            tids, tgids = ffi.new("int32_t[]", room), ffi.new("int32_t[]", room)
            count = lib.cap_list(self.ct, tids, tgids, room)
            if count <= room:
                return list(zip(tids[0:count], tgids[0:count], strict=True))
            room = 2 * count

    def tracees(self) -> int:
        """How many there are."""
        return int(lib.cap_list(self.ct, ffi.NULL, ffi.NULL, 0))

    def spawned(self) -> int:
        """How many children of spawn() live."""
        return int(lib.cap_spawned(self.ct))

    def interrupted(self) -> list[int]:
        """Tasks whose interrupt is on its way."""
        return self._list(lambda tids, max: lib.cap_interrupted(self.ct, tids, max))

    def interrupt(self, tid: int, state: str = "\0", sleeps: int = 0) -> bool:
        """Make a seized task stop soon, if it is still in that state and has gone to sleep as often (procfs.Sight);
        without a state, whatever it does.

        Only on the capture thread. False: it is not as it was, is gone, or was interrupted before."""
        return bool(lib.cap_interrupt(self.ct, tid, state.encode(), sleeps))

    def set_leaving(self, tid: int) -> None:
        lib.cap_set_leaving(self.ct, tid)

    def _list(self, fill: Callable[[Any, int], int]) -> list[int]:
        room = 64
        while True:
            tids = ffi.new("int32_t[]", room)
            count = fill(tids, room)
            if count <= room:
                return list(tids[0:count])
            room = 2 * count
