# SPDX-License-Identifier: GPL-2.0-only
"""Records -> what happened to tasks: calls with their enter and exit, signals, ends."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tracefs.events import EventClass, Registry
from tracefs.syscalls.types import Decoder, Saved
from tracefs.syscalls.types.values import Call

_COMMON = struct.Struct("<HBBi")
_RETURN = struct.Struct("<q")
_ARGS_AT = 16
_EXIT_CALLS = ("exit", "exit_group")
_ENDLESS = frozenset({*_EXIT_CALLS, "rt_sigreturn"})
"""Calls that have no exit event."""


@dataclass(frozen=True)
class Entered:
    """A task is in a call. `call` has no result."""

    tid: int
    ts: int
    uapi_name: str
    call: Call

    @property
    def endless(self) -> bool:
        """No Returned will follow."""
        return self.call.name in _ENDLESS


@dataclass(frozen=True)
class Returned:
    """A call has ended. `entered` is None where its beginning was not recorded; `ts` in ns."""

    tid: int
    ts: int
    uapi_name: str
    call: Call
    entered: Entered | None
    ret: int


@dataclass(frozen=True)
class Signalled:
    """A signal reached its task."""

    tid: int
    ts: int
    number: int
    code: int


@dataclass(frozen=True)
class Ended:
    """A task is gone: by its own exit with `status`, or by the signal `killed_by` if that is not 0."""

    tid: int
    ts: int
    status: int
    killed_by: int


Happening = Entered | Returned | Signalled | Ended


class Pairing:
    """Keeps what each task is in the middle of."""

    def __init__(self, registry: Registry, decoder: Decoder) -> None:
        self._classes = registry.by_id
        self._decoder = decoder
        self._inside: dict[int, tuple[Entered, tuple[int, ...], Saved]] = {}
        self._status: dict[int, int] = {}
        self._signal: dict[int, int] = {}

    def happenings(self, records: Iterable[tuple[int, bytes]]) -> Iterator[Happening]:
        """In the order of the records."""
        for ts, record in records:
            number, _, _, tid = _COMMON.unpack_from(record)
            event = self._classes.get(number)
            if event is None:
                continue
            if event.syscall and event.kind == "enter":
                yield self._enter(event, ts, tid, record)
            elif event.syscall:
                yield self._exit(event, ts, tid, record)
            elif event.name == "signal_deliver":
                sig, _, code = (_number(event, name, record) for name in ("sig", "errno", "code"))
                self._signal[tid] = sig
                yield Signalled(tid, ts, sig, code)
            elif event.name == "sched_process_exit":
                status = self._status.pop(tid, None)
                killed_by = 0 if status is not None else self._signal.get(tid, 0)
                self._inside.pop(tid, None)
                self._signal.pop(tid, None)
                yield Ended(tid, ts, status or 0, killed_by)

    def _enter(self, event: EventClass, ts: int, tid: int, record: bytes) -> Entered:
        assert event.syscall
        count = len(event.syscall.params)
        args = struct.unpack_from(f"<{count}Q", record, _ARGS_AT)
        saved = Saved(enter=_saved(event, record))
        name = event.syscall.name
        if name in _EXIT_CALLS:
            self._status[tid] = args[0] & 0xFF
        entered = Entered(tid, ts, event.syscall.uapi_name, self._decoder.call(name, args, saved))
        self._inside[tid] = entered, args, saved
        return entered

    def _exit(self, event: EventClass, ts: int, tid: int, record: bytes) -> Returned:
        assert event.syscall
        name, uapi_name = event.syscall.name, event.syscall.uapi_name
        (ret,) = _RETURN.unpack_from(record, _ARGS_AT)
        entered, args, before = self._inside.pop(tid, (None, (), Saved()))
        if entered and entered.call.name != name:
            entered, args, before = None, (), Saved()
        saved = Saved(before.enter, _saved(event, record))
        return Returned(tid, ts, uapi_name, self._decoder.call(name, args, saved, ret), entered, ret)


def _saved(event: EventClass, record: bytes) -> dict[int, bytes]:
    """What of the task's memory the record holds: argument index -> bytes. Its field is named `__ARGUMENT_val`."""
    assert event.syscall
    found = {}
    for field in event.fields:
        if field.is_data_loc:
            word = int.from_bytes(record[field.offset : field.offset + 4], "little")
            name = field.name.removeprefix("__").removesuffix("_val")
            index = next((i for i, param in enumerate(event.syscall.params) if param.name == name), None)
            if index is not None and word >> 16:
                found[index] = record[word & 0xFFFF : (word & 0xFFFF) + (word >> 16)]
    return found


def _number(event: EventClass, name: str, record: bytes) -> int:
    field = event.field(name)
    assert field
    return int.from_bytes(record[field.offset : field.offset + field.size], "little", signed=field.signed)
