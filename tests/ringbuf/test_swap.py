# SPDX-License-Identifier: GPL-2.0-only
"""Two buffers that exchange what they hold."""

from __future__ import annotations

import pytest

from ringbuf import RingBuffer


def events(buffer: RingBuffer, cpu: int = 0) -> list[bytes]:
    return [event.data for event in buffer.iterate(cpu)]


def fill(buffer: RingBuffer, *words: bytes, cpu: int = 0) -> None:
    for word in words:
        assert buffer.write(cpu, word)


def test_a_swap_exchanges_events_sizes_and_counters() -> None:
    with RingBuffer.create(1, 1 << 16) as main, RingBuffer.create(1, 1 << 18) as spare:
        fill(main, b"one_", b"two_")
        sizes = main.size(0), spare.size(0)
        main.swap(spare)
        assert (events(main), events(spare)) == ([], [b"one_", b"two_"])
        assert (spare.size(0), main.size(0)) == sizes
        assert (main.stats(0).entries, spare.stats(0).entries) == (0, 2)


def test_writers_go_on_behind_what_was_swapped_in() -> None:
    with RingBuffer.create(1, 1 << 16) as main, RingBuffer.create(1, 1 << 16) as spare:
        for number in range(6):
            fill(main, b"%04d" % number)
            main.swap(spare)
        assert (events(main), events(spare)) == ([b"0000", b"0002", b"0004"], [b"0001", b"0003", b"0005"])


def test_a_full_buffer_keeps_its_order_and_its_overrun() -> None:
    with RingBuffer.create(1, 1 << 14) as main, RingBuffer.create(1, 1 << 14) as spare:
        fill(main, *(b"%064d" % number for number in range(1000)))
        before, overrun = events(main), main.stats(0).overrun
        main.swap(spare)
        assert (events(spare), spare.stats(0).overrun) == (before, overrun)
        fill(spare, b"last")
        assert events(spare)[-1] == b"last"


def test_one_cpu_is_swapped_alone() -> None:
    with RingBuffer.create(2, 1 << 14) as main, RingBuffer.create(2, 1 << 14) as spare:
        fill(main, b"zero")
        fill(main, b"one_", cpu=1)
        main.swap(spare, 1)
        assert (events(main), events(main, 1), events(spare, 1)) == ([b"zero"], [], [b"one_"])


def test_an_iterator_goes_on_with_what_the_buffer_holds_now() -> None:
    with RingBuffer.create(1, 1 << 14) as main, RingBuffer.create(1, 1 << 14) as spare:
        fill(main, b"old1", b"old2")
        iterator = main.iterate(0)
        assert next(iterator).data == b"old1"
        main.swap(spare)
        fill(main, b"new1")
        # It has a copy of the sub-buffer that it is in.
        assert [event.data for event in iterator] == [b"old2", b"new1"]


def test_a_swap_needs_another_buffer_of_as_many_cpus() -> None:
    with RingBuffer.create(1, 1 << 14) as main, RingBuffer.create(2, 1 << 14) as spare:
        for other in (main, spare):
            with pytest.raises(OSError, match="Invalid argument"):
                main.swap(other)


def test_nothing_is_taken_while_paused() -> None:
    with RingBuffer.create(1, 1 << 14) as buffer:
        buffer.paused = True
        assert not buffer.write(0, b"lost")
        assert buffer.recording
        buffer.paused = False
        fill(buffer, b"kept")
        assert events(buffer) == [b"kept"]
