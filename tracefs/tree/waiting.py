# SPDX-License-Identifier: GPL-2.0-only
"""Waiting for events: a reader that blocks, and pollers that want to be told."""

from __future__ import annotations

import errno
import threading

from ringbuf import RingBuffer, WaitResult
from tracefs.tree.faces import Notify
from tracefs.tree.node import Context

RECHECK = 1.0
"""Seconds after which a wait looks again by itself. A kick that comes between a look and the wait is lost; so it costs
this at most."""


def wait_for_events(buffer: RingBuffer, cpu: int | None, ctx: Context) -> None:
    """Sleep until there may be something to read, or a reason to look again. EINTR where the caller has a signal."""
    # The wait is in C: it ends on a signal, where Python's own waits would go on.
    result = buffer.wait(cpu, timeout=RECHECK)
    if result is not WaitResult.READY and ctx.interrupted():
        raise OSError(errno.EINTR, "interrupted")


class Pollers:
    """Those to be told when a CPU's buffer (or any) fills. A thread waits for each kind while somebody polls it."""

    def __init__(self, buffer: RingBuffer, stopping: threading.Event) -> None:
        self._buffer, self._stopping = buffer, stopping
        self._waiting: dict[tuple[int | None, int], set[Notify]] = {}
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Lock()
        self._closed = False

    def add(self, notify: Notify, cpu: int | None, percent: int) -> None:
        """Call `notify` once when the buffer is that full, or anything else about the file changes."""
        key = (cpu, percent)
        with self._lock:
            waiting = self._waiting.get(key)
            if waiting is not None:
                waiting.add(notify)
                return
            self._waiting[key] = {notify}
            thread = threading.Thread(target=self._wait, args=key, name="tracefs-poll", daemon=True)
            self._threads.add(thread)
            thread.start()

    def drop(self, notify: Notify) -> None:
        """That one need not be told any more."""
        with self._lock:
            for waiting in self._waiting.values():
                waiting.discard(notify)

    def close(self) -> None:
        """Tell everybody, and wait for the threads."""
        with self._lock:
            self._closed = True
            threads = list(self._threads)
        for thread in threads:
            while thread.is_alive():
                self._buffer.kick()
                thread.join(0.01)

    def _wait(self, cpu: int | None, percent: int) -> None:
        while True:
            result = self._buffer.wait(cpu, percent, timeout=RECHECK)
            ended = result in (WaitResult.READY, WaitResult.KICKED) or self._closed or self._stopping.is_set()
            with self._lock:
                if not ended and self._waiting[cpu, percent]:
                    continue
                notified = self._waiting.pop((cpu, percent))
                self._threads.discard(threading.current_thread())
            for notify in notified:
                notify()
            return
