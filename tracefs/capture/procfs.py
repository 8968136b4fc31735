# SPDX-License-Identifier: GPL-2.0-only
"""What the engine's policy reads in /proc. A task that has gone gives None or nothing, never an error."""

from __future__ import annotations

import os


def _read(path: str) -> str | None:
    try:
        with open(path, errors="surrogateescape") as file:
            return file.read()
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


def parent(pid: int) -> int | None:
    """The parent of a process (field 4 of its stat; the name before it may hold anything)."""
    text = _read(f"/proc/{pid}/stat")
    return int(text[text.rindex(")") + 2 :].split()[1]) if text else None


def status(tid: int) -> dict[str, str]:
    """/proc/TID/status as a dictionary, empty where the task has gone."""
    text = _read(f"/proc/{tid}/status") or ""
    return {key: value.strip() for key, _, value in (line.partition(":") for line in text.splitlines())}


def sleeps(tid: int) -> str | None:
    """How often a task has gone to sleep, to be compared; None where it has gone."""
    return status(tid).get("voluntary_ctxt_switches")


def syscall(tid: int) -> list[int] | None:
    """The number and arguments of the call that a task sleeps in (then sp, pc); [] while it runs; None: gone or not ours to see."""
    text = _read(f"/proc/{tid}/syscall")
    if text is None:
        return None
    words = text.split()
    if not words or words[0] == "running":
        return []
    return [int(words[0])] + [int(word, 16) for word in words[1:]]


def comm(tid: int) -> str:
    """A task's name, "" where it has gone."""
    return (_read(f"/proc/{tid}/comm") or "").removesuffix("\n")
