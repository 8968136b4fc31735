# SPDX-License-Identifier: GPL-2.0-only
"""instances/: mkdir makes a tree of its own in it, rmdir removes it."""

from __future__ import annotations

import errno
import threading

from tracefs.tree.instance import Instance
from tracefs.tree.node import Directory, Node
from tracefs.tree.root import instance_files
from tracefs.tree.shared import Shared
from tracefs.tree.use import Uses, counted


class Instances(Directory):
    """One directory for each instance but the top."""

    def __init__(self, shared: Shared) -> None:
        self._directories: dict[str, Node] = {}
        super().__init__(self._directories)
        self._shared = shared
        self._made: dict[str, tuple[Instance, Uses]] = {}
        self._lock = threading.Lock()

    def mkdir(self, name: str) -> None:
        """EEXIST; ENOSPC where the engine has no room for one more, ENOMEM where there is none for its buffer."""
        with self._lock:
            if name in self._made:
                raise OSError(errno.EEXIST, "there is one of that name")
            instance, uses = Instance(self._shared, name), Uses()
            self._made[name] = instance, uses
            self._shared.instances = [*self._shared.instances, instance]
            self._directories[name] = counted(Directory(instance_files(instance)), uses)

    def rmdir(self, name: str) -> None:
        """ENOENT; EBUSY while one of its files is open."""
        with self._lock:
            if name not in self._made:
                raise OSError(errno.ENOENT, "no such instance")
            instance, uses = self._made[name]
            if not uses.end():
                raise OSError(errno.EBUSY, "its files are open")
            del self._made[name], self._directories[name]
            self._shared.instances = [each for each in self._shared.instances if each is not instance]
        instance.close()
