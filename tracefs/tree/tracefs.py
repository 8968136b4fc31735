# SPDX-License-Identifier: GPL-2.0-only
"""The whole filesystem: the files and the engine behind them. Mounts and `tracefs run` are two users of it."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Sequence

from tracefs.capture import Engine, Scope
from tracefs.events import REGISTRY, Cmdlines, Registry
from tracefs.render import Renderer
from tracefs.tree.faces import EngineFace
from tracefs.tree.instance import Instance
from tracefs.tree.instances import Instances
from tracefs.tree.node import Directory, Node
from tracefs.tree.root import top_files
from tracefs.tree.shared import Shared, possible_cpus


class Tracefs:
    """Everything behind one mount. Recording can begin when it is made (see `start`); shutdown() ends it."""

    def __init__(
        self,
        scope: Scope | None = None,
        *,
        engine: EngineFace | None = None,
        cmdlines: Cmdlines | None = None,
        cpus: int | None = None,
        on_error: Callable[[str], None] = lambda _: None,
        start: bool = True,
    ) -> None:
        """`scope`: what is traced where no pid is named, None: nothing. `engine`: in the place of the real one.
        `cmdlines`: names of tasks that are known before. `cpus`: how many, None: this machine's. `on_error` is told
        what error_log gets of processes that cannot be traced. `start`: whether files that are written now have tasks
        traced, one by one; else nobody is before engine.start()."""
        self._on_error = on_error
        cmdlines = cmdlines or Cmdlines()
        self.scope = scope or Scope()
        self.engine = engine or Engine(cmdlines, scope=self.scope, on_error=self._engine_complains)
        registry = Registry(REGISTRY.by_id.values())  # of its own: synthetic events come and go
        self._shared = Shared(self.engine, Renderer(registry, cmdlines), cmdlines, registry, cpus or possible_cpus())
        self.top = Instance(self._shared)
        self._shared.instances.append(self.top)
        self.root = Directory(top_files(self.top) | {"instances": Instances(self._shared)}, mode=0o700)
        self._ending = threading.Lock()
        if start:
            self.engine.start()

    @property
    def instances(self) -> Sequence[Instance]:
        """The top first."""
        return self._shared.instances

    def lookup(self, path: str) -> Node:
        """A node by its path from the root. ENOENT, ENOTDIR."""
        node: Node = self.root
        for name in path.split("/"):
            if name:
                if not isinstance(node, Directory):
                    raise OSError(errno.ENOTDIR, "not a directory")
                node = node.lookup(name)
        return node

    def shutdown(self) -> None:
        """Let all traced tasks go and wake all readers, which see the end of the file. May be called twice."""
        with self._ending:
            if self._shared.stopping.is_set():
                return
            self._shared.stopping.set()
            for instance in self._shared.instances:
                instance.buffer.kick()
            self.engine.stop()
            for instance in self._shared.instances:
                instance.close()

    def _engine_complains(self, message: str) -> None:
        self.top.error_log.add("ptrace", message)
        self._on_error(message)
