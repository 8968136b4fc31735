# SPDX-License-Identifier: GPL-2.0-only
"""trace.dat, version 6: sub-buffers as they are, one CPU's after the other's.

The layout is that of trace-cmd's trace.dat.v6(5).
"""

from __future__ import annotations

import os
import shutil
import struct
import tempfile
from typing import BinaryIO

from tracefs.calls.pages import records
from tracefs.export.day import Offsets
from tracefs.export.forms import Wish
from tracefs.export.source import Source
from tracefs.export.tracing_data import tracing_data
from tracefs.export.trailer import Trailer

VERSION = "6"
PAGE = 4096
"""The data of a CPU begins at a multiple."""
OPTION_END, OPTION_CLOCK = 0, 4


class TraceDat:
    """An Export. Until it is closed sub-buffers are kept in files without a name beside its own."""

    held = False

    def __init__(self, source: Source, wish: Wish, file: int) -> None:
        self._source, self._file = source, file
        self._events: set[int] = set()
        self._spools: list[BinaryIO] = []
        where = os.path.dirname(os.readlink(f"/proc/self/fd/{file}"))
        for _ in range(source.cpus):
            self._spools.append(tempfile.TemporaryFile(dir=where))  # noqa: SIM115

    def take(self, last: bool) -> bytes:
        """Keeps what there is now; nothing of it is written to the file yet."""
        if self._source.now:
            self._source.now()  # looks at the time of day
        for cpu, page in self._source.pages():
            self._spools[cpu].write(page)
            self._events.update(int.from_bytes(record[:2], "little") for _, record in records(page))
        return b""

    def close(self) -> None:
        """All of it."""
        clock = f"[{self._source.clock}]".encode()
        events = [event for number in self._events if (event := self._source.registry.by_id.get(number))]
        with open(self._file, "wb", closefd=False) as out:
            out.write(tracing_data(VERSION, self._source, events))
            out.write(struct.pack("<I", len(self._spools)) + b"options  \0")
            out.write(struct.pack("<HI", OPTION_CLOCK, len(clock)) + clock + struct.pack("<H", OPTION_END))
            out.write(b"flyrecord\0")
            at = _aligned(out.tell() + 16 * len(self._spools))
            for spool in self._spools:
                out.write(struct.pack("<QQ", at, spool.tell()))
                at = _aligned(at + spool.tell())
            for spool in self._spools:
                out.write(bytes(_aligned(out.tell()) - out.tell()))
                spool.seek(0)
                shutil.copyfileobj(spool, out)
                spool.close()
            self._trailer().write(out)

    def _trailer(self) -> Trailer:
        source = self._source
        day = source.day.steps() if isinstance(source.day, Offsets) else []
        return Trailer(day, {task.pid: task.tgid for task in source.tasks() if task.tgid}, source.lost())


def _aligned(offset: int) -> int:
    return -(-offset // PAGE) * PAGE
