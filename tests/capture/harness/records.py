# SPDX-License-Identifier: GPL-2.0-only
"""Reads what an engine recorded: the layouts of tracefs/events/record.h, decoded independently of the renderer."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ringbuf import RingBuffer
from tracefs.syscalls import COMPAT_NAMES, by_number

RAW_ENTER, RAW_EXIT, COMPAT_ENTER, COMPAT_EXIT, FIRST = 100, 101, 102, 103, 1024


@dataclass(frozen=True)
class Record:
    """One entry into, or return from, a system call."""

    time: int
    pid: int
    kind: str
    """"enter" or "exit"."""
    name: str
    """As the kernel's metadata; "compat NAME" for 32-bit code; "#NUMBER" where there is no name."""
    values: tuple[int, ...]
    """The arguments, unsigned; or the return value."""

    def __str__(self) -> str:
        return f"{self.pid} {self.kind} {self.name} {self.values}"


def decode(time: int, data: bytes) -> Record | None:
    """None for what is no system call."""
    kind, pid = struct.unpack_from("=HxxI", data)
    if kind >= FIRST:
        number = struct.unpack_from("=i", data, 8)[0]
        assert (kind - FIRST) // 2 == number
        name = by_number[number].name
        entry = kind % 2 == 0
        count = len(by_number[number].params) if entry else 1
    elif kind in (RAW_ENTER, RAW_EXIT, COMPAT_ENTER, COMPAT_EXIT):
        number = struct.unpack_from("=q", data, 8)[0]
        compat = kind in (COMPAT_ENTER, COMPAT_EXIT)
        name = f"compat {COMPAT_NAMES.get(number, number)}" if compat else f"#{number}"
        entry = kind in (RAW_ENTER, COMPAT_ENTER)
        count = 6 if entry else 1
    else:
        return None
    values = struct.unpack_from(f"={count}{'Q' if entry else 'q'}", data, 16)
    return Record(time, pid, "enter" if entry else "exit", name, values)


def records(buffer: RingBuffer) -> list[Record]:
    """All of them, in order of time; nothing may have been lost."""
    found: list[Record] = []
    for cpu in range(buffer.cpus):
        for event in buffer.iterate(cpu):
            assert not event.lost
            one = decode(event.ts, event.data)
            if one:
                found.append(one)
    return sorted(found, key=lambda one: one.time)


def by_task(found: list[Record]) -> dict[int, list[Record]]:
    """Those of each task, in order."""
    result: dict[int, list[Record]] = {}
    for one in found:
        result.setdefault(one.pid, []).append(one)
    return result
