# SPDX-License-Identifier: GPL-2.0-only
"""A program that stops at the calls that are recorded alone: the same records, and a program that notices nothing."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

import pytest

from tests.capture.harness.engines import new_engine
from tests.capture.harness.records import by_task, records
from tracefs.capture.wanted import Wanted
from tracefs.events.systems.syscalls import enter_id, exit_id
from tracefs.syscalls import SYSCALLS

CALLS = {
    "openat",
    "close",
    "clone",
    "clone3",
    "execve",
    "exit_group",
    "rt_sigaction",
    "kill",
    "tgkill",
    "pipe2",
    "vfork",
}
WANTED = frozenset(call.nr for call in SYSCALLS if call.name in CALLS)
EVENTS = frozenset(make(nr) for nr in WANTED for make in (enter_id, exit_id))
SAME = (
    *("vfork", "clone", "threads", "signals_queued", "signals_waited", "sigchld", "sigmask", "ignored_signal"),
    *("jobs", "pipes", "affinity", "memory", "program32", "int80"),
)
OTHERS = (
    *("fork", "clone3", "exec_chain", "exec_from_thread", "exec_from_leader", "thread_executes", "exit_group"),
    *(
        "exit_threads",
        "sigkill",
        "interrupted_waits",
        "timed_waits",
        "restart",
        "seccomp",
        "untraced",
        "timed_sockets",
        "sandboxed_sleeps",
    ),
)
"""What these call, or have recorded, differs from run to run: a thread that executes ends others in the middle of a
call, and some send signals until a time is over."""


def recorded(program: Path, only: Collection[int] | None) -> list[list[str]]:
    """What each task's records are, whichever tasks those are."""
    engine, sink, buffer = new_engine(os.getpid(), lambda _: None, 8 << 20)
    try:
        engine.want(sink, Wanted(events=EVENTS))
        assert engine.spawn([str(program)], only=only).wait(60) == 0
    finally:
        engine.stop()
    return sorted([f"{one.kind} {one.name}" for one in own] for own in by_task(records(buffer)).values())


@pytest.mark.parametrize("name", SAME)
def test_records_are_those_of_a_program_that_stops_at_each_call(programs: Path, name: str) -> None:
    if not (programs / name).exists():
        pytest.skip(f"NOT BUILT HERE: {name}")
    assert recorded(programs / name, WANTED) == recorded(programs / name, None)


@pytest.mark.parametrize("name", OTHERS)
def test_it_sees_what_it_sees_untraced(programs: Path, name: str) -> None:
    assert recorded(programs / name, WANTED)


def test_other_calls_do_not_stop_it() -> None:
    engine, sink, _ = new_engine(os.getpid(), lambda _: None, 1 << 20)
    try:
        engine.want(sink, Wanted(events=EVENTS))
        before = engine.stops
        assert (
            engine.spawn(["dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=5000", "status=none"], only=WANTED).wait(
                60
            )
            == 0
        )
        assert engine.stops - before < 1000
    finally:
        engine.stop()


def test_what_is_wanted_says_which_calls() -> None:
    assert Wanted(events=EVENTS).calls() == WANTED
    assert Wanted(events=frozenset({110})).calls() == frozenset()
    assert Wanted(events=EVENTS | {100}).calls() is None
    assert Wanted(tracer=True).calls() is None
