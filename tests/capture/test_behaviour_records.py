# SPDX-License-Identifier: GPL-2.0-only
"""What is recorded where a task is born, executes, ends, is interrupted, or runs 32-bit code."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.capture.harness.engines import ON, new_engine
from tests.capture.harness.records import Record, by_task, records

Trace = Callable[..., tuple[int, list[Record]]]
"""The pid of the program of that name, run under an engine to its end with 0, and all that was recorded."""


@pytest.fixture
def trace(programs: Path) -> Trace:
    def run(name: str) -> tuple[int, list[Record]]:
        engine, sink, buffer = new_engine(os.getpid(), lambda _: None, 32 << 20)
        try:
            engine.want(sink, ON)
            child = engine.spawn([str(programs / name)])
            assert child.wait() == 0
        finally:
            engine.stop()
        return child.pid, records(buffer)

    return run


def names(found: list[Record]) -> list[str]:
    return [f"{one.kind} {one.name}" for one in found]


def well_formed(found: list[Record]) -> None:
    """Each task's records are entries, each followed by its own return; the last entry and rt_sigreturn have none."""
    for own in by_task(found).values():
        inside = None
        for position, one in enumerate(own):
            if one.kind == "enter":
                assert inside is None, f"{one} inside {inside}"
                inside = one if one.name != "rt_sigreturn" else None
            else:
                assert inside is not None or position == 0, f"{one} without an entry"
                assert inside is None or inside.name == one.name, f"{one} ends {inside}"
                inside = None


def test_first_record_is_the_first_execve_and_last_is_exit_group_without_return(trace: Trace) -> None:
    pid, found = trace("errors")
    assert names(found)[:2] == ["enter execve", "exit execve"]
    assert found[1].values == (0,)
    assert names(found)[-1] == "enter exit_group"
    assert found[-1].values == (0,)
    assert {one.pid for one in found} == {pid}
    well_formed(found)


@pytest.mark.parametrize("name", ["fork", "vfork", "clone", "clone3", "threads", "pipes", "sigchld", "registers"])
def test_every_entry_has_its_return_in_every_task(trace: Trace, name: str) -> None:
    _, found = trace(name)
    well_formed(found)


def test_child_of_fork_begins_with_its_own_return_of_zero_and_parent_returns_its_pid(trace: Trace) -> None:
    pid, found = trace("fork")
    tasks = by_task(found)
    ended = [one.values[0] for one in tasks[pid] if one.kind == "exit" and one.name == "clone"]
    born = [value for value in ended if value > 0]  # a SIGCHLD on the way makes the kernel start a fork again
    assert len(born) == 9
    for child in born:
        assert str(tasks[child][0]) == f"{child} exit clone (0,)"
        assert names(tasks[child])[-1] == "enter exit_group"
    assert len(tasks) == 11  # the program, nine children, one grandchild


def test_children_of_vfork_are_recorded_while_their_parent_is_inside_it(trace: Trace) -> None:
    pid, found = trace("vfork")
    tasks = by_task(found)
    parent = tasks[pid]
    ends = [i for i, one in enumerate(parent) if one.kind == "exit" and one.name == "vfork"]
    assert len(ends) == 6
    for i in ends:
        child = tasks[parent[i].values[0]]
        assert parent[i - 1].name == "vfork"
        assert str(child[0]) == f"{child[0].pid} exit vfork (0,)"
        for one in child[1:]:
            assert parent[i - 1].time < one.time
            if one.name in ("exit_group", "execve") and one.kind == "enter":
                assert one.time < parent[i].time
                break
    executed = [own for own in tasks.values() if "enter execve" in names(own) and own is not parent]
    assert len(executed) == 1
    assert executed[0][-1].values == (77,)


