# SPDX-License-Identifier: GPL-2.0-only
"""Records instead of lines: for texts in other forms than ftrace's."""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

from tracefs.render._render import ffi, lib
from tracefs.render.options import Options
from tracefs.render.reader import Reader, cpu_number
from tracefs.render.renderer import Lines, Renderer

_FRAME = struct.Struct("<QII")
_LOST = 0xFFFFFFFF
_UNCOUNTED = 0xFFFFFFFFFFFFFFFF
_BATCH = 1 << 16


class Frame(NamedTuple):
    """A record with its time stamp, in the clock's unit, and the CPU that it was recorded on."""

    ts: int
    cpu: int
    record: bytes


class Lost(NamedTuple):
    """Events of a CPU are missing before the one at `ts`; `events` is None where nobody knows how many."""

    ts: int
    cpu: int
    events: int | None


class Frames(Lines):
    """What one open of `trace` (kept) or of `trace_pipe` (`consume`) reads, as records: of all CPUs merged, or of
    one."""

    def __init__(self, renderer: Renderer, reader: Reader, consume: bool, cpu: int | None = None) -> None:
        number = cpu_number(cpu)
        lines = lib.rn_pipe_new(reader.address, number) if consume else lib.rn_trace_new(reader.address, number, b"", 0)
        super().__init__(renderer, reader, Options(), lines)
        self._rest = b""

    def _compiled(self) -> tuple[Any, None]:
        return ffi.new("struct rn_options *", {"flags": lib.RN_FRAMES}), None

    def take(self) -> list[Frame | Lost]:
        """The next ones; none where there are none (any more, or yet)."""
        data = self._rest + self.read(_BATCH)
        found: list[Frame | Lost] = []
        lost: int | None = None
        done = at = 0
        while len(data) - at >= _FRAME.size:
            ts, cpu, length = _FRAME.unpack_from(data, at)
            at += _FRAME.size
            if length == _LOST:
                lost = ts
                continue
            if len(data) - at < length:
                break
            if lost is not None:
                found.append(Lost(ts, cpu, None if lost == _UNCOUNTED else lost))
                lost = None
            found.append(Frame(ts, cpu, data[at : at + length]))
            done = at = at + length
        self._rest = data[done:]
        return found
