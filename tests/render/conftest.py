# SPDX-License-Identifier: GPL-2.0-only
"""A buffer with its reader, and a renderer that knows two tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ringbuf import RingBuffer
from tests.render.records import CAT, UNKNOWN_TGID
from tracefs.events.cmdlines import Cmdlines
from tracefs.render import Reader, Renderer

MakeBuffer = Callable[..., Reader]


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    cmdlines = Cmdlines()
    cmdlines.save(CAT, 5000, b"cat")
    cmdlines.save(UNKNOWN_TGID, 0, b"a-very-long-name")
    return Renderer(cmdlines=cmdlines)


@pytest.fixture
def make_reader() -> Iterator[MakeBuffer]:
    """A Reader over a new two-CPU buffer whose clock counts events: 1, 2, 3... Keywords as of RingBuffer.create."""
    buffers = []

    def make(size: int = 1 << 16, **keywords: object) -> Reader:
        buffer = RingBuffer.create(**{"cpus": 2, "size": size, "clock": "counter", **keywords})  # type: ignore[arg-type]
        buffers.append(buffer)
        return Reader(buffer)

    yield make
    for buffer in buffers:
        buffer.close()
