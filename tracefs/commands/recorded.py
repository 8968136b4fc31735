# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs run --perf` and `--trace-dat`: raw events into a file that perf, or trace-cmd and KernelShark read."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Protocol

from tracefs.calls.stream import lost
from tracefs.export.perf_data import PerfData
from tracefs.export.trace_dat import TraceDat
from tracefs.export.tracing_data import Described
from tracefs.render import Reader
from tracefs.tree.event_files import format_text
from tracefs.tree.instance import Instance


class Recording(Protocol):
    """What goes into the file before, while and after events come."""

    def begin(self, file: int, /) -> None: ...
    def take(self, last: bool, /) -> bytes: ...
    def end(self, file: int, /) -> None: ...


FORMS: dict[str, Callable[[Reader, Described], Recording]] = {"perf": PerfData, "trace-dat": TraceDat}


class Recorded:
    """A recording of what one instance records, of which nothing else may read."""

    def __init__(self, instance: Instance, form: str, file: int) -> None:
        shared = instance.shared
        described = Described(
            subbuf_size=instance.buffer.subbuf_size,
            event=shared.registry.by_id.get,
            format=lambda event: format_text(event, shared.types),
            tasks=shared.cmdlines.list,
            tgid=shared.cmdlines.tgid,
        )
        self._buffer, self._file = instance.buffer, file
        self._recording = FORMS[form](instance.reader, described)
        self._recording.begin(file)
        self.take = self._recording.take

    def end(self) -> None:
        """No more events will come."""
        self._recording.end(self._file)
        if count := lost(self._buffer):
            print(f"tracefs: {count} events lost", file=sys.stderr)
