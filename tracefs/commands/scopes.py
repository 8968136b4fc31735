# SPDX-License-Identifier: GPL-2.0-only
"""The scopes of a mount, in words."""

from __future__ import annotations

SCOPES = {
    "tree": "process {root} ({comm}) and all that it starts",
    "user": "every process of this user in this PID namespace",
    "none": "only what is written to set_ftrace_pid or set_event_pid",
}


def describe(kind: str, root: int) -> str:
    """What is in scope; `root` is the process that a `tree` starts from."""
    try:
        with open(f"/proc/{root}/comm") as comm:
            name = comm.read().strip()
    except OSError:
        name = "which has ended"
    return SCOPES[kind].format(root=root, comm=name)
