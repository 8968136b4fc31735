# SPDX-License-Identifier: GPL-2.0-only
"""Stand-ins for the engine and the renderer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ringbuf import RingBuffer
from tracefs.capture.wanted import Wanted
from tracefs.tree.faces import RenderOptions


class FakeEngine:
    """Remembers what it was asked for."""

    def __init__(self) -> None:
        self.wanted: dict[int, Wanted] = {}
        self.sinks: dict[int, RingBuffer] = {}
        self.muted: Counter[int] = Counter()
        self.pauses = 0
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

    @contextmanager
    def paused(self) -> Iterator[None]:
        self.pauses += 1
        yield

    def mute(self, tid: int) -> None:
        self.muted[tid] += 1

    def unmute(self, tid: int) -> None:
        self.muted[tid] -= 1


class FakeReader:
    """One line of text for each sub-buffer that is consumed."""

    def __init__(self, buffer: RingBuffer) -> None:
        self.buffer = buffer

    def trace(self, options: RenderOptions, cpu: int | None) -> FakeText:
        cpus = range(self.buffer.cpus) if cpu is None else (cpu,)
        lines = [event.data for cpu in cpus for event in self.buffer.iterate(cpu)]
        return FakeText(f"# tracer: {options.tracer}\n".encode() + b"".join(b"%r\n" % line for line in lines))

    def pipe(self, options: Callable[[], RenderOptions], cpu: int | None) -> FakePipe:
        return FakePipe(self, cpu)

    def take_page(self, cpu: int) -> bytes | None:
        page = self.buffer.read_page(cpu)
        return page[0] if page else None

    def empty(self, cpu: int | None) -> bool:
        return self.buffer.empty(cpu)

    def reset(self, cpu: int | None) -> None:
        pass


class FakeText:
    def __init__(self, text: bytes) -> None:
        self.text = text

    def read(self, size: int) -> bytes:
        data, self.text = self.text[:size], self.text[size:]
        return data


class FakePipe:
    def __init__(self, reader: FakeReader, cpu: int | None) -> None:
        self.reader = reader
        self.cpus = range(reader.buffer.cpus) if cpu is None else (cpu,)

    def read(self, size: int) -> bytes:
        pages = [self.reader.take_page(cpu) for cpu in self.cpus]
        return b"".join(b"page\n" for page in pages if page)


class FakeRenderer:
    def reader(self, buffer: RingBuffer) -> FakeReader:
        return FakeReader(buffer)
