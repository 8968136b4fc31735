# SPDX-License-Identifier: GPL-2.0-only
"""Records -> what happened to tasks: calls with their enter and exit, signals, ends."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from signal import SIGKILL
from typing import NamedTuple

from tracefs.calls import numbers
from tracefs.events import EventClass, Registry
from tracefs.events.systems.sched import EXIT_CODE
from tracefs.events.systems.signal import SIGINFO
from tracefs.syscalls import Syscall
from tracefs.syscalls.types import Decoder, Saved
from tracefs.syscalls.types.notation.values import Call, Value
from tracefs.syscalls.types.saved.fds import OFFSET, Fds, netlink, parse

_COMMON = struct.Struct("<HBBi")
_SIGINFO = struct.Struct("<iii")
_RETURN = struct.Struct("<q")
_LOC = struct.Struct("<HH")
"""Where, and how many bytes."""
_ARGS_AT = 16
_ARGS = tuple(struct.Struct(f"<{count}Q") for count in range(7))
_NO_FDS: Fds = {}
_RAW = struct.Struct("<q6Q")
_RAW_AT = 8
_ENDLESS = frozenset({"exit", "exit_group", "rt_sigreturn", "sigreturn"})
"""Calls that have no exit event."""


class Entered(NamedTuple):
    """A task is in a call."""

    tid: int
    ts: int
    syscall: Syscall
    args: tuple[int, ...]
    saved: Saved
    decoder: Decoder
    arch: str = ""
    """As in numbers.Known."""
    number: int | None = None
    """Where it is not the syscall's."""

    @property
    def uapi_name(self) -> str:
        return self.syscall.uapi_name

    @property
    def call(self) -> Call:
        """Without a result. Decoded when it is asked for: most calls are only shown when they have ended."""
        return self.decoder.call(self.syscall.name, self.args, self.saved)

    @property
    def endless(self) -> bool:
        """No Returned will follow."""
        return self.syscall.uapi_name in _ENDLESS


class Returned(NamedTuple):
    """A call has ended. `entered` is None where its beginning was not recorded; `ts` in ns."""

    tid: int
    ts: int
    syscall: Syscall
    args: tuple[int, ...]
    saved: Saved
    decoder: Decoder
    entered: Entered | None
    ret: int
    arch: str = ""
    number: int | None = None

    @property
    def uapi_name(self) -> str:
        return self.syscall.uapi_name

    @property
    def call(self) -> Call:
        """Decoded when it is asked for: most are shown without (direct.py)."""
        return self.decoder.call(self.syscall.name, self.args, self.saved, self.ret)


@dataclass(frozen=True)
class Signalled:
    """A signal reached its task, which may ignore it. `info` is the beginning of its siginfo_t."""

    tid: int
    ts: int
    event: EventClass
    record: bytes
    number: int
    code: int
    info: bytes
    decoder: Decoder

    @property
    def siginfo(self) -> Value | None:
        return self.decoder.memory("siginfo", self.info)


@dataclass(frozen=True)
class Stopped:
    """The signal `number` has stopped the task's process."""

    tid: int
    ts: int
    event: EventClass
    record: bytes
    number: int


@dataclass(frozen=True)
class Ended:
    """A task is gone: it, or its whole process, exited with `status`; or by the signal `killed_by` if that is not 0."""

    tid: int
    ts: int
    event: EventClass
    record: bytes
    code: int
    """As waitpid(2) has it."""

    @property
    def status(self) -> int:
        return self.code >> 8

    @property
    def killed_by(self) -> int:
        return os.WTERMSIG(self.code)

    @property
    def dumped(self) -> bool:
        """A core file was written."""
        return os.WCOREDUMP(self.code)


@dataclass(frozen=True)
class Superseded:
    """A thread that is not its process's first has made an execve, and goes on under the number of the first."""

    tid: int
    """Which number, whose task is gone."""
    ts: int
    event: EventClass
    record: bytes
    by: int
    """The number that it had."""
    entered: Entered | None
    """Its execve, as one of `tid`."""


@dataclass(frozen=True)
class Other:
    """Any other event, as its record has it."""

    tid: int
    ts: int
    event: EventClass
    record: bytes


Happening = Entered | Returned | Signalled | Stopped | Ended | Superseded | Other


