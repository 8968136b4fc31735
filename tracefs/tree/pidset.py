# SPDX-License-Identifier: GPL-2.0-only
"""set_ftrace_pid, set_event_pid and their `notrace` twins: lists of thread ids."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefs.tree.node import Context
from tracefs.tree.parse import Words, unsigned
from tracefs.tree.textfile import TextFile

if TYPE_CHECKING:
    from tracefs.tree.instance import Instance

PID_LIMIT = 1 << 30
"""Numbers from here on are refused, with EPERM: that is what comes out of the kernel."""
_WORD = 127


@dataclass(frozen=True)
class PidKind:
    """One of the four lists of an instance; `when_empty` is what the file then says."""

    name: str
    wanted: str
    """Its name in Wanted."""
    follow: str
    """The option by which children of members become members."""
    when_empty: str = ""


PID_KINDS = (
    PidKind("set_event_pid", "event_pids", "event-fork"),
    PidKind("set_event_notrace_pid", "event_notrace", "event-fork"),
    PidKind("set_ftrace_pid", "tracer_pids", "function-fork", when_empty="no pid\n"),
    PidKind("set_ftrace_notrace_pid", "tracer_notrace", "function-fork", when_empty="no pid\n"),
)


class PidFile(TextFile):
    """`>` empties the list and a write adds to it: all the numbers of the write, or none."""

    sequential = True

    def __init__(self, instance: Instance, kind: PidKind) -> None:
        super().__init__(0o640)
        self._instance, self._kind = instance, kind

    def show(self) -> str:
        pids = self._instance.members(self._kind)
        return "".join(f"{pid}\n" for pid in sorted(pids)) or self._kind.when_empty

    def store(self, data: bytes, ctx: Context) -> int:
        words = Words(data, _WORD)
        added = frozenset(_pid(word) for word in words)
        if added:
            self._instance.set_pids(self._kind.name, lambda pids: pids | added)
        return words.taken

    def emptied(self) -> None:
        self._instance.set_pids(self._kind.name, lambda pids: frozenset())


def _pid(word: bytes) -> int:
    try:
        number = unsigned(word, base=0)
    except OSError:
        raise OSError(errno.EINVAL, "not a number") from None
    number &= 0xFFFFFFFF  # a pid_t; the kernel keeps these bits of any longer number
    if number >= PID_LIMIT:
        raise OSError(errno.EPERM, "no such pid")
    return number
