# SPDX-License-Identifier: GPL-2.0-only
"""What happened to tasks, as pictures show it: tasks with their parents and programs, calls with begin, end and words.

One pass over what pairing.py gives; what is kept is a little for each task that lives.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from tracefs.calls.direct import Direct
from tracefs.calls.fields import Plain, fields
from tracefs.calls.pairing import Ended, Entered, Happening, Other, Returned, Signalled, Superseded
from tracefs.export.source import Source
from tracefs.front.sets import sets
from tracefs.syscalls.types import Decoder
from tracefs.syscalls.types.notation.printers import text
from tracefs.syscalls.types.notation.values import Argument, Enum, Errno, Value

FORKS = frozenset({"clone", "clone3", "fork", "vfork"})
READS = frozenset({"read", "pread64", "readv", "preadv", "preadv2", "recvfrom", "recvmsg"})
WRITES = frozenset({"write", "pwrite64", "writev", "pwritev", "pwritev2", "sendto", "sendmsg"})
CATEGORIES = ("process", "net", "file", "memory", "signal", "ipc", "creds", "clock", "desc")
"""Sets of calls (front/sets.tbl); a call is of the first that has it."""
_EXECS = frozenset({"execve", "execveat"})
_WAITS = frozenset({"wait4", "waitid", "waitpid"})
_ENDLESS = frozenset({"rt_sigreturn", "sigreturn"})
TOLD = FORKS | _EXECS | _WAITS | _ENDLESS | {"exit", "exit_group"}
"""Calls that say more of tasks than that they were made; the others of a task that is known need not come here."""
_FORK = "sched_process_fork"
_UNSAID = frozenset({"sched_process_exec"})
"""Events that only say what a call's line says, too."""
_MOST_TASKS = 1 << 22
"""The kernel's PID_MAX_LIMIT."""
_MOST = 1024
"""Characters of one argument."""
_ARROW = re.compile(r"(.*)\[(.*)->(.*)\]")


@dataclass(eq=False)
class Task:
    """One life of a number."""

    serial: int
    """Its own, as numbers come again."""
    tid: int
    pid: int
    parent: Task | None
    name: str
    """Of the program that it runs."""
    began: int
    """ns, as all time stamps here."""
    cmdline: str = ""
    program_began: int = 0
    ended: int = 0


class Began(NamedTuple):
    """A task is seen for the first time."""

    ts: int
    task: Task


class Ran(NamedTuple):
    """A task has executed a program: its name and cmdline are the new ones; `before` is what it was called."""

    ts: int
    task: Task
    before: str


class Called(NamedTuple):
    """A call, when it has ended, or when it is known that its end was not recorded (then `end` is None)."""

    ts: int
    end: int | None
    task: Task
    name: str
    args: list[tuple[str, str]]
    ret: int | None
    """None: it does not return, or has not."""
    error: str
    """ENOENT."""
    said: str
    """The result in words where they say more than `ret`."""
    whole: bool
    """Whether its beginning was recorded; else `ts` is its end."""
    child: Task | None
    """Whom it started."""
    reaped: Task | None
    """Whose end it waited for."""
    channel: str
    """What a pipe or a socket is called on both of its ends, where the call moved bytes through one."""
    number: int | None = None
    """Of the syscall."""
    registers: tuple[int, ...] = ()


class Struck(NamedTuple):
    """A signal reached its task."""

    ts: int
    task: Task
    name: str
    info: str


class Gone(NamedTuple):
    ts: int
    task: Task
    how: str
    """`exited with 1`, `killed by SIGSEGV`."""


class Noted(NamedTuple):
    """Any other event: a marker, a stack."""

    ts: int
    task: Task
    name: str
    fields: dict[str, Plain]


class Missed(NamedTuple):
    """Events of a CPU are missing before here."""

    ts: int
    cpu: int
    events: int | None
    """How many; None: nobody knows."""


Event = Began | Ran | Called | Struck | Gone | Noted | Missed


@lru_cache(maxsize=1024)
def category(call: str) -> str:
    known = sets()
    return next((name for name in CATEGORIES if call in known[name].calls), "other")


class Words:
    """The notation of direct.py: an argument's name and its words, with a NUL between."""

    @staticmethod
    def value(value: Value) -> str:
        return text(value)

    @staticmethod
    def argument(syscall: str, arg: Argument) -> str:
        return f"{arg.name}\0{text(arg.value)}"

    @staticmethod
    def result(value: Value) -> str:
        return f"\0{value.name or value.value}" if isinstance(value, Errno) else text(value)

    @staticmethod
    def takes(syscall: str) -> bool:
        return True


