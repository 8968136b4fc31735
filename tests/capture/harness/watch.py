# SPDX-License-Identifier: GPL-2.0-only
"""Looks from outside at what tasks are left as: their states, tracers, affinities and children, from /proc."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Task:
    """One thread as /proc/PID/task/TID tells it."""

    tid: int
    name: str
    state: str
    """One letter of proc(5): t is stopped by a tracer, T by job control."""
    tracer: int
    cpus: str
    """Cpus_allowed, in hex."""
    syscall: str
    """Where it sleeps: number and arguments, or "running"."""

    def __str__(self) -> str:
        return f"{self.name}[{self.tid}] {self.state} tracer={self.tracer} cpus={self.cpus} syscall={self.syscall}"


def task(path: Path) -> Task | None:
    """The task of one /proc/PID/task/TID directory; None when it is gone."""
    try:
        status = dict(line.split(":", 1) for line in (path / "status").read_text().splitlines())
    except (OSError, ValueError):
        return None
    try:
        syscall = (path / "syscall").read_text().strip()
    except OSError:
        syscall = "?"
    return Task(
        tid=int(path.name),
        name=status["Name"].strip(),
        state=status["State"].split()[0],
        tracer=int(status["TracerPid"]),
        cpus=status["Cpus_allowed"].strip(),
        syscall=syscall,
    )


def tasks(pid: int) -> list[Task]:
    """All threads of one process."""
    try:
        names = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    found = (task(Path(f"/proc/{pid}/task/{name}")) for name in names)
    return [one for one in found if one]


def children(pid: int) -> list[int]:
    """The children of all of its threads, zombies included."""
    result: list[int] = []
    with contextlib.suppress(OSError):
        for tid in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError):
                result += map(int, Path(f"/proc/{pid}/task/{tid}/children").read_text().split())
    return result


def family(pid: int) -> list[int]:
    """The process and all its descendants."""
    found = [pid]
    for one in found:
        found += children(one)
    return found


def describe(pid: int) -> str:
    """The whole family, one task a line, for a report of harm."""
    return "\n".join(f"    {one}" for member in family(pid) for one in tasks(member))
