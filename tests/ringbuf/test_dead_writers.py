# SPDX-License-Identifier: GPL-2.0-only
"""Writers that stop between reserve and commit, for good or for a while."""

from __future__ import annotations

import mmap
import os
import struct

import pytest

from ringbuf import RingBuffer
from tests.ringbuf.cbuffer import CAPACITY, Writer, drain, number, numbers

PAGES = 4
PER_PAGE = CAPACITY // 64


@pytest.fixture(params=[True, False], ids=["overwrite", "drop"])
def buffer(request: pytest.FixtureRequest) -> RingBuffer:
    return RingBuffer.create(1, PAGES * CAPACITY, overwrite=request.param)


def fill(buffer: RingBuffer, first: int, count: int) -> int:
    """Write numbered events; how many were taken."""
    return sum(buffer.write(0, number(n)) for n in range(first, first + count))


def consistent(buffer: RingBuffer) -> None:
    stats = buffer.stats(0)
    assert stats.entries == buffer.written(0) - stats.overrun - stats.read_events


def test_reader_stops_at_the_first_uncommitted_event(buffer: RingBuffer) -> None:
    fill(buffer, 0, 2)
    writer = Writer(buffer)
    slot = writer.reserve(number(2))
    fill(buffer, 3, 2)
    assert [numbers([event.data])[0] for event in buffer.iterate(0)] == [0, 1]
    assert numbers(drain(buffer)[0]) == [0, 1]
    assert buffer.empty(0)
    writer.commit(slot)
    assert numbers(drain(buffer)[0]) == [2, 3, 4]


def test_reader_goes_on_in_order_when_the_event_is_committed_pages_later(buffer: RingBuffer) -> None:
    writer = Writer(buffer)
    slot = writer.reserve(number(0))
    assert fill(buffer, 1, 2 * PER_PAGE) == 2 * PER_PAGE
    assert buffer.empty(0)
    writer.commit(slot)
    assert numbers(drain(buffer)[0]) == list(range(2 * PER_PAGE + 1))


def test_reader_gives_up_a_dead_writers_page_once_all_others_are_used(buffer: RingBuffer) -> None:
    fill(buffer, 0, 2)
    Writer(buffer).reserve(number(2))
    taken = fill(buffer, 3, PAGES * PER_PAGE)
    events, lost = drain(buffer)
    if buffer.overwrite:
        assert taken == PAGES * PER_PAGE
        # The dead writer's page was left out, the other three hold the newest events.
        assert numbers(events) == list(range(2 * PER_PAGE + 3 - 63 + 0, 0)) + numbers(events)
        assert numbers(events)[-1] == PAGES * PER_PAGE + 2
    else:
        assert numbers(events)[:2] == [0, 1]
        assert numbers(events)[2] == PER_PAGE  # the rest of the page is given up, the next one follows
        assert buffer.stats(0).dropped_events == PAGES * PER_PAGE - taken
    assert numbers(events) == sorted(numbers(events))
    consistent(buffer)
    fill(buffer, 1000, 1)
    more, lost_later = drain(buffer)
    assert numbers(more) == [1000]
    assert lost + lost_later == buffer.stats(0).overrun
    assert len(events) + 1 + lost + lost_later == buffer.written(0)


def test_buffer_stays_usable_lap_after_lap_without_the_dead_writers_page(buffer: RingBuffer) -> None:
    Writer(buffer).reserve(number(0))
    seen: list[int] = []
    for n in range(1, 20 * PAGES * PER_PAGE):
        assert buffer.write(0, number(n)) or not buffer.overwrite
        if n % 10 == 0:
            seen += numbers(drain(buffer)[0])
    seen += numbers(drain(buffer)[0])
    assert seen == sorted(set(seen))
    assert seen[-1] == 20 * PAGES * PER_PAGE - 1
    consistent(buffer)


def test_late_commit_to_a_page_that_was_given_up_is_counted_as_overrun(buffer: RingBuffer) -> None:
    writer = Writer(buffer)
    slot = writer.reserve(number(0))
    fill(buffer, 1, PAGES * PER_PAGE + 5)
    drain(buffer)
    writer.commit(slot)
    consistent(buffer)
    assert buffer.entries(0) == 0
    fill(buffer, 500, 1)
    assert numbers(drain(buffer)[0]) == [500]


def test_all_pages_held_by_dead_writers_drops_and_counts_commit_overrun() -> None:
    buffer = RingBuffer.create(1, 2 * CAPACITY)
    writer = Writer(buffer)
    writer.reserve(number(0))
    fill(buffer, 1, PER_PAGE - 1)
    writer.reserve(number(PER_PAGE))
    assert fill(buffer, 200, 2 * PER_PAGE) == PER_PAGE - 1
    assert buffer.stats(0).commit_overrun == PER_PAGE + 1


