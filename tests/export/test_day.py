# SPDX-License-Identifier: GPL-2.0-only
"""Time stamps as time of day, with clocks that a test moves."""

from __future__ import annotations

import time

import pytest

from tracefs.export.day import TimeOfDay

S = 1_000_000_000


class Clocks:
    """CLOCK_MONOTONIC and the time of day; both pass with run(), the latter alone with step() (settimeofday(2), or a
    suspend)."""

    def __init__(self) -> None:
        self.mono, self.day = 100 * S, 1_000_000 * S

    def run(self, seconds: float) -> None:
        self.mono += int(seconds * S)
        self.day += int(seconds * S)

    def step(self, seconds: float) -> None:
        self.day += int(seconds * S)


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    clocks = Clocks()
    monkeypatch.setattr(time, "clock_gettime_ns", lambda clock: clocks.mono)
    monkeypatch.setattr(time, "time_ns", lambda: clocks.day)
    return clocks


def test_time_passes_on_both_clocks(clocks: Clocks) -> None:
    day = TimeOfDay("mono")
    clocks.run(5)
    day.look()
    assert (day(100 * S), day(103 * S + 7)) == (1_000_000 * S, 1_000_003 * S + 7)


@pytest.mark.parametrize("jump", [3600, -3600, 0.001])
def test_after_a_step_or_a_suspend_new_events_have_the_new_time_and_old_ones_keep_theirs(
    clocks: Clocks, jump: float
) -> None:
    day = TimeOfDay("mono")
    clocks.run(1)
    before = clocks.mono
    clocks.run(1)
    day.look()
    clocks.step(jump)
    clocks.run(1)
    after = clocks.mono
    day.look()
    assert day(before) == 1_000_001 * S
    assert day(after) == 1_000_003 * S + int(jump * S)
    assert day(before) == 1_000_001 * S  # lines of several CPUs come in any order


def test_each_of_several_steps_counts_from_the_look_before_it(clocks: Clocks) -> None:
    day = TimeOfDay("mono")
    stamps = []
    for _ in range(4):
        clocks.run(1)
        stamps.append(clocks.mono)
        day.look()
        clocks.step(10)
    assert [day(ts) // S - 1_000_000 for ts in stamps] == [1, 12, 23, 34]


def test_what_two_readings_differ_by_is_no_step(clocks: Clocks) -> None:
    day = TimeOfDay("mono")
    clocks.run(1)
    clocks.step(0.00001)
    day.look()
    assert day(clocks.mono) == 1_000_001 * S
