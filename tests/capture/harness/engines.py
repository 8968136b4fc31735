# SPDX-License-Identifier: GPL-2.0-only
"""An engine set up for a test: one buffer, one sink, errors collected."""

from __future__ import annotations

import os
from collections.abc import Callable

from ringbuf import RingBuffer
from tracefs.capture import Engine, Scope
from tracefs.capture.wanted import Wanted
from tracefs.events import Cmdlines

IN_TASK = bool(os.environ.get("TRACEFS_TESTS_IN_TASK"))
"""All tests of capturing with programs that record themselves: set in the environment."""
ON, OFF = Wanted(tracer=True), Wanted()


def new_engine(
    root: int, errors: Callable[[str], None], size: int = 65536, in_task: bool = IN_TASK
) -> tuple[Engine, int, RingBuffer]:
    """A started engine whose scope is the tree of processes from `root` (0: only what it starts); its sink; the sink's
    buffer.

    in_task: programs may record themselves.
    """
    engine = Engine(Cmdlines(), scope=Scope("tree", root) if root else Scope("none"), on_error=errors)
    buffer = RingBuffer.create(os.cpu_count() or 1, size)
    sink = engine.add_sink(buffer)
    if in_task:
        engine.use_in_task()
    engine.start()
    return engine, sink, buffer
