# SPDX-License-Identifier: GPL-2.0-only
"""saved_cmdlines, its size, and saved_tgids."""

from __future__ import annotations

import errno

from tracefs.tree.node import Context
from tracefs.tree.parse import unsigned
from tracefs.tree.shared import Shared
from tracefs.tree.textfile import TextFile

_LARGEST = 32768
"""The kernel has room for so many; more is refused."""


class SavedCmdlines(TextFile):
    """A line `PID NAME` for each saved task."""

    sequential = True

    def __init__(self, shared: Shared) -> None:
        super().__init__(0o440)
        self._cmdlines = shared.cmdlines

    def show(self) -> bytes:
        return b"".join(b"%d %s\n" % (task.pid, task.comm) for task in self._cmdlines.list())


class SavedTgids(SavedCmdlines):
    """A line `PID TGID` for each task whose thread group was recorded."""

    def show(self) -> bytes:
        return b"".join(b"%d %d\n" % (task.pid, task.tgid) for task in self._cmdlines.list() if task.tgid)


class SavedCmdlinesSize(TextFile):
    """How many tasks are remembered."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(0o640)
        self._shared = shared

    def show(self) -> str:
        return f"{self._shared.cmdlines.size}\n"

    def store(self, data: bytes, ctx: Context) -> int:
        entries = unsigned(data)
        if not 0 < entries <= _LARGEST:
            raise OSError(errno.EINVAL, f"1 to {_LARGEST}")
        with self._shared.engine.paused():
            self._shared.cmdlines.resize(entries)
            self._shared.engine.use_names(self._shared.cmdlines)
        self._shared.renderer.names_changed()
        return len(data)
