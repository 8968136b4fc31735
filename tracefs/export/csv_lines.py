# SPDX-License-Identifier: GPL-2.0-only
"""A table of calls as RFC 4180 has it, with a line of names first. What is no call is left out."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from tracefs.calls.pairing import Entered, Happening, Returned
from tracefs.export.forms import Wish
from tracefs.export.source import Source
from tracefs.export.told import Told
from tracefs.syscalls.types.notation.printers import text
from tracefs.syscalls.types.notation.values import Errno

COLUMNS = ("time", "pid", "tid", "comm", "syscall", "args", "result", "error", "duration")
"""Times in ns, `time` since 1970 where that is known. `result` as JSON has it."""


class CsvLines:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._begun = False

    def lines(self, happenings: Iterable[Happening]) -> Iterator[str]:
        if not self._begun:
            self._begun = True
            yield _row(COLUMNS)
        for each in happenings:
            if isinstance(each, Returned):
                yield self._call(each, each.entered)
            elif isinstance(each, Entered) and each.endless:
                yield self._call(each, each)

    def lost(self, ts: int, cpu: int, count: int | None) -> str:
        return ""

    def end(self) -> Iterator[str]:
        return iter(())

    def _call(self, each: Returned | Entered, entered: Entered | None) -> str:
        call, source = each.call, self._source
        began = (entered or each).ts
        args = ", ".join(f"{arg.name}={text(arg.value)}" for arg in call.args)
        ended = isinstance(each, Returned)
        result = each.ret if isinstance(each, Returned) else ""
        error = call.result.name if isinstance(call.result, Errno) else ""
        time = source.day(began) if source.day else began
        took = each.ts - began if ended and entered else ""
        return _row(
            (
                time,
                source.tgid(each.tid) or "",
                each.tid,
                source.comm(each.tid),
                each.uapi_name,
                args,
                result,
                error,
                took,
            )
        )


def _row(cells: Iterable[object]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


def make(source: Source, wish: Wish, file: int) -> Told:
    """The form."""
    return Told(source, CsvLines(source))
