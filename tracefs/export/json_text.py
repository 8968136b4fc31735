# SPDX-License-Identifier: GPL-2.0-only
"""What one open of `trace` or `trace_pipe` reads with the option `json`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from tracefs.calls.pairing import Pairing
from tracefs.events import Registry
from tracefs.export.json_lines import JsonLines
from tracefs.render.frames import Frame, Frames, Lost
from tracefs.syscalls.types import Decoder, Table


class JsonText:
    """Frames -> JSON lines, by the type tables that `tables` gives when they are made.

    With `ends`, when there are no more frames the calls come that have not ended; else, more may be there at the next read.
    """

    def __init__(
        self, frames: Frames, registry: Registry, tables: Callable[[], Table], form: JsonLines, ends: bool
    ) -> None:
        self._frames, self._tables, self._form, self._ends = frames, tables, form, ends
        self._table = tables()
        self._pairing = Pairing(registry, Decoder(self._table), events=True)
        self._text = b""
        self._lock = threading.Lock()

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; b"" where there are none (any more, or yet)."""
        with self._lock:
            while not self._text and (frames := self._frames.take()):
                self._take_over_types()
                self._text = "".join(line for frame in frames for line in self._lines(frame)).encode()
            if not self._text and self._ends:
                self._text = "".join(self._form.end()).encode()
            data, self._text = self._text[:size], self._text[size:]
            return data

    def _lines(self, frame: Frame | Lost) -> Iterator[str]:
        if isinstance(frame, Lost):
            yield self._form.lost(frame.cpu, frame.events)
        else:
            yield from self._form.lines(self._pairing.happenings([(frame.ts, frame.record)]))

    def _take_over_types(self) -> None:
        table = self._tables()
        if table is not self._table:
            self._table, self._pairing.decoder = table, Decoder(table)
