# SPDX-License-Identifier: GPL-2.0-only
"""What /proc says of a task that writes to our files."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """A thread. Where it could not be looked at, all but the tid is empty."""

    tid: int
    tgid: int = 0
    comm: bytes = b""
    cpu: int = 0
    """On which it last ran: where it is, while it waits for our answer."""


def look_up(tid: int) -> Task:
    """From /proc/TID/stat (field 39, after the name, which may hold anything) and /proc/TID/status."""
    try:
        with open(f"/proc/{tid}/stat", "rb") as stat:
            head, _, tail = stat.read().rpartition(b")")
        with open(f"/proc/{tid}/status", "rb") as status:
            tgid = next(int(line.split()[1]) for line in status if line.startswith(b"Tgid:"))
        return Task(tid, tgid, head.partition(b"(")[2], int(tail.split()[39 - 3]))
    except (OSError, ValueError, IndexError, StopIteration):
        return Task(tid)
