# SPDX-License-Identifier: GPL-2.0-only
"""Writers that stop between reserve and commit: for a while, or for good, as they were killed."""

from __future__ import annotations

import mmap
import os
import signal
import struct
import threading
import time

import pytest

from ringbuf import RingBuffer
from tests.ringbuf.cbuffer import CAPACITY, Writer, die_in_reserve, drain, number, numbers

PAGES = 4
WRITERS, WRITERS_TAKEN = 8192, 256  # in the file: the table of writers; how many of its lines were ever taken
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


def test_reader_passes_a_dead_writers_event_and_gets_all_that_is_committed_around_it(buffer: RingBuffer) -> None:
    fill(buffer, 0, 2)
    die_in_reserve(buffer, number(2))
    fill(buffer, 3, 2)
    assert not buffer.empty(0)
    assert [numbers([event.data])[0] for event in buffer.iterate(0)] == [0, 1, 3, 4]
    events, lost = drain(buffer)
    assert (numbers(events), lost) == ([0, 1, 3, 4], 0)
    consistent(buffer)


def test_times_behind_a_dead_writers_event_are_those_at_which_they_were_written(buffer: RingBuffer) -> None:
    fill(buffer, 0, 1)
    time.sleep(0.15)  # longer than a delta can say: the dead event has a time extend in front of it
    die_in_reserve(buffer, number(1))
    before = buffer.now()
    fill(buffer, 2, 1)
    assert [event.ts >= before for event in buffer.iterate(0)] == [False, True]
    assert all(event.ts <= buffer.now() for event in buffer.iterate(0))


def test_writer_that_died_on_its_way_into_a_new_page_costs_neither(buffer: RingBuffer) -> None:
    fill(buffer, 0, PER_PAGE)
    die_in_reserve(buffer, number(PER_PAGE), number(PER_PAGE + 1, 2000))
    fill(buffer, 100, 20)
    assert numbers(drain(buffer)[0]) == [*range(PER_PAGE), *range(100, 120)]
    consistent(buffer)


@pytest.mark.parametrize("events", [1, 2, 3])
def test_dead_writers_page_is_used_again(buffer: RingBuffer, events: int) -> None:
    die_in_reserve(buffer, *(number(n, 1000) for n in range(events)))
    seen: list[int] = []
    for n in range(1, 20 * PAGES * PER_PAGE):
        assert buffer.write(0, number(n))
        if n % 10 == 0:
            seen += numbers(drain(buffer)[0])
    assert seen + numbers(drain(buffer)[0]) == list(range(1, 20 * PAGES * PER_PAGE))
    assert buffer.stats(0).overrun == 0
    consistent(buffer)


def test_full_buffer_keeps_what_is_committed_behind_a_writer_that_may_live() -> None:
    buffer = RingBuffer.create(1, PAGES * CAPACITY, overwrite=False)
    fill(buffer, 0, 2)
    writer = Writer(buffer)
    slot = writer.reserve(number(2))
    taken = fill(buffer, 3, 2 * PAGES * PER_PAGE)
    assert numbers(drain(buffer)[0]) == [0, 1]
    assert buffer.empty(0)
    assert drain(buffer) == ([], 0), "as long as the event may still be committed"
    writer.commit(slot)
    events, lost = drain(buffer)
    assert (numbers(events), lost) == (list(range(2, 3 + taken)), 0)
    assert buffer.stats(0).overrun == 0
    assert buffer.stats(0).dropped_events == 2 * PAGES * PER_PAGE - taken


def test_full_buffer_keeps_what_is_committed_behind_a_writer_that_died() -> None:
    buffer = RingBuffer.create(1, PAGES * CAPACITY, overwrite=False)
    fill(buffer, 0, 2)
    die_in_reserve(buffer, number(2))
    taken = fill(buffer, 3, 2 * PAGES * PER_PAGE)
    events, lost = drain(buffer)
    assert (numbers(events), lost) == ([0, 1, *range(3, 3 + taken)], 0)
    assert buffer.stats(0).overrun == 0


def test_zombie_is_dead() -> None:
    buffer = RingBuffer.create(1, PAGES * CAPACITY, overwrite=False)
    pid = os.fork()
    if pid == 0:
        Writer(buffer).reserve(number(0))
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    taken = fill(buffer, 1, 2 * PAGES * PER_PAGE)
    assert numbers(drain(buffer)[0]) == list(range(1, 1 + taken))
    os.waitpid(pid, 0)


