# SPDX-License-Identifier: GPL-2.0-only
"""Who traces this process, and so all that it starts: a task has one tracer."""

from __future__ import annotations

import os
import re
from typing import NamedTuple


class Holder(NamedTuple):
    """A tracer."""

    pid: int
    """Of its thread that traces."""
    name: str
    directory: str
    """Of the mount that it serves, "" where it is no mount of ours."""

    def __str__(self) -> str:
        if self.directory:
            return (
                f"the mount {self.directory} traces this shell, and a task has one tracer: {self.cure}, "
                "or read what the command does there"
            )
        return f"{self.name} ({self.pid}) traces this one and its children already, and a task has one tracer"

    @property
    def cure(self) -> str:
        """How to be free of it."""
        if self.directory:
            return f"`echo nop > {self.directory}/current_tracer; echo > {self.directory}/set_event` before"
        return f"start the command elsewhere, or end {self.name} ({self.pid})"


def holder() -> Holder | None:
    """None where nobody traces this process."""
    found = re.search(r"^TracerPid:\s*(\d+)$", _read("/proc/self/status"), re.M)
    pid = int(found[1]) if found else 0
    return Holder(pid, _read(f"/proc/{pid}/comm").strip() or "a process", _mounted_by(pid)) if pid else None


def _read(path: str) -> str:
    try:
        with open(path, errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _mounted_by(pid: int) -> str:
    """The directory of a mount of ours that process `pid`, or a thread of it, serves."""
    import json

    from tracefs import mountpoints  # here, as only few get so far

    for directory in mountpoints.ours():
        try:
            daemon = json.loads(os.getxattr(directory, mountpoints.STATUS))["pid"]
        except (OSError, ValueError, KeyError):
            continue
        if os.path.exists(f"/proc/{daemon}/task/{pid}"):
            return directory
    return ""
