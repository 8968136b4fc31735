# SPDX-License-Identifier: GPL-2.0-only
"""A tree with no mount under it and no engine behind it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.tree.fakes import FakeEngine
from tests.tree.traced import Traced
from tracefs.tree import Context, File, Handle, Tracefs

NONBLOCK = Context(nonblock=True)


class Files:
    """The files by path, as a program would use them."""

    def __init__(self) -> None:
        self.engine = FakeEngine()
        self.tree = Tracefs(engine=self.engine)

    def open(self, path: str, flags: int = os.O_RDONLY, ctx: Context = NONBLOCK) -> Handle:
        node = self.tree.lookup(path)
        assert isinstance(node, File)
        return node.open(flags, ctx)

    def read(self, path: str) -> str:
        return self.read_bytes(path).decode()

    def read_bytes(self, path: str) -> bytes:
        handle = self.open(path)
        try:
            return handle.read(1 << 16, 0, NONBLOCK)
        finally:
            handle.release()

    def write(self, path: str, data: str | bytes, flags: int = os.O_WRONLY | os.O_TRUNC) -> int:
        """`echo -n data > path`."""
        handle = self.open(path, flags)
        try:
            return handle.write(data.encode() if isinstance(data, str) else data, 0, NONBLOCK)
        finally:
            handle.release()


@pytest.fixture
def files() -> Iterator[Files]:
    files = Files()
    yield files
    files.tree.shutdown()


@pytest.fixture
def traced() -> Iterator[Traced]:
    """A tree over the real engine, which traces what Traced.run() starts."""
    tree = Traced()
    yield tree
    tree.files.shutdown()