class Pairing:
    """Keeps what each task is in the middle of."""

    def __init__(self, registry: Registry, decoder: Decoder) -> None:
        self._classes = registry.by_id
        self.decoder = decoder
        """May be another from any record on."""
        self._inside: dict[int, Entered] = {}
        self._places: dict[int, list[tuple[int, int]]] = {}
        self._sizes: dict[int, int] = {}

    def happenings(self, records: Iterable[tuple[int, bytes]]) -> Iterator[Happening]:
        """In the order of the records."""
        for ts, record in records:
            if len(record) < _COMMON.size:
                continue
            number, _, _, tid = _COMMON.unpack_from(record)
            event = self._classes.get(number)
            if event is None or len(record) < self._least(event):
                continue
            if event.syscall and event.kind == "enter":
                yield self._enter(event, ts, tid, record)
            elif event.syscall:
                yield self._exit(event, ts, tid, record)
            elif event.name in ("signal_deliver", "signal_ignored"):
                sig, code = _number(event, "sig", record), _number(event, "code", record)
                if sig == SIGKILL:
                    continue  # no program takes it: the end says so
                info = _siginfo(event, record) or _SIGINFO.pack(sig, 0, code)
                yield Signalled(tid, ts, event, record, sig, code, info, self.decoder)
            elif event.name == "stopped":
                yield Stopped(tid, ts, event, record, _number(event, "sig", record))
            elif event.name == "sched_process_exit":
                self._inside.pop(tid, None)
                yield Ended(tid, ts, event, record, _number(event, EXIT_CODE, record))
            elif event.name == "sched_process_exec" and (by := _number(event, "old_pid", record)) != tid:
                execve = self._inside.pop(by, None)
                if execve:
                    execve = self._inside[tid] = execve._replace(tid=tid)
                yield Superseded(tid, ts, event, record, by, execve)
            elif event.kind in ("raw_enter", "raw_exit"):
                yield self._raw(event, ts, tid, record)
            else:
                yield Other(tid, ts, event, record)

    def _least(self, event: EventClass) -> int:
        """Bytes without which a record is damaged."""
        size = self._sizes.get(event.id)
        if size is None:
            if event.syscall:
                size = _ARGS_AT + 8 * (len(event.syscall.params) if event.kind == "enter" else 1)
            elif event.kind in ("raw_enter", "raw_exit"):
                size = _ARGS_AT
            else:
                size = max((field.offset + field.size for field in event.fields if not field.is_array), default=0)
            self._sizes[event.id] = size
        return size

    def _enter(self, event: EventClass, ts: int, tid: int, record: bytes) -> Entered:
        assert event.syscall
        args = _ARGS[len(event.syscall.params)].unpack_from(record, _ARGS_AT)
        fds, protocol = _described(record)
        saved = Saved(self._saved(event, record), fds_enter=fds, netlink=protocol)
        entered = Entered(tid, ts, event.syscall, args, saved, self.decoder)
        self._inside[tid] = entered
        return entered

    def _exit(self, event: EventClass, ts: int, tid: int, record: bytes) -> Returned:
        assert event.syscall
        (ret,) = _RETURN.unpack_from(record, _ARGS_AT)
        entered = self._inside.pop(tid, None)
        if entered and entered.syscall is not event.syscall:
            entered = None
        args, before = (entered.args, entered.saved) if entered else ((), Saved())
        fds, protocol = _described(record)
        protocol = before.netlink if protocol is None else protocol
        saved = Saved(before.enter, self._saved(event, record), before.fds_enter, fds, protocol)
        return Returned(tid, ts, event.syscall, args, saved, self.decoder, entered, ret)

    def _raw(self, event: EventClass, ts: int, tid: int, record: bytes) -> Happening:
        """A call that has no event of its own; one that has is there as that, or was not asked for."""
        number, *values = _RAW.unpack(record[_RAW_AT:].ljust(_RAW.size, b"\0"))
        known = numbers.known(number, event.system == "compat_syscalls")
        entered = self._inside.get(tid)
        if known is None or (event.kind == "raw_exit" and number == -1 and not (entered and entered.number == -1)):
            return Other(tid, ts, event, record)  # -1 without a call is the end of a signal handler
        syscall, arch = known
        if event.kind == "raw_enter":
            args = tuple(values if syscall.name.startswith((":", "i386:")) else values[: len(syscall.params)])
            entered = self._inside[tid] = Entered(tid, ts, syscall, args, Saved(), self.decoder, arch, number)
            return entered
        self._inside.pop(tid, None)
        if entered and (entered.syscall is not syscall or entered.number != number):
            entered = None
        args = entered.args if entered else ()
        return Returned(
            tid, ts, syscall, args, Saved(), self.decoder, entered, values[0] - (values[0] >> 63 << 64), arch, number
        )

    def _saved(self, event: EventClass, record: bytes) -> dict[int, bytes]:
        """What of the task's memory the record holds: argument index -> bytes."""
        places = self._places.get(event.id)
        if places is None:
            places = self._places[event.id] = _places(event)
        found: dict[int, bytes] = {}
        for index, offset in places:
            if len(record) < offset + _LOC.size:
                break  # nothing was saved
            at, length = _LOC.unpack_from(record, offset)
            if length:
                found[index] = record[at : at + length]
        return found


def _described(record: bytes) -> tuple[Fds, int | None]:
    """What descriptors stood for, and the protocol of a netlink socket, as far as the record has that."""
    at, length = _LOC.unpack_from(record, OFFSET)
    if not length:
        return _NO_FDS, None
    said = record[at : at + length]
    return parse(said), netlink(said)


def _places(event: EventClass) -> list[tuple[int, int]]:
    """(argument index, offset) of the fields that say where saved memory is: `__data_loc ... __ARGUMENT_val`."""
    assert event.syscall
    indexes = {f"__{param.name}_val": index for index, param in enumerate(event.syscall.params)}
    return [(indexes[f.name], f.offset) for f in event.fields if f.is_data_loc and f.name in indexes]


def _siginfo(event: EventClass, record: bytes) -> bytes:
    field = event.field(SIGINFO)
    return record[field.offset : field.offset + field.size] if field else b""


def _number(event: EventClass, name: str, record: bytes) -> int:
    field = event.field(name)
    assert field
    return int.from_bytes(record[field.offset : field.offset + field.size], "little", signed=field.signed)
