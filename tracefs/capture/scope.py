# SPDX-License-Identifier: GPL-2.0-only
"""Which processes are traced while no pid filter says otherwise."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

from tracefs.capture.policy import procfs


@dataclass(frozen=True)
class Scope:
    """What was chosen at mount."""

    kind: Literal["tree", "user", "none"] = "none"
    root: int = 0
    """tree: this process and its descendants, now and later."""

    def processes(self) -> set[int]:
        """Its processes now; never our own. Those born meanwhile come as children of traced ones."""
        if self.kind == "tree":
            found = descendants(self.root)
        elif self.kind == "user":
            found = {pid for pid in procfs.pids() if pid != 1 and _owner(pid) == os.getuid()}
        else:
            found = set()
        return found - {os.getpid()}

    def members(self) -> set[int]:
        """The threads of its processes."""
        return {tid for pid in self.processes() for tid in procfs.threads(pid)}


def descendants(root: int) -> set[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for pid in procfs.pids():
        parent = procfs.parent(pid)
        if parent is not None:
            children.setdefault(parent, []).append(pid)
    found: set[int] = set()
    queue = [root]
    while queue:
        pid = queue.pop()
        found.add(pid)
        queue += [child for child in children.get(pid, ()) if child not in found]
    return found


def _owner(pid: int) -> int | None:
    try:
        return os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return None
