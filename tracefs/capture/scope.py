# SPDX-License-Identifier: GPL-2.0-only
"""Which processes are traced while no pid filter says otherwise."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

from tracefs.capture.policy import procfs


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
    """Globs, where there are any: only those descendants belong to it that execute a file whose path, or its last part, is like
    one of them."""
    leave_exec: tuple[str, ...] = ()
    """Globs: who executes such a file is let go."""

    def processes(self) -> set[int]:
        """Its processes now; never our own. Those born meanwhile come as children of traced ones."""
        return set(self.generations())

    def generations(self) -> dict[int, int]:
        """Its processes now, each with how many generations there are from one that is named."""
        if self.kind == "tree":
            found = descendants(self.root)
        elif self.kind == "pids":
            found = descendants(*self.pids)
        elif self.kind == "user":
            found = {pid: 0 for pid in procfs.pids() if pid != 1 and _owner(pid) == os.getuid()}
        else:
            found = {}
        deepest = 0 if self.follow_exec else self.depth  # what an older descendant executed was not seen
        return {
            pid: generation
            for pid, generation in found.items()
            if pid != os.getpid() and (deepest is None or generation <= deepest)
        }

    def members(self) -> set[int]:
        """The threads of its processes."""
        return {tid for pid in self.processes() for tid in procfs.threads(pid)}


def descendants(*roots: int) -> dict[int, int]:
    """Processes and all that descend from them, with how many generations there are between."""
    children: dict[int, list[int]] = {}
    for pid in procfs.pids():
        parent = procfs.parent(pid)
        if parent is not None:
            children.setdefault(parent, []).append(pid)
    found: dict[int, int] = dict.fromkeys(roots, 0)
    queue = list(roots)
    for pid in queue:
        for child in children.get(pid, ()):
            if child not in found:
                found[child] = found[pid] + 1
                queue.append(child)
    return found


def _owner(pid: int) -> int | None:
    try:
        return os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return None
