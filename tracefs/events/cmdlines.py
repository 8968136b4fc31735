# SPDX-License-Identifier: GPL-2.0-only
"""Names and thread groups of recorded tasks: the Python face of cmdlines.h."""

from __future__ import annotations

import os
from errno import EINVAL, ENOMEM
from typing import Any, NamedTuple

from tracefs.events._filter import ffi, lib

DEFAULT_ENTRIES = 128
"""The kernel's saved_cmdlines_size."""
COMM_LEN = 16


class Task(NamedTuple):
    """A saved task. comm: at most 15 bytes. tgid: 0 where it was not recorded."""

    pid: int
    tgid: int
    comm: bytes


class Cmdlines:
    """pid -> name and thread group, of the `size` tasks saved last. C modules use it through the address of
    `struct`."""

    def __init__(self, entries: int = DEFAULT_ENTRIES) -> None:
        map = lib.cmdlines_new(entries)
        if not map:
            raise OSError(ENOMEM if entries else EINVAL, os.strerror(ENOMEM if entries else EINVAL))
        self._map = ffi.gc(map, lib.cmdlines_free)

    @property
    def struct(self) -> Any:
        """The struct cmdlines, until the next resize(). Whoever gives its address to C keeps this for as long as C has
        it."""
        return self._map

    @property
    def size(self) -> int:
        """How many tasks it holds at most."""
        return int(lib.cmdlines_size(self._map))

    def save(self, pid: int, tgid: int, comm: bytes) -> None:
        """Save or renew a task; comm is cut to 15 bytes."""
        lib.cmdlines_save(self._map, pid, tgid, comm)

    def find(self, pid: int) -> tuple[bytes, int] | None:
        """Name and thread group of a task, None where unknown."""
        comm, tgid = ffi.new("char[]", COMM_LEN), ffi.new("int32_t *")
        if not lib.cmdlines_find(self._map, pid, comm, tgid):
            return None
        return ffi.string(comm), tgid[0]

    def comm(self, pid: int) -> str | None:
        """A task's name as text, None where unknown."""
        found = self.find(pid)
        return found[0].decode(errors="backslashreplace") if found else None

    def tgid(self, pid: int) -> int:
        """A task's thread group, 0 where unknown."""
        found = self.find(pid)
        return found[1] if found else 0

    def list(self) -> list[Task]:
        """All saved tasks, those saved first in front."""
        map = self._map
        room = lib.cmdlines_size(map)
        pids, tgids, comms = ffi.new("int32_t[]", room), ffi.new("int32_t[]", room), ffi.new("char[][16]", room)
        count = min(room, lib.cmdlines_list(map, pids, tgids, comms, room))
        return [Task(pids[i], tgids[i], ffi.string(comms[i])) for i in range(count)]

    def resize(self, entries: int) -> None:
        """Hold so many tasks, keeping the youngest that fit. OSError(EINVAL, ENOMEM).

        `struct` is another one then: who writes by the old one is to be told (Engine.use_names), who reads may end its
        reading.
        """
        map = lib.cmdlines_resized(self._map, entries)
        if not map:
            raise OSError(ENOMEM if entries else EINVAL, os.strerror(ENOMEM if entries else EINVAL))
        self._map = ffi.gc(map, lib.cmdlines_free)

    def clear(self) -> None:
        """Forget all. Only while no capture thread writes."""
        lib.cmdlines_clear(self._map)
