# SPDX-License-Identifier: GPL-2.0-only
"""What the tree asks of the rooms below it; tests stand in for the engine with these."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
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
