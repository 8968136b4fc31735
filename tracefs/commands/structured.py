# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs run --json` and `--strace`: a buffer's records as calls."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from tracefs.calls.pairing import Happening, Pairing
from tracefs.calls.stream import Stream
from tracefs.export.json_lines import JsonLines
from tracefs.export.strace_lines import StraceLines
from tracefs.syscalls.types import Decoder
from tracefs.tree.instance import Instance


class Form(Protocol):
    def lines(self, happenings: Iterable[Happening], /) -> Iterator[str]: ...
    def end(self) -> Iterator[str]: ...


FORMS: dict[str, Callable[[Decoder, int, bool, int | None], Form]] = {
    "json": lambda decoder, offset, verbose, size: JsonLines(offset),
    "strace": StraceLines,
}
"""By the tables, ns from the buffer's clock to the time of day, whether nothing is abbreviated, and the bytes of texts that were
asked for."""


class Lines:
    """The lines of one instance, of which nothing else may read."""

    def __init__(self, instance: Instance, form: str, verbose: bool, size: int | None = None) -> None:
        decoder = Decoder(instance.shared.types.table)
        self._stream = Stream(instance.reader)
        self._pairing = Pairing(instance.shared.registry, decoder)
        self._form = FORMS[form](decoder, time.time_ns() - time.clock_gettime_ns(time.CLOCK_MONOTONIC), verbose, size)
        self._lost = 0

    def take(self, last: bool) -> bytes:
        """The lines of what can be told now; with `last`, of all."""
        text = "".join(self._form.lines(self._pairing.happenings(self._stream.take(last))))
        if last:
            text += "".join(self._form.end())
        if self._stream.lost > self._lost:
            lost, self._lost = self._stream.lost - self._lost, self._stream.lost
            print(f"tracefs: {lost} events lost", file=sys.stderr)
        return text.encode()
