# SPDX-License-Identifier: GPL-2.0-only
"""The scopes of a mount, as words of the command line and as sentences."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracefs.capture import Scope

SCOPES = {
    "tree": "process {root} ({comm}) and all that it starts",
    "user": "every process of this user in this PID namespace",
    "none": "only what is written to set_ftrace_pid or set_event_pid",
}


def word(text: str) -> str:
    """For argparse: `tree`, `tree:PID`, `user` or `none`."""
    kind, colon, pid = text.partition(":")
    if kind not in SCOPES or (colon and not (kind == "tree" and pid.isascii() and pid.isdigit())):
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(SCOPES)} and tree:PID")
    return text


def chosen(text: str, parent: int) -> Scope:
    """The scope of a word, for a mount that `parent` asks for. ProcessLookupError: there is no such process."""
    from tracefs.capture import Scope, above  # here, as most commands need none

    kind, _, pid = text.partition(":")
    if kind == "user":
        return Scope("user")
    if kind == "none":
        return Scope("none")
    scope = Scope("tree", int(pid)) if pid else Scope("tree", parent, above=above(parent))
    if not scope.top:
        raise ProcessLookupError(f"no process {pid or parent}")
    return scope


def describe(kind: str, root: int, *, alive: bool = True, above: int = 0) -> str:
    """What is in scope. root: the process that a `tree` starts from; above: the one that does when that has ended, 0:
    none."""
    if not alive:
        return f"no process is left: {root} has ended (`mount --scope tree:PID` names another)"
    text = SCOPES[kind].format(root=root, comm=_comm(root))
    return text + (f"; when it has ended, {above} ({_comm(above)})" if above else "")


def _comm(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/comm", errors="replace") as comm:
            return comm.read().strip()
    except OSError:
        return "which has ended"
