# SPDX-License-Identifier: GPL-2.0-only
"""A child that the engine started."""

from __future__ import annotations

import os
import threading
import time

ORPHAN_STEP = 0.01
"""Seconds between two looks at a child that no capture thread watches."""


class Child:
    """A traced child. Its end is seen by the capture thread, so wait here, never with os.waitpid()."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._status: int | None = None
        self._ended = threading.Event()
        self._orphaned = False

    def ended(self, status: int) -> None:
        """Told by the capture thread. status: as of waitpid(2)."""
        self._status = status
        self._ended.set()

    def abandoned(self) -> None:
        """The capture thread ends first: from now on the child is an ordinary one of this process."""
        self._orphaned = True
        self._ended.set()

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status, or -N where signal N ended it. TimeoutError."""
        if not self.has_ended(timeout):
            raise TimeoutError(f"child {self.pid} runs on")
        assert self._status is not None
        return os.waitstatus_to_exitcode(self._status)

    def has_ended(self, timeout: float | None = 0) -> bool:
        """Whether it has, at most so many seconds from now (None: wait for it)."""
        end = None if timeout is None else time.monotonic() + timeout
        if not self._ended.wait(timeout):
            return False
        while self._status is None and self._orphaned:
            pid, status = os.waitpid(self.pid, 0 if end is None else os.WNOHANG)
            if pid:
                self._status = status
            elif end is not None and time.monotonic() > end:
                return False
            else:
                time.sleep(ORPHAN_STEP)
        return True
