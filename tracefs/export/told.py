# SPDX-License-Identifier: GPL-2.0-only
"""A form of calls over a source: records in order, put together to what happened, to lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Protocol

from tracefs.calls.pairing import Entered, Happening, Pairing
from tracefs.calls.stream import Stream
from tracefs.export.source import Source
from tracefs.render.frames import Frame, Lost
from tracefs.syscalls.types import Decoder


class Lines(Protocol):
    """How a form writes what happened."""

    def lines(self, happenings: Iterable[Happening], /) -> Iterator[str]:
        """Lines with their newlines."""
        ...

    def lost(self, ts: int, cpu: int, count: int | None, /) -> str:
        """That events of a CPU are missing here, None: nobody knows how many. "" where the form has no word for it."""
        ...

    def end(self) -> Iterator[str]:
        """What was kept back: no more will happen."""
        ...


class Told:
    """An Export. Decodes by the tables that the source has when the lines are made."""

    def __init__(self, source: Source, lines: Lines, encoding: str = "utf-8") -> None:
        """`encoding`: latin-1 of a form whose characters are bytes."""
        self._source, self._lines, self._encoding = source, lines, encoding
        self._table = source.table()
        self._stream = Stream(source.frames(), source.now)
        self._pairing = Pairing(source.registry, Decoder(self._table))

    def take(self, last: bool) -> bytes:
        while found := self._stream.take(last):
            self._take_over_types()
            if text := "".join(self._told(found)):
                return text.encode(self._encoding)
        return "".join(self._lines.end()).encode(self._encoding) if last else b""

    @property
    def held(self) -> bool:
        return self._stream.held

    def close(self) -> None:
        pass

    def _told(self, found: list[Frame | Lost]) -> Iterator[str]:
        for missing, frames in groupby(found, key=lambda each: isinstance(each, Lost)):
            if missing:
                yield from (self._lines.lost(*each) for each in frames if isinstance(each, Lost))
            else:
                records = ((each.ts, each.record) for each in frames if isinstance(each, Frame))
                happenings = self._pairing.happenings(records)
                if self._source.whole:
                    happenings = (each for each in happenings if not isinstance(each, Entered))
                yield from self._lines.lines(happenings)

    def _take_over_types(self) -> None:
        table = self._source.table()
        if table is not self._table:
            self._table, self._pairing.decoder = table, Decoder(table)
