# SPDX-License-Identifier: GPL-2.0-only
"""Tasks that are in a file operation of ours: they wait for us, so we must not wait for them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Visitors:
    """Who waits for the answer to a file operation, by thread id. Safe from any thread.

    To interrupt such a task is harmless in whatever call it is: the operation goes on until it is answered
    (tracefs/caller.py), and the task stops on its way back to its program, before it can make another call.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._operations: dict[int, int] = {}
        """How many each waits for: a task may have several at once where the kernel asks on its behalf."""

    def enter(self, tid: int) -> None:
        """Its operation begins. 0, a task that the kernel does not name, is nobody."""
        if tid:
            with self._lock:
                self._operations[tid] = self._operations.get(tid, 0) + 1

    def leave(self, tid: int) -> None:
        """Its operation is about to be answered."""
        if tid:
            with self._lock:
                left = self._operations.pop(tid, 1) - 1
                if left:
                    self._operations[tid] = left

    @contextmanager
    def kept(self, tid: int) -> Iterator[bool]:
        """Whether it is there. Inside, no operation is answered: for a moment only."""
        with self._lock:
            yield tid in self._operations

    def __contains__(self, tid: object) -> bool:
        return tid in self._operations
