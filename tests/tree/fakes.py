# SPDX-License-Identifier: GPL-2.0-only
"""A stand-in for the engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from ringbuf import RingBuffer
from tracefs.capture.wanted import Wanted


class FakeEngine:
    """Remembers what it was asked for."""

    def __init__(self) -> None:
        self.wanted: dict[int, Wanted] = {}
        self.sinks: dict[int, RingBuffer] = {}
        self.muted: Counter[int] = Counter()
        self.pauses = 0
        self.messages = 0
        self.running = False

    def start(self) -> None:
        self.running = True

    def stop(self) -> None:
        self.running = False

    def add_sink(self, buffer: RingBuffer) -> int:
        number = len(self.wanted)
        self.sinks[number], self.wanted[number] = buffer, Wanted()
        return number

    def remove_sink(self, sink: int) -> None:
        del self.sinks[sink]

    def want(self, sink: int, wanted: Wanted) -> None:
        self.wanted[sink] = wanted
        self.messages += 1

    @contextmanager
    def paused(self) -> Iterator[None]:
        self.pauses += 1
        yield

    def mute(self, tid: int) -> None:
        self.muted[tid] += 1

    def unmute(self, tid: int) -> None:
        self.muted[tid] -= 1
