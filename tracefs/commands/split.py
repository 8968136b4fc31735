# SPDX-License-Identifier: GPL-2.0-only
"""-w FILE with %p in its name: the lines of each task in a file of its own, as strace -ff has them."""

from __future__ import annotations

import os
import re

from tracefs.commands.output import FLAGS, MODE, Output

MARK = "%p"
_TASKS = {
    None: re.compile(rb"-(\d+)\s+[\[(]"),
    "strace": re.compile(rb"^(\d+) +"),
    "json": re.compile(rb'"tid":(\d+)'),
    "csv": re.compile(rb"^[^,]*,[^,]*,(\d+),"),
}
"""By form: where its lines have the number of the task."""


def can(form: str | None) -> bool:
    """Whether the lines of that form are a task's."""
    return form in _TASKS


class Split(Output):
    """As Output. A line that is of no task goes where the line before it went."""

    def __init__(self, name: str, form: str | None) -> None:
        """OSError where no file can be made there."""
        directory = os.path.dirname(name) or "."
        if not os.access(directory, os.W_OK | os.X_OK):
            os.stat(directory)
            raise PermissionError(13, os.strerror(13), directory)
        super().__init__(os.devnull, 2)
        self.name = name
        self._task, self._strips = _TASKS[form], form == "strace"
        self._head = b"" if form != "csv" else None
        """The first line of a table, which each file has; None: it has not come."""
        self._begun = b""
        self._last = b"0"
        self._known = set[bytes]()

    @property
    def is_regular(self) -> bool:
        return False

    def write(self, data: bytes) -> None:
        *lines, self._begun = (self._begun + data).split(b"\n")
        parts: dict[bytes, list[bytes]] = {}
        for line in lines:
            if self._head is None:
                self._head = line + b"\n"
                continue
            if found := self._task.search(line):
                self._last = found[1]
                line = line[found.end() :] if self._strips else line
            parts.setdefault(self._last, []).append(line + b"\n")
        with self.guarded():
            for task, found_lines in parts.items():
                self._append(task, b"".join(found_lines))

    def _append(self, task: bytes, data: bytes) -> None:
        """Files are not kept open: there may be more tasks than descriptors."""
        new = task not in self._known
        name = self.name.replace(MARK, task.decode())
        fd = os.open(name, FLAGS if new else FLAGS & ~os.O_TRUNC | os.O_APPEND, MODE)
        try:
            view = memoryview((self._head or b"") + data if new else data)
            while view:
                view = view[os.write(fd, view) :]
        finally:
            os.close(fd)
        self._known.add(task)
