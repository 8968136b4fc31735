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
from tracefs.export.tracing_data import Described, tracing_data
from tracefs.render import Reader

VERSION = "6"
PAGE = 4096
"""The data of a CPU begins at a multiple."""
OPTION_END, OPTION_CLOCK = 0, 4


class TraceDat:
    """One file, which begin() to end() write. Until then sub-buffers are kept in files without a name beside it."""

    def __init__(self, reader: Reader, described: Described) -> None:
        """`reader`: of a buffer of which nothing else reads."""
        self._reader = reader
        self._described = described
        self._events: set[int] = set()
        self._spools: list[BinaryIO] = []

    def begin(self, file: int) -> None:
        where = os.path.dirname(os.readlink(f"/proc/self/fd/{file}"))
        for _ in range(self._reader.buffer.cpus):
            self._spools.append(tempfile.TemporaryFile(dir=where))  # noqa: SIM115

    def take(self, last: bool) -> bytes:
        """Keeps what there is now; nothing of it is written to the file yet."""
        for cpu, page in self._reader.take_pages():
            self._spools[cpu].write(page)
            self._events.update(int.from_bytes(record[:2], "little") for _, record in records(page))
        return b""

    def end(self, file: int) -> None:
        """All of it."""
        clock = f"[{self._reader.buffer.clock}]".encode()
        events = [event for number in self._events if (event := self._described.event(number))]
        with open(file, "wb", closefd=False) as out:
            out.write(tracing_data(VERSION, self._described, events))
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


def _aligned(offset: int) -> int:
    return -(-offset // PAGE) * PAGE
