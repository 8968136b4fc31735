# SPDX-License-Identifier: GPL-2.0-only
"""Which processes are traced while no pid filter says otherwise."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from tracefs.capture.policy import procfs

SHELLS = frozenset("ash bash csh dash elvish fish ksh mksh nu rbash sh tcsh xonsh yash zsh".split())  # noqa: SIM905
"""Names of programs that people type commands into."""


class Member(NamedTuple):
    """A process in scope."""

    born: int
    """As procfs.Stat has it: with the number it tells processes apart."""
    generation: int
    """How many generations there are from one that is named."""


@dataclass(frozen=True)
class Scope:
    """What was chosen at mount, or for one run."""

    kind: Literal["tree", "user", "none", "pids"] = "none"
    root: int = 0
    """tree: this process and its descendants, now and later."""
    pids: tuple[int, ...] = ()
    """pids: these processes and their descendants."""
    depth: int | None = None
    """Generations of descendants that belong to it, None: all. A process that was started traced, or is named, is 0."""
    follow_exec: tuple[str, ...] = ()
    """Globs, where there are any: only those descendants belong to it that execute a file whose path, or its last part,
    is like one of them."""
    leave_exec: tuple[str, ...] = ()
    """Globs: who executes such a file is let go."""
    above: tuple[int, ...] = ()
    """tree: the first of these that lives takes the root's place when it has ended: it may only have been what started
    the mount."""
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

    def processes(self) -> dict[int, Member]:
        """Its processes now; never our own. Those born meanwhile come as children of traced ones."""
        if self.kind == "tree":
            top = self.top
            found = descendants(top) if top else {}
        elif self.kind == "pids":
            found = descendants(*self.pids)
        elif self.kind == "user":
            own = (pid for pid in procfs.pids() if pid != 1 and _owner(pid) == os.getuid())
            found = {pid: Member(stat.born, 0) for pid in own if (stat := procfs.stat(pid))}
        else:
            found = {}
        deepest = 0 if self.follow_exec else self.depth  # what an older descendant executed was not seen
        return {
            pid: member
            for pid, member in found.items()
            if pid != os.getpid() and (deepest is None or member.generation <= deepest)
        }


def above(pid: int) -> tuple[int, ...]:
    """The shells among a process's ancestors, the nearest first, up to the leader of its session, which counts as one.

    Of a process that leads a session itself and is no shell, as sudo(8)'s, the shells of the session above: that one's
    leader may be a server with other people's shells."""
    found: list[int] = []
    stat = procfs.stat(pid)
    beyond = stat is not None and pid == stat.session
    if beyond and procfs.comm(pid) in SHELLS:
        return ()
    while stat and stat.parent:
        pid, stat = stat.parent, procfs.stat(stat.parent)
        leads = stat is not None and pid == stat.session
        if stat and (procfs.comm(pid) in SHELLS or (leads and not beyond)):
            found.append(pid)
        if leads:
            break
    return tuple(found)


def descendants(*roots: int) -> dict[int, Member]:
    """Processes and all that descend from them."""
    children: dict[int, list[int]] = {}
    born: dict[int, int] = {}
    for pid in procfs.pids():
        stat = procfs.stat(pid)
        if stat:
            children.setdefault(stat.parent, []).append(pid)
            born[pid] = stat.born
    found = {pid: Member(born[pid], 0) for pid in roots if pid in born}
    queue = list(found)
    for pid in queue:
        for child in children.get(pid, ()):
            if child not in found:
                found[child] = Member(born[child], found[pid].generation + 1)
                queue.append(child)
    return found


def _owner(pid: int) -> int | None:
    try:
        return os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return None
