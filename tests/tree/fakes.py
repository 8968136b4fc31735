# SPDX-License-Identifier: GPL-2.0-only
"""A stand-in for the engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from ringbuf import RingBuffer
from tracefs.capture.wanted import Wanted
from tracefs.events import Cmdlines


class FakeEngine:
    """Remembers what it was asked for."""

    def __init__(self) -> None:
        self.wanted: dict[int, Wanted] = {}
        self.sinks: dict[int, RingBuffer] = {}
        self.snapshots: dict[int, RingBuffer | None] = {}
        self.soft: set[tuple[int, int]] = set()
        self.muted: Counter[int] = Counter()
        self.pauses = 0
        self.messages = 0
        self.running = False

    def start(self) -> None:
        self.running = True

    def use_in_task(self, on: bool) -> None:
        self.in_task = on

    def stop(self) -> None:
        self.running = False

    def add_sink(self, buffer: RingBuffer) -> int:
        number = len(self.wanted)
        self.sinks[number], self.wanted[number] = buffer, Wanted()
        return number

    def remove_sink(self, sink: int) -> None:
        del self.sinks[sink]
        self.snapshots.pop(sink, None)

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

    def mark(self, sink: int, tid: int, comm: bytes, cpu: int, record: bytes, seen: bytes) -> bool:
        return self.sinks[sink].write(cpu, record)

    def use_names(self, cmdlines: Cmdlines) -> None:
        pass

    def set_snapshot(self, sink: int, buffer: RingBuffer | None) -> None:
        self.snapshots[sink] = buffer

    def take_snapshot(self, sink: int, cpu: int | None = None) -> None:
        spare = self.snapshots.get(sink)
        if spare:
            self.sinks[sink].swap(spare, cpu)

    def soft_disable(self, sink: int, event: int, off: bool) -> None:
        (self.soft.add if off else self.soft.discard)((sink, event))

    def leave_unsaved(self, call: int, arguments: int) -> None:
        pass

    def members(self, sink: int, name: str) -> frozenset[int]:
        return frozenset()

    def soft_disabled(self, sink: int, event: int) -> bool:
        return (sink, event) in self.soft
