# SPDX-License-Identifier: GPL-2.0-only
"""What all instances of one mount have in common."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tracefs.events import Cmdlines, EventClass, Registry
from tracefs.render import Renderer
from tracefs.syscalls import SYSCALLS
from tracefs.tree.faces import EngineFace
from tracefs.tree.long_text import KeptTexts

if TYPE_CHECKING:
    from tracefs.events.filters.errors import LogEntry
    from tracefs.events.triggers.synthetics import Synthetics
    from tracefs.syscalls.types.language.model import Table
    from tracefs.syscalls.types.live import LiveTypes
    from tracefs.tree.instance import Instance


def possible_cpus() -> int:
    """One more than the highest number that a CPU of this machine can ever have."""
    try:
        with open("/sys/devices/system/cpu/possible") as possible:
            return int(possible.read().strip().rpartition(",")[2].rpartition("-")[2]) + 1
    except (OSError, ValueError):
        return os.cpu_count() or 1


@dataclass
class Shared:
    """The rooms below, and the instances that use them."""

    engine: EngineFace
    renderer: Renderer
    cmdlines: Cmdlines
    registry: Registry
    cpus: int = field(default_factory=possible_cpus)
    instances: list[Instance] = field(default_factory=list)
    """The top first."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    """Held, before an instance's, around changes of what there is: synthetic events."""
    stopping: threading.Event = field(default_factory=threading.Event)
    """Set once: every wait then ends, as at the end of the file."""

    def __post_init__(self) -> None:
        self._synthetics: Synthetics | None = None
        self._types: LiveTypes | None = None
        self._unsaved: set[str] = set()
        """Calls whose rows were other than the package's when the engine was last told of them."""
        self.typed_texts = KeptTexts(lambda: self.types.table)
        """What the type tables say, as text."""

    @property
    def synthetics(self) -> Synthetics:
        """To be used with the lock held. Made when they are first asked for, as all here that most mounts never
        need."""
        if self._synthetics is None:
            from tracefs.events.triggers.synthetics import Synthetics

            self._synthetics = Synthetics(self.registry, self)
        return self._synthetics

    @property
    def types(self) -> LiveTypes:
        """The type tables of this mount. Lines are made by the package's until one is changed."""
        with self.lock:
            if self._types is None:
                from tracefs.syscalls.types.live import LiveTypes

                self._types = LiveTypes()
                self._types.on_change.append(lambda table: self.renderer.use_types(lambda: table))
                self._types.on_change.append(self._tell_unsaved)
            return self._types

    def _tell_unsaved(self, table: Table) -> None:
        """Whose memory the calls' rows do not ask for any more."""
        from tracefs.syscalls.types.loader import load
        from tracefs.syscalls.types.saved.masks import unsaved

        changed = {name for name, rows in table.rows.items() if rows != load().rows.get(name)}
        for call in SYSCALLS:
            if call.name in changed | self._unsaved:
                self.engine.leave_unsaved(call.nr, unsaved(table, call.name) if call.name in changed else 0)
        self._unsaved = changed

    # -- what synthetic events ask for

    def synthetic_in_use(self, event: EventClass) -> bool:
        return any(each.events.peek(event).enabled or each.triggers.uses(event) for each in self.instances)

    def synthetic_changed(self, gone: EventClass | None = None) -> None:
        self.renderer.refresh()
        if gone:
            for instance in self.instances:
                instance.events.forget(gone)

    def log_error(self, entry: LogEntry) -> None:
        self.instances[0].log_error(entry)
