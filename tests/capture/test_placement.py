# SPDX-License-Identifier: GPL-2.0-only
"""
Tracees are kept on the capture thread's CPU while that is fast, and never notice.

What a program sees of its own affinity is checked by programs/affinity.c; what dead tracers leave, by the kill harness.
Here: what is decided, seen from outside, and that the keeper puts right what a killed tracer leaves.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.capture.harness import watch
from tests.capture.harness.engines import ON, new_engine
from tests.capture.harness.flag import until
from tracefs.capture import Engine

ALL = os.sched_getaffinity(0)
PATIENCE = 60.0
pytestmark = pytest.mark.skipif(len(ALL) < 2, reason="needs two CPUs: with one there is nowhere to be placed")

BUSY = "import os\nwhile True: os.getppid()"
"""Calls without end, one at a time."""
COMPUTING = "import os\nopen('/proc/self/comm', 'w').write('computing')\nwhile True: sum(range(3000000)); os.getppid()"
"""Starts with many calls, then computes for milliseconds between two of them."""


@contextlib.contextmanager
def traced(*programs: str) -> Iterator[tuple[Engine, list[int]]]:
    """Each text runs in a Python of its own, all traced from their start; their pids."""
    errors: list[str] = []
    engine, sink, _ = new_engine(os.getpid(), errors.append)
    pids: list[int] = []
    try:
        engine.want(sink, ON)
        pids += [engine.spawn([sys.executable, "-S", "-E", "-c", text]).pid for text in programs]
        yield engine, pids
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        engine.stop()
    assert errors == []


def kept(pid: int) -> bool:
    return len(os.sched_getaffinity(pid)) == 1


def free(pid: int) -> bool:
    return os.sched_getaffinity(pid) == ALL


def seen(condition: Callable[[], bool]) -> bool:
    return until(condition, PATIENCE, 0.0002)


def test_task_that_calls_often_is_kept_where_the_capture_thread_is() -> None:
    with traced(BUSY) as (_, (pid,)):
        assert seen(lambda: kept(pid) and watch.tasks(pid)[0].cpus in {one.cpus for one in watch.tasks(os.getpid())})


def test_task_that_sleeps_is_let_go() -> None:
    with traced("import os, time\nfor i in range(9999): os.getppid()\ntime.sleep(1000)") as (_, (pid,)):
        assert seen(lambda: kept(pid))
        assert seen(lambda: watch.tasks(pid)[0].state == "S" and free(pid))


def test_tasks_that_compute_at_the_same_time_are_let_go() -> None:
    with traced(COMPUTING, COMPUTING) as (_, pids):
        assert seen(lambda: all(name(pid) == "computing" and free(pid) for pid in pids))


def test_affinity_that_is_set_from_outside_stays() -> None:
    with traced(BUSY) as (engine, (pid,)):
        assert seen(lambda: kept(pid))
        other = {min(ALL - os.sched_getaffinity(pid))}
        os.sched_setaffinity(pid, other)
        engine.stop()
        assert os.sched_getaffinity(pid) == other


def test_all_are_free_when_the_engine_has_stopped() -> None:
    with traced(BUSY) as (engine, (pid,)):
        assert seen(lambda: kept(pid))
        engine.stop()
        assert free(pid)
        assert free(0)


KEEPER = "tracefs-keeper"
KILLED = """
import os, signal, sys, threading
from tests.capture.harness.engines import ON, new_engine
engine, sink, _ = new_engine(os.getpid(), lambda line: print(line, file=sys.stderr))
engine.want(sink, ON)
print(engine.spawn([sys.executable, "-S", "-E", "-c", sys.argv[1]]).pid, flush=True)
threading.Event().wait()
"""

BEARING = (
    "import os\nwhile True:\n os.getppid()\n if not os.fork(): os._exit(os.sched_getaffinity(0) != {all})\n os.wait()"
)


@pytest.mark.parametrize("text", [BUSY, BEARING.format(all=ALL)])
def test_keeper_gives_back_affinities_when_the_tracer_is_killed_and_then_ends(text: str) -> None:
    tracer = subprocess.Popen(
        [sys.executable, "-c", KILLED, text], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert tracer.stdout
    try:
        pid = int(tracer.stdout.readline())
        assert seen(lambda: kept(pid))
        keepers: list[int] = []  # the kernel may leave out some of the children that it lists, while there come others
        assert seen(lambda: bool(keepers.extend(c for c in watch.children(tracer.pid) if name(c) == KEEPER) or keepers))
        keeper = keepers[0]
        tracer.kill()
        tracer.wait()
        assert seen(lambda: free(pid) and watch.tasks(pid)[0].tracer == 0)
        assert seen(lambda: name(keeper) != KEEPER)
    finally:
        os.killpg(tracer.pid, signal.SIGKILL)  # what it traces is in its process group, and has no end of its own
        tracer.wait()
        tracer.stdout.close()


def name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""
