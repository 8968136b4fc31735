# SPDX-License-Identifier: GPL-2.0-only
"""The end of the process that a scope begins with."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable

from tracefs.capture.scope import Scope


class Succession:
    """Tells whenever the process that a scope's tree starts from has ended, so that the next one takes its place."""

    def __init__(self, scope: Scope, ended: Callable[[], object]) -> None:
        """ended: called on a thread of its own, after each such end; what it returns is of no interest."""
        self._scope = scope
        self._ended = ended
        self._watching: tuple[threading.Thread, int] | None = None
        """The thread, and the eventfd that stops it."""

    def start(self) -> None:
        """Only a tree has one; where the kernel (before 5.3) has no pidfd, the next write to a control file finds
        out."""
        if self._scope.kind == "tree" and self._watching is None:
            stop = os.eventfd(0, os.EFD_CLOEXEC)
            thread = threading.Thread(target=self._watch, args=(stop,), name="tracefs-scope", daemon=True)
            self._watching = thread, stop
            thread.start()

    def stop(self) -> None:
        watching, self._watching = self._watching, None
        if watching:
            thread, stop = watching
            os.eventfd_write(stop, 1)
            thread.join()
            os.close(stop)

    def _watch(self, stop: int) -> None:
        while (top := self._scope.top) and self._sees_end(top, stop):
            self._ended()

    def _sees_end(self, pid: int, stop: int) -> bool:
        """Wait for a process to end. False: it is not to be waited for any more."""
        try:
            fd = os.pidfd_open(pid)
        except ProcessLookupError:
            return True
        except OSError:
            return False
        try:
            # Of a number used again the end is seen, too: its next look finds another process there.
            poll = select.poll()
            poll.register(fd, select.POLLIN)
            poll.register(stop, select.POLLIN)
            return stop not in dict(poll.poll())
        finally:
            os.close(fd)
