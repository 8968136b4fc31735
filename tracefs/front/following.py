# SPDX-License-Identifier: GPL-2.0-only
"""Whom to trace besides a command, and how far down: -p, --no-follow, --depth, --follow-exec, --detach-exec."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tracefs.capture import Scope
from tracefs.capture.policy import procfs
from tracefs.front.nearest import did_you_mean


class NoTarget(Exception):
    """Nobody has that number or name; the text says so."""


@dataclass(frozen=True)
class Follow:
    """As given on the command line."""

    targets: Sequence[str] = ()
    """-p: numbers or names, apart by commas or white space."""
    depth: int | None = None
    """Generations of children; None: all."""
    follow_exec: Sequence[str] = ()
    leave_exec: Sequence[str] = ()

    def scope(self) -> Scope:
        """Raises NoTarget."""
        how = (self.depth, tuple(self.follow_exec), tuple(self.leave_exec))
        return Scope("pids", 0, processes(self.targets), *how) if self.targets else Scope("none", 0, (), *how)


def processes(texts: Iterable[str]) -> tuple[int, ...]:
    """The processes that the words name, each once."""
    words = [word for text in texts for word in re.split(r"[\s,]+", text) if word]
    if not words:
        raise NoTarget("-p: a number or a name is needed")
    return tuple(dict.fromkeys(pid for word in words for pid in _named(word)))


def _named(word: str) -> list[int]:
    if word.isdecimal():
        pid = int(word)
        if pid == os.getpid():
            raise NoTarget(f"-p {word}: that is the tracer itself")
        tgid = procfs.status(pid).get("Tgid") if 0 < pid < 1 << 31 else None
        if tgid is None:
            raise NoTarget(f"-p {word}: no such process")
        return [int(tgid)]
    names = {pid: _names(pid) for pid in procfs.pids() if pid != os.getpid()}
    found = [pid for pid, called in names.items() if word in called]
    if not found:
        known = {name for called in names.values() for name in called}
        raise NoTarget(f"-p {word}: no process is called that{did_you_mean(word, known)}")
    return found


def _names(pid: int) -> set[str]:
    """What ps(1) calls it: its task's name, and the last part of its program's."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            first = os.fsdecode(file.read().split(b"\0")[0])
    except OSError:
        first = ""
    return {procfs.comm(pid), os.path.basename(first).removeprefix("-")} - {""}
