# SPDX-License-Identifier: GPL-2.0-only
"""When recording ends before the command does: --max-events, --for, --until; and a recording of the end only:
--ring."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tracefs.calls.pages import first_records
from tracefs.front.controls import call_directories, directory
from tracefs.front.files import ControlFiles, FileError
from tracefs.tree import Tracefs

DUMP = signal.SIGUSR1
"""Has --ring write what it holds, and go on."""


@dataclass(frozen=True)
class Ending:
    """As given on the command line."""

    most: int | None = None
    """--max-events: lines (objects) that are shown, records of a form of records."""
    seconds: float | None = None
    """--for."""
    until: str = ""
    """EVENT, or EVENT if FILTER."""
    ring: bool = False
    """Nothing is written until the end, which has what the buffer has kept."""


class Watch:
    """Of one run. FileError, UnknownWord for an --until that cannot be."""

    def __init__(self, tree: Tracefs, ending: Ending) -> None:
        self._top, self._left = tree.top, ending.most
        self._until = ending.until
        self._ring = ending.ring
        self._asked = False
        if ending.until:
            _stop_at(tree, ending.until)
        if ending.ring:
            signal.signal(DUMP, self._dump)
        self._deadline = None if ending.seconds is None else time.monotonic() + ending.seconds

    def over(self) -> bool:
        """Whether no more is to be recorded; nothing is from then on."""
        if self._until and not self._top.tracing_on:
            return True
        full = self._left is not None and self._left <= 0
        if full or (self._deadline is not None and time.monotonic() >= self._deadline):
            self._top.tracing_on = False
            return True
        return False

    def waits(self) -> bool:
        """Whether what is recorded is to stay in the buffer for now."""
        asked, self._asked = self._asked, False
        return self._ring and not asked

    def lines(self, take: Callable[[bool], bytes]) -> Callable[[bool], bytes]:
        """The same text, up to the last line that is to be shown."""
        if self._left is None:
            return take

        def limited(last: bool) -> bytes:
            assert self._left is not None
            if self._left <= 0:
                return b""
            text = take(last)
            lines = text.splitlines(keepends=True)
            shown = lines[: self._left]
            self._left -= sum(line.endswith(b"\n") for line in shown)
            return b"".join(shown)

        return limited

    def pages(self, take: Callable[[], Iterator[tuple[int, bytes]]]) -> Callable[[], Iterator[tuple[int, bytes]]]:
        """The same sub-buffers, up to the last record that is to be kept."""
        if self._left is None:
            return take

        def limited() -> Iterator[tuple[int, bytes]]:
            for cpu, page in take():
                assert self._left is not None
                if self._left > 0:
                    shown, count = first_records(page, self._left)
                    self._left -= count
                    yield cpu, shown

        return limited

    def _dump(self, number: int, frame: object) -> None:
        self._asked = True


def _stop_at(tree: Tracefs, text: str) -> None:
    """A traceoff trigger. Of a call that is named alone: on its enter, or on its exit where the filter is on what that
    has."""
    event, _, condition = text.strip().partition(" ")
    command = f"traceoff {condition.strip()}".strip()
    files, problem = ControlFiles(tree), None
    for each in call_directories(tree, event) or [directory(tree, event)]:
        try:
            files.write(f"{each}/trigger", command)
            return
        except FileError as error:
            problem = problem or error
    assert problem
    raise problem
