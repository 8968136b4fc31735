# SPDX-License-Identifier: GPL-2.0-only
"""All records of a buffer in the order of their time stamps, consumed."""

from __future__ import annotations

from operator import itemgetter

from ringbuf import RingBuffer
from tracefs.calls.pages import records
from tracefs.render import Reader


def lost(buffer: RingBuffer) -> int:
    """Events that were overwritten before anybody read them, or that found no room."""
    return sum(each.overrun + each.dropped_events for each in map(buffer.stats, range(buffer.cpus)))


class Stream:
    """One reader of a buffer."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._held: list[tuple[int, bytes]] = []

    @property
    def lost(self) -> int:
        """Of its buffer."""
        return lost(self._reader.buffer)

    def take(self, last: bool = False) -> list[tuple[int, bytes]]:
        """(time stamp, record) of what can be told in order now; with `last`, of all that is left.

        What is younger than the beginning of this call waits for the next: another CPU may still have something older.
        """
        now = self._reader.buffer.now()
        found = self._held
        for _, page in self._reader.take_pages():
            found.extend(records(page))
        found.sort(key=itemgetter(0))
        if last:
            self._held = []
            return found
        self._held = [each for each in found if each[0] > now]
        return found[: len(found) - len(self._held)]