def test_number_of_a_dead_writer_given_to_another_thread_does_not_hold_its_event() -> None:
    buffer = RingBuffer.create(1, PAGES * CAPACITY, overwrite=False)
    die_in_reserve(buffer, number(0))
    taken = fill(buffer, 1, 2 * PAGES * PER_PAGE)
    with mmap.mmap(buffer.fd, os.fstat(buffer.fd).st_size) as memory:
        lines = range(WRITERS, WRITERS + 10 * 128, 128)
        # the one with an open reservation
        line = next(at for at in lines if struct.unpack_from("<Q", memory, at + 16)[0])
        struct.pack_into("<I", memory, line, os.getpid())
    assert numbers(drain(buffer)[0]) == list(range(1, 1 + taken))


def test_reader_in_overwrite_mode_gives_up_a_page_whose_writer_sleeps_once_all_others_are_used() -> None:
    buffer = RingBuffer.create(1, PAGES * CAPACITY)
    fill(buffer, 0, 2)
    Writer(buffer).reserve(number(2))
    assert fill(buffer, 3, PAGES * PER_PAGE) == PAGES * PER_PAGE
    events, lost = drain(buffer)
    # 60 of them lie behind the event in its page; of the three others, the first was needed again for the last ones.
    assert numbers(events) == list(range(3 + 60 + PER_PAGE, 3 + PAGES * PER_PAGE))
    consistent(buffer)
    fill(buffer, 1000, 1)
    more, lost_later = drain(buffer)
    assert numbers(more) == [1000]
    assert lost + lost_later == buffer.stats(0).overrun
    assert len(events) + 1 + lost + lost_later == buffer.written(0)


def test_buffer_stays_usable_lap_after_lap_without_the_page_of_a_writer_that_sleeps() -> None:
    buffer = RingBuffer.create(1, PAGES * CAPACITY)
    Writer(buffer).reserve(number(0))
    seen: list[int] = []
    for n in range(1, 20 * PAGES * PER_PAGE):
        assert buffer.write(0, number(n))
        if n % 10 == 0:
            seen += numbers(drain(buffer)[0])
    seen += numbers(drain(buffer)[0])
    assert seen == sorted(set(seen))
    assert seen[-1] == 20 * PAGES * PER_PAGE - 1
    consistent(buffer)


def test_a_fourth_reservation_of_one_thread_is_refused_and_counted() -> None:
    buffer = RingBuffer.create(1, PAGES * CAPACITY)
    writer = Writer(buffer)
    slots = [writer.reserve(number(n)) for n in range(3)]
    assert writer.reserve(number(3)) is None
    assert buffer.stats(0).commit_overrun == 1
    for slot in reversed(slots):
        writer.commit(slot)
    assert numbers(drain(buffer)[0]) == [0, 1, 2]


def test_lines_of_threads_that_ended_are_given_again() -> None:
    buffer = RingBuffer.create(1, PAGES * CAPACITY)
    for n in range(40):
        thread = threading.Thread(target=buffer.write, args=(0, number(n)))
        thread.start()
        thread.join()
    with mmap.mmap(buffer.fd, os.fstat(buffer.fd).st_size) as memory:
        assert struct.unpack_from("<I", memory, WRITERS_TAKEN)[0] < 5
    assert numbers(drain(buffer)[0]) == list(range(40))


def test_late_commit_to_a_page_that_was_given_up_is_counted_as_overrun() -> None:
    buffer = RingBuffer.create(1, PAGES * CAPACITY)
    writer = Writer(buffer)
    slot = writer.reserve(number(0))
    fill(buffer, 1, PAGES * PER_PAGE + 5)
    drain(buffer)
    writer.commit(slot)
    consistent(buffer)
    assert buffer.entries(0) == 0
    fill(buffer, 500, 1)
    assert numbers(drain(buffer)[0]) == [500]


def test_all_pages_held_by_open_reservations_drops_and_counts_commit_overrun() -> None:
    buffer = RingBuffer.create(1, 2 * CAPACITY)
    writer = Writer(buffer)
    writer.reserve(number(0))
    fill(buffer, 1, PER_PAGE - 1)
    writer.reserve(number(PER_PAGE))
    assert fill(buffer, 200, 2 * PER_PAGE) == PER_PAGE - 1
    assert buffer.stats(0).commit_overrun == PER_PAGE + 1


@pytest.mark.parametrize("empty", [RingBuffer.reset, lambda buffer: buffer.resize(3 * CAPACITY)])
def test_emptying_or_resizing_takes_held_pages_back(empty: object) -> None:
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
    # on the next page; this thread has no reservation left
    other = threading.Thread(target=buffer.write, args=(0, EXACT))
    other.start()
    other.join()
    writer.commit(early)
    writer.commit(filling)
    assert buffer.written(0) == 60
    writer.commit(late)
    assert buffer.written(0) == 61
    assert len(drain(buffer)[0]) == 61
    consistent(buffer)


def test_what_a_dead_writer_left_uncounted_is_counted_when_its_event_is_discarded(buffer: RingBuffer) -> None:
    for _ in range(59):
        assert buffer.write(0, EXACT)
    die_in_reserve(buffer, EXACT)
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
