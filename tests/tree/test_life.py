# SPDX-License-Identifier: GPL-2.0-only
"""Births, execs and deaths of tasks as events."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from subprocess import PIPE

from tests.mount.mounting import eventually
from tests.tree.traced import Traced

PIDS = re.compile(r"pid=\d+")


def life(traced: Traced) -> list[str]:
    """The events, their pids replaced."""
    return [PIDS.sub("pid=N", line) for line in traced.trace()]


def test_fork_exec_and_exit_are_recorded_in_their_order(traced: Traced) -> None:
    traced.enable("sched:sched_process_fork", "sched:sched_process_exec", "sched:sched_process_exit")
    traced.run("/bin/sh", "-c", "/bin/true; exit")
    assert life(traced) == [
        "sched_process_exec: filename=/bin/sh pid=N old_pid=N",
        "sched_process_fork: comm=sh pid=N child_comm=sh child_pid=N",
        "sched_process_exec: filename=/bin/true pid=N old_pid=N",
        f"sched_process_exit: comm=true pid=N prio={120 + os.nice(0)} group_dead=true",
        f"sched_process_exit: comm=sh pid=N prio={120 + os.nice(0)} group_dead=true",
    ]


def test_ends_can_be_filtered_by_how_they_came(traced: Traced) -> None:
    """exit_code is what waitpid gives: 9 is SIGKILL, 0x300 is exit(3)."""
    traced.write("events/sched/sched_process_exit/filter", "exit_code == 9 || exit_code == 0x300")
    traced.enable("sched:sched_process_exit")
    traced.run("/bin/bash", "-c", "(kill -KILL $BASHPID); /bin/true; (exec /bin/sh -c 'exit 3'); exit 4")
    assert [re.search(r"comm=(\w+)", line)[1] for line in traced.trace()] == ["bash", "sh"]  # type: ignore[index]


def test_the_pids_are_those_of_parent_and_child(traced: Traced) -> None:
    traced.enable("sched:sched_process_fork", "sched:sched_process_exit")
    traced.run("sh", "-c", "(true); true")
    fork, child, parent = (list(map(int, re.findall(r"pid=(\d+)", line))) for line in traced.trace())
    assert fork == [*parent, *child]


def test_a_histogram_counts_forks_by_name(traced: Traced) -> None:
    traced.trigger("sched:sched_process_fork", "hist:keys=parent_comm")
    traced.run("sh", "-c", "(true); (true); (true)")
    assert re.search(r"\{ parent_comm: sh +\} hitcount: +3\n", traced.hist("sched:sched_process_fork"))


def test_children_that_joined_by_birth_are_shown_among_the_pids(traced: Traced) -> None:
    """As in the kernel: with event-fork, set_event_pid lists them while they live."""
    traced.write("options/event-fork", "1")
    traced.enable("sched:sched_process_exit")
    with subprocess.Popen(["sh", "-c", "read start; sleep 100 & echo $!; wait"], stdin=PIPE, stdout=PIPE, text=True) as shell:
        assert shell.stdin
        assert shell.stdout
        traced.write("set_event_pid", f"{shell.pid}")
        print("start", file=shell.stdin, flush=True)
        child = int(shell.stdout.readline())
        shown = traced.read("set_event_pid")
        os.kill(child, signal.SIGKILL)
    assert shown == "".join(f"{pid}\n" for pid in sorted((shell.pid, child)))
    assert eventually(lambda: traced.read("set_event_pid") == f"{shell.pid}\n")