@pytest.mark.parametrize("empty", [RingBuffer.reset, lambda buffer: buffer.resize(3 * CAPACITY)])
def test_emptying_or_resizing_takes_dead_writers_pages_back(empty: object) -> None:
    buffer = RingBuffer.create(1, 2 * CAPACITY)
    writer = Writer(buffer)
    writer.reserve(number(0))
    fill(buffer, 1, PER_PAGE - 1)
    writer.reserve(number(PER_PAGE))
    fill(buffer, 200, 2 * PER_PAGE)
    empty(buffer)  # type: ignore[operator]
    assert fill(buffer, 0, 5 * PER_PAGE) == 5 * PER_PAGE
    events = numbers(drain(buffer)[0])
    assert events == list(range(events[0], 5 * PER_PAGE))
    assert len(events) > PER_PAGE


def test_writer_killed_while_clearing_costs_that_page_only() -> None:
    buffer = RingBuffer.create(1, PAGES * CAPACITY)
    fill(buffer, 0, PER_PAGE)
    with mmap.mmap(buffer.fd, os.fstat(buffer.fd).st_size) as memory:
        area = struct.unpack_from("<Q", memory, 4096 + 192)[0]
        # The second sub-buffer: seq 2, state 2 (being cleared), for ever.
        struct.pack_into("<Q", memory, area + 32 * 2, 2 << 24 | 2 << 22)
    assert fill(buffer, PER_PAGE, PER_PAGE) == PER_PAGE
    assert numbers(drain(buffer)[0]) == list(range(2 * PER_PAGE))
    assert fill(buffer, 0, 10 * PER_PAGE) == 10 * PER_PAGE
    assert len(drain(buffer)[0]) > 2 * PER_PAGE
    assert buffer.stats(0).commit_overrun == 0


def test_writer_killed_by_a_signal_leaves_the_buffer_to_others() -> None:
    buffer = RingBuffer.create(1, PAGES * CAPACITY)
    pid = os.fork()
    if pid == 0:
        Writer(buffer).reserve(b"never")
        os.kill(os.getpid(), 9)
    os.waitpid(pid, 0)
    fill(buffer, 0, PAGES * PER_PAGE)
    assert numbers(drain(buffer)[0])[-1] == PAGES * PER_PAGE - 1


def test_discarded_event_is_not_seen_nor_counted_and_time_goes_on(buffer: RingBuffer) -> None:
    writer = Writer(buffer)
    fill(buffer, 0, 1)
    for length in (0, 4, 100, 113, 2000):
        slot = writer.reserve(bytes(length))
        writer.discard(slot)
    before = buffer.now()
    fill(buffer, 1, 1)
    assert buffer.entries(0) == 2
    events = list(buffer.iterate(0))
    assert numbers([event.data for event in events]) == [0, 1]
    assert events[1].ts >= before
    assert numbers(drain(buffer)[0]) == [0, 1]
    writer.discard(writer.reserve(b"gone"))
    assert buffer.empty(0)
    assert buffer.read_page(0) is None


EXACT = bytes(64)
"""60 of these, with their header words, fill a sub-buffer to its last byte."""


def test_count_written_is_exact_whether_the_last_event_fits_or_fills(buffer: RingBuffer) -> None:
    for count in range(1, 2 * 60 + 2):
        assert buffer.write(0, EXACT)
        assert buffer.written(0) == buffer.entries(0) == count


def test_commits_around_that_of_the_event_that_fills_the_page_are_all_counted(buffer: RingBuffer) -> None:
    writer = Writer(buffer)
    early = writer.reserve(EXACT)
    for _ in range(57):
        assert buffer.write(0, EXACT)
    late, filling = writer.reserve(EXACT), writer.reserve(EXACT)
    assert buffer.write(0, EXACT), "on the next page"
    writer.commit(early)
    writer.commit(filling)
    assert buffer.written(0) == 60
    writer.commit(late)
    assert buffer.written(0) == 61
    assert len(drain(buffer)[0]) == 61
    consistent(buffer)


def test_what_a_dead_writer_left_uncounted_is_counted_when_its_page_is_given_up(buffer: RingBuffer) -> None:
    for _ in range(59):
        assert buffer.write(0, EXACT)
    Writer(buffer).reserve(EXACT)
    taken = sum(buffer.write(0, EXACT) for _ in range(PAGES * 60))
    drain(buffer)
    assert buffer.write(0, EXACT)
    assert buffer.written(0) == 59 + taken + 1
    consistent(buffer)


@pytest.mark.parametrize("events", [59, 60, 61])
def test_resizing_around_a_full_page_keeps_the_count(buffer: RingBuffer, events: int) -> None:
    for _ in range(events):
        assert buffer.write(0, EXACT)
    buffer.resize(2 * PAGES * CAPACITY)
    for count in range(events + 1, events + 62):
        assert buffer.write(0, EXACT)
        assert buffer.written(0) == buffer.entries(0) == count
