# SPDX-License-Identifier: GPL-2.0-only
"""error_log: what was wrong with the last writes that failed, with the place in them."""

from __future__ import annotations

import threading
import time
from collections import deque

from tracefs.tree.node import Context
from tracefs.tree.textfile import TextFile

ENTRIES = 8


class ErrorLog:
    """The last errors of one instance. Safe from any thread."""

    def __init__(self) -> None:
        self._entries: deque[str] = deque(maxlen=ENTRIES)
        self._lock = threading.Lock()

    def add(self, location: str, message: str, command: str = "", position: int = 0) -> None:
        """`position`: index in `command` that the caret points to."""
        seconds, micros = divmod(time.monotonic_ns() // 1000, 1_000_000)
        text = f"[{seconds:5d}.{micros:06d}] {location}: error: {message}\n"
        caret = " " * (len("  Command: ") + position) + "^"
        with self._lock:
            self._entries.append(f"{text}  Command: {command}\n{caret}\n")

    def text(self) -> str:
        with self._lock:
            return "".join(self._entries)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()


class ErrorLogFile(TextFile):
    """`>` clears the log; what is written is taken and forgotten."""

    def __init__(self, log: ErrorLog) -> None:
        super().__init__(0o640)
        self._log = log

    def show(self) -> str:
        return self._log.text()

    def store(self, data: bytes, ctx: Context) -> int:
        return len(data)

    def emptied(self) -> None:
        self._log.clear()
