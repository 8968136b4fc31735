# SPDX-License-Identifier: GPL-2.0-only
"""What the engine's policy reads in /proc. A task that has gone gives None or nothing, never an error."""

from __future__ import annotations

import os
from dataclasses import dataclass

from tracefs.plain import plain


def _read(path: str) -> str | None:
    try:
        with open(path, "rb") as file:
            return os.fsdecode(file.read())
    except OSError:
        return None


def pids() -> list[int]:
    """All processes."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def threads(pid: int) -> list[int]:
    """The threads of a process, none where it has gone."""
    try:
        return [int(name) for name in os.listdir(f"/proc/{pid}/task")]
    except OSError:
        return []


@dataclass(frozen=True)
class Stat:
    """What /proc/PID/stat says of a process."""

    dead: bool
    """All of its threads have ended; its parent may not know yet."""
    parent: int
    session: int
    born: int
    """When it started, in clock ticks since boot: with the number it tells processes apart."""


def stat(pid: int) -> Stat | None:
    """A process; None where it has gone."""
    text = _read(f"/proc/{pid}/stat")
    if not text:
        return None
    fields = text[text.rindex(")") + 2 :].split()  # the name before them may hold anything
    dead = fields[0] == "X" or (fields[0] == "Z" and int(fields[17]) <= 1)
    return Stat(dead, int(fields[1]), int(fields[3]), int(fields[19]))


def status(tid: int) -> dict[str, str]:
    """/proc/TID/status as a dictionary, empty where the task has gone."""
    text = _read(f"/proc/{tid}/status") or ""
    return {key: value.strip() for key, _, value in (line.partition(":") for line in text.split("\n"))}


def filters(tid: int) -> int:
    """How many seccomp filters a task has; before Linux 5.9 whether it has any, as 2."""
    seen = status(tid)
    return int(seen.get("Seccomp_filters", seen.get("Seccomp", "0")))


@dataclass(frozen=True)
class Sight:
    """How a task was seen."""

    state: str
    """One letter of proc(5)."""
    sleeps: int
    """How often it had gone to sleep."""
    call: tuple[int, ...]
    """The number and arguments of the call that it sleeps in, then its stack and instruction pointers; empty where it
    runs, or where a sandbox hides them."""

    @property
    def compat(self) -> bool:
        """32-bit code, whose numbers are another table's: both pointers are."""
        return max(self.call[-2:], default=1 << 32) >> 32 == 0


def sight(tid: int) -> Sight | None:
    """A look at a task; None where it has gone. Its call may be of a moment later than its state."""
    seen = status(tid)
    if not seen:
        return None
    words = (_read(f"/proc/{tid}/syscall") or "").split()
    call = () if not words or words[0] == "running" else (int(words[0]), *(int(word, 16) for word in words[1:]))
    return Sight(seen.get("State", "?")[0], int(seen.get("voluntary_ctxt_switches", "0")), call)


def traced_by_us(tid: int) -> bool:
    """Whether a thread of this process traces it."""
    tracer = int(status(tid).get("TracerPid", "0"))
    return tracer != 0 and os.path.exists(f"/proc/self/task/{tracer}")


def serves_memory(pid: int) -> bool:
    """Whether the process has a userfaultfd."""
    try:
        return any(_link(f"/proc/{pid}/fd/{fd}") == "anon_inode:[userfaultfd]" for fd in os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return False


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def comm(tid: int) -> str:
    """A task's name as people may see it, "" where it has gone."""
    return plain((_read(f"/proc/{tid}/comm") or "").removesuffix("\n"))
