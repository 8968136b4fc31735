# SPDX-License-Identifier: GPL-2.0-only
"""`python -m benchmarks.captured stops|in-task CMD...`: records all calls of CMD into a buffer that nobody reads."""

from __future__ import annotations

import os
import sys

from ringbuf import RingBuffer
from tracefs.capture.engine import Engine
from tracefs.capture.scope import Scope
from tracefs.capture.wanted import Wanted
from tracefs.events import Cmdlines

BYTES = 8 << 20
"""Of each CPU's buffer, which overwrites its oldest events."""


def main(how: str, argv: list[str]) -> int:
    engine = Engine(Cmdlines(), scope=Scope("none"), on_error=lambda line: print(line, file=sys.stderr))
    buffer = RingBuffer.create(os.cpu_count() or 1, BYTES)
    sink = engine.add_sink(buffer)
    if how == "in-task":
        engine.use_in_task()
    engine.start()
    engine.want(sink, Wanted(tracer=True))
    status = engine.spawn(argv).wait()
    engine.stop()
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
