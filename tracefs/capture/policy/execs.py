# SPDX-License-Identifier: GPL-2.0-only
"""Tasks that stand before an execve, until it is known whether the file gives privilege.

Looking at the file may wait: for a server of its filesystem, which may be a tracee; for the holder of a lease; for a
page of the task's memory that another task provides. So threads of their own look, the capture thread goes on with the
other tasks, and a task is let go (it would lose what it is given) when its file could not be looked at in time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING

from tracefs.capture.policy import privileged
from tracefs.capture.policy.faults import fault

if TYPE_CHECKING:
    from tracefs.capture.policy.attach import Attacher
    from tracefs.capture.policy.native import Call, Core

LIMIT = 2.0
"""Seconds to look at a file."""
MAX_LOOKERS = 64
"""Threads that look. Each that waits for ever belongs to a task that was let go."""

GIVES = " is setuid, setgid or has capabilities, and needs an untraced task"
LATE = f"what it executes could not be looked at within {LIMIT:g} s, and may need an untraced task"
UNKNOWN = "what it executes could not be looked at: {!r}"


@dataclass(frozen=True)
class Held:
    """A task before its execve."""

    tid: int
    call: Call
    until: float
    """When it is let go."""


class Execs:
    """All but the looking is done on the capture thread."""

    def __init__(self, core: Core, attacher: Attacher, post: Callable[[Callable[[], None]], object]) -> None:
        """post: has something done on the capture thread."""
        self._core, self._attacher, self._post = core, attacher, post
        self._held: dict[int, Held] = {}
        self._asked: SimpleQueue[Held | None] = SimpleQueue()
        self._lookers = 0
        self._free = 0
        """Lookers without work, less the tasks that wait for one."""
        self._lock = threading.Lock()
        self._ending = False

    def ask(self, tid: int) -> None:
        """The task is held; decide, soon."""
        call = self._core.call(tid)
        if call is None:
            return  # killed meanwhile
        if self._ending:
            self._core.let_go(tid)
            return
        held = self._held[tid] = Held(tid, call, time.monotonic() + LIMIT)
        if privileged.gains_nothing(tid):
            self._decided(held, None)
            return
        with self._lock:
            start = self._free == 0 and self._lookers < MAX_LOOKERS
        if start:
            try:
                threading.Thread(target=self._look, name="tracefs-exec", daemon=True).start()
            except RuntimeError as error:  # no more threads: those that there are may have an end soon
                if not self._lookers:
                    self._decided(held, UNKNOWN.format(error))
                    return
        with self._lock:
            self._lookers += start
            self._free += start - 1
        self._asked.put(held)

    def step(self) -> float | None:
        """Let those go that were held for too long. Seconds until the next may be; None: there is none."""
        now = time.monotonic()
        for held in [held for held in self._held.values() if held.until <= now]:
            self._decided(held, LATE)
        return min((held.until for held in self._held.values()), default=now) - now if self._held else None

    def end(self) -> None:
        """The capture thread ends: those that are held, or come yet, go at once."""
        self._ending = True
        for tid in list(self._held):
            self._core.let_go(tid)
        self._held.clear()
        with self._lock:
            for _ in range(self._lookers):
                self._asked.put(None)

    def _decided(self, held: Held, why: str | None) -> None:
        """why: the reason to let it go."""
        if self._held.get(held.tid) is not held:
            return  # too late, or its number is another task's now
        del self._held[held.tid]
        if why is None:
            self._core.resume(held.tid)
        else:
            self._attacher.let_go(held.tid, why, each=not why.endswith(GIVES))

    def _look(self) -> None:
        """A looker's life."""
        while held := self._asked.get():
            why = self._why(held)
            with self._lock:
                self._free += 1
            self._post(lambda held=held, why=why: self._decided(held, why))  # type: ignore[misc]

    @staticmethod
    def _why(held: Held) -> str | None:
        try:
            file = privileged.gives_privilege(held.tid, held.call, held.until)
            return file + GIVES if file else None
        except privileged.Late:
            return LATE
        except Exception as error:
            fault("looking at what is executed")
            return UNKNOWN.format(error)