class Story:
    """Of one source."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._tasks: dict[int, Task] = {}
        self._serial = 0
        self._inside: dict[int, Entered] = {}
        self._dead: dict[int, Task] = {}
        """Whose end has come, and nobody has waited for it yet."""
        self._decoder: Decoder | None = None
        self._direct: Direct | None = None
        self._last = 0

    def events(self, happenings: Iterable[Happening]) -> Iterator[Event]:
        for each in happenings:
            self._last = max(self._last, each.ts)
            tid = each.tid
            task = self._tasks.get(tid)
            if task is None:
                if isinstance(each, Ended):
                    continue  # nothing is known of it but its end
                task = self._new(tid, each.ts, self._forking(each))
                if isinstance(each, Entered) and each.uapi_name in _EXECS and task.parent is None:
                    args = [(arg.name, text(arg.value)) for arg in each.call.args]
                    task.name = self._program(tid, args)[0]  # what it is called by now is what it becomes later
                yield Began(each.ts, task)
            if isinstance(each, Returned):
                inside = self._inside.pop(tid, None)
                if inside and each.entered is not inside:
                    yield self._unended(inside, task)
                yield from self._returned(each, task)
            elif isinstance(each, Entered):
                if inside := self._inside.get(tid):
                    yield self._unended(inside, task)
                if each.uapi_name in _ENDLESS:  # what it goes back to is no call
                    self._inside.pop(tid, None)
                    yield self._unended(each, task)._replace(end=each.ts)
                else:
                    self._inside[tid] = each
            elif isinstance(each, Ended):
                yield from self._ended(each, task)
            elif isinstance(each, Superseded):
                yield from self._superseded(each, task)
            elif isinstance(each, Signalled):
                named = each.decoder.number("signal", each.number)
                name = named.name if isinstance(named, Enum) and named.name else str(each.number)
                yield Struck(each.ts, task, name, text(each.siginfo) if each.siginfo is not None else "")
            elif isinstance(each, Other) and each.event.name == _FORK:
                yield from self._born(each, task)
            elif each.event.name not in _UNSAID:
                yield Noted(each.ts, task, each.event.name, fields(each.event, each.record))

    def end(self) -> Iterator[Event]:
        """Calls that have not ended, then tasks that live on."""
        for tid, entered in self._inside.items():
            yield self._unended(entered, self._tasks[tid])
        self._inside.clear()
        for task in self._tasks.values():
            yield Gone(self._last, task, "")
        self._tasks.clear()

    def seen(self, now: int) -> None:
        """Others have told what happened up to then."""
        self._last = max(self._last, now)

    @property
    def now(self) -> int:
        """The time stamp of what happened last."""
        return self._last

    @property
    def living(self) -> int:
        """Tasks."""
        return len(self._tasks)

    def _new(self, tid: int, ts: int, parent: Task | None = None) -> Task:
        self._serial += 1
        pid = self._source.tgid(tid) or tid
        if parent is None and pid != tid:
            parent = self._tasks.get(pid)
        name = (parent.name if parent else self._forking_name() or self._source.comm(tid)) or str(tid)
        task = self._tasks[tid] = Task(self._serial, tid, pid, parent, name, ts, program_began=ts)
        return task

    def _forking(self, first: Happening) -> Task | None:
        """The parent of a task that was faster than the record of its birth, and comes out of that; None where it is
        not sure."""
        if not (isinstance(first, Returned) and first.uapi_name in FORKS and first.ret == 0 and not first.entered):
            return None
        tgid = self._source.tgid(first.tid)
        found = [self._tasks[tid] for tid, entered in self._inside.items() if entered.uapi_name in FORKS]
        return found[0] if len(found) == 1 and tgid in (0, first.tid) else None

    def _forking_name(self) -> str:
        """What the parent is called of a task that was faster than the record of its birth; "" where that is not
        sure."""
        names = {self._tasks[tid].name for tid, entered in self._inside.items() if entered.uapi_name in FORKS}
        return names.pop() if len(names) == 1 else ""

    def _born(self, each: Other, parent: Task) -> Iterator[Event]:
        """Mostly before the child does anything; but it may have been faster, on another CPU."""
        number = fields(each.event, each.record)["child_pid"]
        if not isinstance(number, int) or not 0 < number < _MOST_TASKS:
            return  # a damaged record
        child = self._tasks.get(number)
        if child is None:
            yield Began(each.ts, self._new(number, each.ts, parent))
        elif child.parent is None:
            child.parent = parent

    def _unended(self, each: Entered, task: Task) -> Called:
        args = [(arg.name, text(arg.value)[:_MOST]) for arg in each.call.args]
        return Called(
            each.ts, None, task, each.uapi_name, args, None, "", "", True, None, None, "", _number(each), each.args
        )

    def _returned(self, each: Returned, task: Task) -> Iterator[Event]:
        name, entered, ret = each.uapi_name, each.entered, each.ret
        args, said = self._told(each)
        error = ""
        if said.startswith("\0"):
            error, said = said[1:], ""
        elif said == str(ret):
            said = ""
        child = reaped = None
        if name in FORKS and 0 < ret < _MOST_TASKS:
            child = self._tasks.get(ret) or self._dead.get(ret)
            if child is None:
                child = self._new(ret, each.ts, task)
                yield Began(each.ts, child)
            elif child.parent is None:
                child.parent = task
        elif name in _WAITS and not error:
            reaped = self._dead.pop(_waited_for(args) if name == "waitid" else ret, None)
        channel = self._channel(each, name) if ret > 0 and (name in READS or name in WRITES) else ""
        began = entered.ts if entered else each.ts
        yield Called(
            began,
            each.ts,
            task,
            name,
            args,
            ret,
            error,
            said,
            entered is not None,
            child,
            reaped,
            channel,
            _number(each),
            each.args,
        )
        if name in _EXECS and ret == 0:
            before, task.name, task.cmdline = task.name, *self._program(each.tid, args)
            yield Ran(each.ts, task, before)
            task.program_began = each.ts

    def _told(self, each: Returned) -> tuple[list[tuple[str, str]], str]:
        if self._decoder is not each.decoder:
            self._decoder, self._direct = each.decoder, Direct(each.decoder, Words())
        assert self._direct
        direct = self._direct.call(each.syscall.name, each.args, each.saved, each.ret)
        if direct:
            shown = (arg.partition("\0") for arg in direct[0])
            return [(name, value[:_MOST]) for name, _, value in shown], direct[1]
        call = each.call
        assert call.result is not None
        return [(arg.name, text(arg.value)[:_MOST]) for arg in call.args], Words.result(call.result)

    def _program(self, tid: int, args: list[tuple[str, str]]) -> tuple[str, str]:
        """(name, command line)"""
        values = dict(args)
        path = values.get("filename", "").strip('"')
        argv = values.get("argv", "")
        words = re.findall(r'"((?:[^"\\]|\\.)*)"', argv)
        return os.path.basename(path) or self._source.comm(tid) or "?", " ".join(words) or path

    @staticmethod
    def _channel(each: Returned, name: str) -> str:
        path = each.saved.fds_enter.get(each.args[0] & 0xFFFFFFFF) if each.args and each.saved.fds_enter else None
        shown = (path or b"").decode(errors="replace")
        if shown.startswith(("pipe:", "socket:")):
            return shown
        ends = _ARROW.fullmatch(shown)
        if ends is None:
            return ""
        kind, here, there = ends.groups()
        return f"{kind}[{here}->{there}]" if name in WRITES else f"{kind}[{there}->{here}]"

    def _ended(self, each: Ended, task: Task) -> Iterator[Event]:
        if inside := self._inside.pop(each.tid, None):
            called = self._unended(inside, task)
            yield called._replace(end=each.ts) if inside.endless or each.killed_by else called
        how = f"killed by {each.killed_by}" if each.killed_by else f"exited with {each.status}"
        named = each.event and each.killed_by and self._decoder and self._decoder.number("signal", each.killed_by)
        if isinstance(named, Enum) and named.name:
            how = f"killed by {named.name}"
        del self._tasks[each.tid]
        task.ended = each.ts
        if task.pid == task.tid:
            self._dead[each.tid] = task
            if len(self._dead) > 1 << 16:
                del self._dead[next(iter(self._dead))]
        yield Gone(each.ts, task, how)

    def _superseded(self, each: Superseded, task: Task) -> Iterator[Event]:
        """The thread `by` goes on as `tid`: both lives end here, and a new one begins in the middle of the execve."""
        self._inside.pop(each.tid, None)
        self._inside.pop(each.by, None)
        yield Gone(each.ts, task, f"superseded by execve in {each.by}")
        del self._tasks[each.tid]
        if thread := self._tasks.pop(each.by, None):
            yield Gone(each.ts, thread, f"goes on as {each.tid}")
        again = self._new(each.tid, each.ts, task.parent)
        yield Began(each.ts, again)
        if each.entered:
            self._inside[each.tid] = each.entered


def _number(each: Entered | Returned) -> int:
    return each.syscall.nr if each.number is None else each.number


def _waited_for(args: list[tuple[str, str]]) -> int:
    """By the siginfo of waitid(2)."""
    found = re.search(r"si_pid[=:] ?(\d+)", " ".join(value for _, value in args))
    return int(found[1]) if found else 0
