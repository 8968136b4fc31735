# SPDX-License-Identifier: GPL-2.0-only
"""synthetic_events, and dynamic_events, which has no other kind: events that hist triggers make."""

from __future__ import annotations

from tracefs.tree.node import Context
from tracefs.tree.shared import Shared
from tracefs.tree.textfile import TextFile


class SyntheticEvents(TextFile):
    """A definition a line. `>` removes all, `!` in front of a line one."""

    sequential = True

    def __init__(self, shared: Shared) -> None:
        super().__init__(0o640)
        self._shared = shared

    def show(self) -> str:
        with self._shared.lock:
            return self._shared.synthetics.show()

    def store(self, data: bytes, ctx: Context) -> int:
        """Lines are taken one by one: those before a faulty one stay. What follows a `#` is a comment."""
        with self._shared.lock:
            for line in data.partition(b"\0")[0].decode("latin-1").split("\n"):
                self.take(line.partition("#")[0])
        return len(data)

    def take(self, line: str) -> None:
        self._shared.synthetics.write(line)

    def emptied(self) -> None:
        with self._shared.lock:
            self._shared.synthetics.clear()


class DynamicEvents(SyntheticEvents):
    """The same with a letter in front that says which kind of event it is: s."""

    def show(self) -> str:
        with self._shared.lock:
            return self._shared.synthetics.show_dynamic()

    def take(self, line: str) -> None:
        self._shared.synthetics.write_dynamic(line)