def test_execve_from_a_thread_is_entered_by_the_thread_and_left_by_the_leader(trace: Trace) -> None:
    pid, found = trace("exec_from_thread")
    tasks = by_task(found)
    (child,) = {one.values[0] for one in tasks[pid] if one.kind == "exit" and one.name == "clone"}
    # That it was entered by another task than it was left by is how the kernel's own events tell it, too.
    entered = [one for one in found if one.name == "execve" and one.kind == "enter" and one.pid not in (pid, child)]
    left = [one for one in found if one.name == "execve" and one.kind == "exit" and one.pid == child]
    assert len(entered) == 3  # two that fail, one that succeeds
    assert [str(one) for one in tasks[entered[0].pid] if one.name == "execve" and one.kind == "exit"] == [
        f"{entered[0].pid} exit execve (-2,)",
        f"{entered[0].pid} exit execve (-13,)",
    ]
    assert [one.values for one in left] == [(0,)]
    assert tasks[child][-1].values == (42,)


def test_threads_gone_by_execve_or_exit_group_end_inside_a_call_or_outside(trace: Trace) -> None:
    pid, found = trace("exec_from_leader")
    for tid, own in by_task(found).items():
        if tid != pid:
            assert "exit exit_group" not in names(own)


def test_int_0x80_is_recorded_with_its_own_numbers(trace: Trace) -> None:
    _, found = trace("int80")
    entered = Counter(one.name for one in found if one.kind == "enter")
    left = Counter(one.name for one in found if one.kind == "exit")
    for name, count in {"getpid": 20, "getppid": 20, "write": 20, "close": 20, "4000": 20}.items():
        assert (entered[f"compat {name}"], left[f"compat {name}"]) == (count, count)
    assert entered["writev"] == entered["uname"] == entered["semget"] == 0  # 20, 63, 64 in the 64-bit table
    close = [one for one in found if one.name == "compat close"]
    assert (close[0].values[0], close[1].values) == (100000, (-9,))


def test_32_bit_program_is_recorded_with_its_own_numbers(trace: Trace) -> None:
    _, found = trace("program32")
    assert names(found)[0] == "enter execve"
    assert {one.name.split()[0] for one in found[2:]} == {"compat"}
    assert [one.name for one in found if one.kind == "enter"][1:5] == [
        "compat getpid",
        "compat gettid",
        "compat pipe",
        "compat write",
    ]
    assert names(found)[-1] == "enter compat exit_group"
    forks = [one for one in found if one.name == "compat fork" and one.kind == "exit"]
    assert sorted(one.values[0] == 0 for one in forks) == [False, True]


def test_unknown_numbers_are_recorded_as_numbers(trace: Trace) -> None:
    _, found = trace("errors")
    unknown = [one for one in found if one.name.startswith("#")]
    assert [(one.kind, one.name) for one in unknown if one.kind == "enter"] == [
        ("enter", "#-1"),
        ("enter", "#-2"),
        ("enter", "#5000"),
        ("enter", "#2147483647"),
        ("enter", f"#{0x40000000 | 39}"),
    ]
    assert {one.values for one in unknown if one.kind == "exit"} == {(-38,)}


def test_killed_task_ends_with_whatever_it_was_in(trace: Trace) -> None:
    pid, found = trace("sigkill")
    well_formed(found)
    killed = [one.values[0] for one in by_task(found)[pid] if one.name == "wait4" and one.kind == "exit"]
    assert sum(value > 0 for value in killed) == 9
    for child in (value for value in killed if value > 0):
        assert "enter exit_group" not in names(by_task(found).get(child, []))


def test_interrupted_poll_goes_on_as_restart_syscall(trace: Trace) -> None:
    pid, found = trace("jobs_blocked")
    tasks = by_task(found)
    polled = [own for tid, own in tasks.items() if tid != pid and any(one.name == "poll" for one in own)]
    assert len(polled) == 1
    calls = [(one.kind, one.name, one.values) for one in polled[0]]
    start = calls.index(("exit", "poll", (-516,)))  # as the kernel's own events: ERESTART_RESTARTBLOCK
    assert calls[start + 1 : start + 3] == [("enter", "restart_syscall", ()), ("exit", "restart_syscall", (0,))]


def test_syscalls_that_a_seccomp_filter_answers_are_recorded_with_its_answer(trace: Trace) -> None:
    _, found = trace("seccomp")
    answers = {one.values for one in found if one.name == "getppid" and one.kind == "exit"}
    assert answers == {(-77,)}
    assert {one.values for one in found if one.name == "getgid" and one.kind == "exit"} == {(-38,)}
