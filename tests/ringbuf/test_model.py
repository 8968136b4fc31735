# SPDX-License-Identifier: GPL-2.0-only
"""The buffer against a model of it: a list of what was written, and how many of these are gone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ringbuf import RingBuffer
from tests.ringbuf.page_parser import Format, parse

FORMAT = Format.read(Path("/sys/kernel/tracing"))
SUBBUF = 4096
MAX_EVENT = SUBBUF - 16 - 8


def padded(data: bytes) -> bytes:
    """What comes back: the kernel's events are whole words, at least one."""
    return data.ljust(max(4, -(-len(data) // 4) * 4), b"\0")


class BufferMachine(RuleBasedStateMachine):
    """One CPU; the second is there to be left alone."""

    @initialize(
        overwrite=st.booleans(), pages=st.integers(2, 6), clock=st.sampled_from(["local", "counter", "x86-tsc"])
    )
    def create(self, overwrite: bool, pages: int, clock: str) -> None:
        self.buffer = RingBuffer.create(2, pages * (SUBBUF - 16), SUBBUF, overwrite, clock)
        self.pages = pages
        self.buffer.write(1, b"else")
        self.clear()

    def clear(self) -> None:
        self.kept: list[bytes] = []  # unread, oldest first
        self.written = self.overrun = self.read = self.dropped = self.told = self.number = 0
        self.ts = 0

    def forget_overwritten(self) -> None:
        """The buffer alone knows when it is full; that it lost the oldest, and counted them, is for us to see."""
        overrun = self.buffer.stats(0).overrun
        lost = overrun - self.overrun
        assert 0 <= lost <= len(self.kept)
        assert lost == 0 or self.buffer.overwrite
        del self.kept[:lost]
        self.overrun = overrun

    @rule(sizes=st.lists(st.one_of(st.integers(0, 130), st.integers(0, MAX_EVENT)), min_size=1, max_size=40))
    def write(self, sizes: list[int]) -> None:
        for size in sizes:
            self.number += 1
            data = (self.number.to_bytes(4, "little") * (size // 4 + 1))[:size]
            if self.buffer.write(0, data):
                self.kept.append(padded(data))
                self.written += 1
                self.forget_overwritten()
            else:
                assert not self.buffer.overwrite, "dropped though it overwrites"
                self.dropped += 1

    @rule(size=st.integers(MAX_EVENT + 1, 3 * SUBBUF))
    def write_too_long(self, size: int) -> None:
        assert not self.buffer.write(0, bytes(size))

    @rule()
    def write_while_off(self) -> None:
        self.buffer.recording = False
        assert not self.buffer.write(0, b"unheard")
        self.buffer.recording = True

    @rule()
    def consume(self) -> None:
        got = self.buffer.read_page(0)
        if got is None:
            assert not self.kept
            return
        image, lost = got
        page = parse(image, FORMAT)
        assert lost == self.overrun - self.told
        assert page.missed == (lost > 0)
        assert page.missed_count in (None, lost)
        assert page.events
        assert [data for _, data in page.events] == self.kept[: len(page.events)]
        for ts, _ in page.events:
            assert ts >= self.ts
            self.ts = ts
        assert page.ts <= page.events[0][0]
        del self.kept[: len(page.events)]
        self.told = self.overrun
        self.read += len(page.events)

    @rule()
    def iterate(self) -> None:
        events = list(self.buffer.iterate(0))
        assert [event.data for event in events] == self.kept
        assert [event.ts for event in events] == sorted(event.ts for event in events)
        assert not any(event.lost for event in events)

    @rule(pages=st.integers(0, 7))
    def resize(self, pages: int) -> None:
        size = pages * (SUBBUF - 16) - (pages > 0)
        self.buffer.resize(size, 0)
        overwrite = self.buffer.overwrite
        before = len(self.kept)
        lost = self.buffer.stats(0).overrun - self.overrun
        assert lost == 0 or pages < self.pages
        del self.kept[:lost]
        self.overrun += lost
        self.pages = max(2, pages)
        assert len(self.kept) == before - lost
        assert self.buffer.overwrite == overwrite
        assert self.buffer.size(0) == self.pages * (SUBBUF - 16)

    @rule()
    def reset(self) -> None:
        self.buffer.reset(0)
        self.clear()

    @precondition(lambda self: not self.kept)
    @rule(overwrite=st.booleans())
    def switch_overwrite(self, overwrite: bool) -> None:
        self.buffer.overwrite = overwrite

    @rule()
    def open_again(self) -> None:
        with RingBuffer.open(self.buffer.fd) as other:
            assert [event.data for event in other.iterate(0)] == self.kept

    @invariant()
    def counters(self) -> None:
        if not hasattr(self, "buffer"):
            return
        stats = self.buffer.stats(0)
        assert stats.entries == len(self.kept) == self.buffer.entries(0)
        assert (stats.overrun, stats.read_events) == (self.overrun, self.read)
        assert (stats.dropped_events, stats.commit_overrun) == (self.dropped, 0)
        assert self.buffer.written(0) == self.written
        assert self.buffer.empty(0) == (not self.kept)
        # Long events have two words of header, short ones one; time extends and events cut off by reads do the rest.
        least = sum(len(data) + (8 if len(data) > 112 else 4) for data in self.kept)
        assert least <= stats.bytes <= least + 16 * (len(self.kept) + self.pages)
        assert self.buffer.entries(1) == 1

    def teardown(self) -> None:
        if hasattr(self, "buffer"):
            self.buffer.close()


TestModel = BufferMachine.TestCase
TestModel.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_model_soak() -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        BufferMachine, settings=settings(max_examples=3000, stateful_step_count=80, deadline=None)
    )
