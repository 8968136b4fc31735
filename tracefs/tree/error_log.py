# SPDX-License-Identifier: GPL-2.0-only
"""error_log: what was wrong with the last writes that failed, with the place in them."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from tracefs.plain import plain
from tracefs.tree.node import Context
from tracefs.tree.textfile import TextFile

if TYPE_CHECKING:
    from tracefs.events.filters.errors import LogEntry

ENTRIES = 8


class ErrorLog:
    """The last errors of one instance. Safe from any thread."""

    def __init__(self) -> None:
        self._entries: deque[bytes] = deque(maxlen=ENTRIES)
        self._lock = threading.Lock()
        self.added = 0
        """How many there ever were."""

    def add(self, location: str, message: str, command: bytes = b"", position: int = 0) -> None:
        """`position`: index in `command` that the caret points to."""
        seconds, micros = divmod(time.monotonic_ns() // 1000, 1_000_000)
        text = f"[{seconds:5d}.{micros:06d}] {location}: error: {plain(message)}\n".encode()
        caret = b" " * (len("  Command: ") + position) + b"^"
        with self._lock:
            self._entries.append(b"%s  Command: %s\n%s\n" % (text, command, caret))
            self.added += 1

    def enter(self, entry: LogEntry) -> None:
        """Add what a language of the control files (filters, triggers) has to say of a text."""
        self.add(entry.location, entry.message, entry.command, entry.caret)

    def text(self) -> bytes:
        with self._lock:
            return b"".join(self._entries)

    def last(self) -> bytes:
        """The newest entry, without its time; b"" where there is none."""
        with self._lock:
            return self._entries[-1].partition(b"] ")[2] if self._entries else b""

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()


class ErrorLogFile(TextFile):
    """`>` clears the log; what is written is taken and forgotten."""

    sequential = True

    def __init__(self, log: ErrorLog) -> None:
        super().__init__(0o640)
        self._log = log

    def show(self) -> bytes:
        return self._log.text()

    def store(self, data: bytes, ctx: Context) -> int:
        return len(data)

    def emptied(self) -> None:
        self._log.clear()
