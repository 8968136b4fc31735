# SPDX-License-Identifier: GPL-2.0-only
"""trace.dat as trace.dat.v6(5) has it: what stands where, read without the tools that it is for."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from ringbuf import RingBuffer
from tests.export.sources import source
from tracefs.calls.pages import records
from tracefs.events import REGISTRY
from tracefs.events.cmdlines import Task
from tracefs.export.forms import Wish
from tracefs.export.trace_dat import TraceDat
from tracefs.render import Reader

FORK = REGISTRY.systems["sched"]["sched_process_fork"]
PRINT = REGISTRY.systems["ftrace"]["print"]


class Parsed:
    """A file's parts, read one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def bytes(self, length: int) -> bytes:
        self.at += length
        return self.data[self.at - length : self.at]

    def text(self) -> str:
        """Up to a NUL."""
        return self.bytes(self.data.index(b"\0", self.at) + 1 - self.at)[:-1].decode("latin-1")

    def numbers(self, layout: str) -> tuple[int, ...]:
        return struct.unpack("<" + layout, self.bytes(struct.calcsize("<" + layout)))

    def sized(self) -> str:
        return self.bytes(*self.numbers("Q")).decode()


@pytest.fixture
def parsed(tmp_path: Path) -> Parsed:
    """Of two events on CPU 1 and none on CPU 0."""
    with RingBuffer.create(cpus=2, size=1 << 14, clock="mono") as buffer:
        tasks = [Task(7, 7, b"a name"), Task(9, 7, b"x")]
        events = source(cpus=2, clock="mono", pages=Reader(buffer).take_pages, tasks=lambda: tasks)
        with open(tmp_path / "trace.dat", "wb") as file:
            recording = TraceDat(events, Wish(), file.fileno())
            for event in (FORK, PRINT):
                buffer.write(1, struct.pack("<HBBi", event.id, 0, 0, 7) + bytes(8))
            assert recording.take(last=True) == b""
            recording.close()
        assert os.listdir(tmp_path) == ["trace.dat"]
    return Parsed((tmp_path / "trace.dat").read_bytes())


def test_what_stands_where(parsed: Parsed) -> None:
    assert parsed.bytes(10) == b"\x17\x08\x44tracing"
    assert parsed.text() == "6"
    assert parsed.numbers("BBI") == (0, 8, 4096)
    assert [parsed.text(), parsed.sized()[:24]] == ["header_page", "\tfield: u64 timestamp;\to"]
    assert [parsed.text(), parsed.sized()[:20]] == ["header_event", "# compressed entry h"]
    assert [*parsed.numbers("I"), parsed.sized()] == [1, "format of print\n"]
    assert parsed.numbers("I") == (1,)
    assert [parsed.text(), *parsed.numbers("I"), parsed.sized()] == ["sched", 1, "format of sched_process_fork\n"]
    assert parsed.numbers("II") == (0, 0)
    assert parsed.sized() == "7 a name\n9 x\n"
    assert parsed.numbers("I") == (2,)
    assert parsed.text() == "options  "
    assert [*parsed.numbers("HI"), parsed.bytes(6), *parsed.numbers("H")] == [4, 6, b"[mono]", 0]
    assert parsed.text() == "flyrecord"
    (first, none), (second, size) = parsed.numbers("QQ"), parsed.numbers("QQ")
    assert (first % 4096, none, second, size) == (0, 0, first, 4096)
    events = [record for _, record in records(parsed.data[second : second + size])]
    assert [int.from_bytes(record[:2], "little") for record in events] == [FORK.id, PRINT.id]
    assert (
        parsed.data[second + size :]
        == b'{"day": [], "tgids": {"7": 7, "9": 7}, "lost": 0}' + struct.pack("<Q", 49) + b"tracefs\0"
    )
