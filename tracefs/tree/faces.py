# SPDX-License-Identifier: GPL-2.0-only
"""What the tree asks of the rooms below it; tests stand in for the engine with these."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from ringbuf import RingBuffer
from tracefs.capture.wanted import Wanted


class EngineFace(Protocol):
    """The capture engine, as the tree sees it. No call waits for a traced task."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def add_sink(self, buffer: RingBuffer) -> int: ...
    def remove_sink(self, sink: int) -> None: ...
    def want(self, sink: int, wanted: Wanted) -> None: ...
    def paused(self) -> AbstractContextManager[object]: ...
    def mute(self, tid: int) -> None: ...
    def unmute(self, tid: int) -> None: ...


Notify = Callable[[], None]
"""Called once, from any thread, when a file may have become ready."""


class TextFace(Protocol):
    """An open `trace`: its text in order, header and all; b"" at the end."""

    def read(self, size: int) -> bytes: ...


class PipeFace(Protocol):
    """An open `trace_pipe`: takes events from the reader, gives their text; b"" when there is nothing now."""

    def read(self, size: int) -> bytes: ...


class ReaderFace(Protocol):
    """The consuming side of one buffer, shared by all its open files."""

    def trace(self, options: RenderOptions, cpu: int | None) -> TextFace: ...
    def pipe(self, options: Callable[[], RenderOptions], cpu: int | None) -> PipeFace: ...
    def take_page(self, cpu: int) -> bytes | None: ...
    def empty(self, cpu: int | None) -> bool: ...
    def reset(self, cpu: int | None) -> None: ...


class RendererFace(Protocol):
    """Binary to text."""

    def reader(self, buffer: RingBuffer) -> ReaderFace: ...


@dataclass(frozen=True)
class RenderOptions:
    """What the text depends on: the tracer, and the options that are on."""

    tracer: str
    on: frozenset[str]
