# SPDX-License-Identifier: GPL-2.0-only
"""Records of all CPUs in the order of their time stamps."""

from __future__ import annotations

import struct

from ringbuf import RingBuffer
from tests.export.sources import Given
from tracefs.calls.stream import Merged, Stream
from tracefs.render import Reader, Renderer
from tracefs.render.frames import Frame, Frames, Lost


def numbers(taken: list[Frame | Lost]) -> list[int]:
    return [struct.unpack_from("<I", each.record)[0] for each in taken if isinstance(each, Frame)]


def test_records_come_in_the_order_of_their_time_over_all_cpus() -> None:
    with RingBuffer.create(cpus=2, size=1 << 16, clock="mono") as buffer:
        frames = Frames(Renderer(), Reader(buffer), consume=True)
        stream = Stream(frames, buffer.now)
        for index in range(2000):
            buffer.write(index % 2, struct.pack("<I", index))
        taken = [*stream.take(), *stream.take(last=True)]
        frames.close()
    assert numbers(taken) == list(range(2000))


def test_what_was_overwritten_is_counted_where_it_is_missing() -> None:
    with RingBuffer.create(cpus=1, size=1 << 13, clock="mono") as buffer:
        frames = Frames(Renderer(), Reader(buffer), consume=True)
        for _ in range(5000):
            buffer.write(0, bytes(64))
        taken = Stream(frames, buffer.now).take(last=True)
        frames.close()
    lost = [each.events for each in taken if isinstance(each, Lost)]
    assert sum(each or 0 for each in lost) == 5000 - (len(taken) - len(lost))


def test_what_is_younger_than_the_look_waits_for_others_that_may_be_older() -> None:
    clock = iter([10, 25])
    stream = Stream(Given([Frame(5, 0, b"a"), Frame(20, 0, b"b")]), lambda: next(clock))
    assert stream.take() == [Frame(5, 0, b"a")]
    assert stream.held
    assert stream.take() == [Frame(20, 0, b"b")]


def test_sub_buffers_of_a_file_are_merged_and_tell_of_losses() -> None:
    with RingBuffer.create(cpus=2, size=1 << 13, clock="mono") as buffer:
        for index in range(3000):
            buffer.write(index % 2, struct.pack("<I", index) + bytes(60))
        pages: dict[int, list[bytes]] = {0: [], 1: []}
        for cpu, page in Reader(buffer).take_pages():
            pages[cpu].append(page)
    stream = Stream(Merged(pages))
    taken = stream.take(last=True)
    found = numbers(taken)
    assert found == sorted(found)
    assert found[-1] == 2999
    assert [each.cpu for each in taken if isinstance(each, Lost)] == [0, 1]
