# SPDX-License-Identifier: GPL-2.0-only
"""Which processes are traced while no pid filter says otherwise."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Literal

from tracefs.capture.policy import procfs

SHELLS = frozenset(
    {"ash", "bash", "csh", "dash", "elvish", "fish", "ksh", "mksh", "nu", "rbash", "sh", "tcsh", "xonsh", "yash", "zsh"}
)
"""Names of programs that people type commands into."""


@dataclass(frozen=True)
class Scope:
    """What was chosen at mount."""

    kind: Literal["tree", "user", "none"] = "none"
    root: int = 0
    """tree: this process and its descendants, now and later."""
    above: tuple[int, ...] = ()
    """tree: the first of these that lives takes its place when it has ended: it may only have been what started the mount."""
    _born: dict[int, int] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._born.update((pid, stat.born) for pid in (self.root, *self.above) if (stat := procfs.stat(pid)))

    @property
    def top(self) -> int:
        """The process that the tree starts from now; 0: none is left, or it is no tree."""
        if self.kind != "tree":
            return 0
        for pid in (self.root, *self.above):
            stat = procfs.stat(pid)
            if stat and stat.born == self._born.get(pid) and not stat.dead:
                return pid
        return 0

    def processes(self) -> dict[int, int]:
        """Its processes now, and when each was born (as procfs.Stat has it); never our own. Those born meanwhile come as children
        of traced ones."""
        if self.kind == "tree":
            top = self.top
            found = descendants(top) if top else {}
        elif self.kind == "user":
            own = (pid for pid in procfs.pids() if pid != 1 and _owner(pid) == os.getuid())
            found = {pid: stat.born for pid in own if (stat := procfs.stat(pid))}
        else:
            found = {}
        found.pop(os.getpid(), None)
        return found


def above(pid: int) -> tuple[int, ...]:
    """The shells among a process's ancestors, the nearest first, up to the leader of its session, which counts as one."""
    found: list[int] = []
    stat = procfs.stat(pid)
    while stat and pid != stat.session and stat.parent:
        pid, stat = stat.parent, procfs.stat(stat.parent)
        if stat and (pid == stat.session or procfs.comm(pid) in SHELLS):
            found.append(pid)
    return tuple(found)


def descendants(root: int) -> dict[int, int]:
    """A process and all that descend from it, and when each was born."""
    children: dict[int, list[int]] = {}
    born: dict[int, int] = {}
    for pid in procfs.pids():
        stat = procfs.stat(pid)
        if stat:
            children.setdefault(stat.parent, []).append(pid)
            born[pid] = stat.born
    found: dict[int, int] = {}
    queue = [root]
    while queue:
        pid = queue.pop()
        if pid in born:
            found[pid] = born[pid]
        queue += [child for child in children.get(pid, ()) if child not in found]
    return found


def _owner(pid: int) -> int | None:
    try:
        return os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return None
