# SPDX-License-Identifier: GPL-2.0-only
"""The self-checking programs hold while traced: from their first execve, and while a tracer comes and goes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.capture.harness import watch
from tests.capture.harness.engines import OFF, ON, new_engine
from tests.capture.harness.flag import Flag, until
from tests.capture.harness.programs import ALONE, PROGRAMS, ROUNDS


@pytest.mark.parametrize("name", sorted(set(PROGRAMS) - ALONE))
def test_program_holds_traced_from_its_start(name: str, programs: Path) -> None:
    errors: list[str] = []
    engine, sink, buffer = new_engine(os.getpid(), errors.append)
    try:
        engine.want(sink, ON)
        with tempfile.TemporaryFile() as said, open(os.devnull, "w") as null:
            child = engine.spawn([str(programs / name)], stdout=null.fileno(), stderr=said.fileno())
            status = child.wait()
            said.seek(0)
            assert (status, said.read().decode()) == (0, "")
        assert buffer.entries() > 0
    finally:
        engine.stop()
    assert errors == []


def while_running(path: Path, disturb: Callable[[int], None]) -> None:
    """Runs the program round after round under `disturb(pid)`, and two more rounds after it; it must end with 0."""
    with Flag() as flag, tempfile.TemporaryFile() as said:
        env = {**os.environ, "CHECK_FLAG": flag.path}
        process = subprocess.Popen([path], env=env, stdout=said, stderr=said, start_new_session=True)
        try:
            assert until(lambda: flag.started, 60)
            disturb(process.pid)
            rounds = flag.rounds
            until(lambda: flag.rounds >= rounds + 2 or process.poll() is not None, 60)
            stuck = "" if flag.rounds >= rounds + 2 else watch.describe(process.pid)
            flag.stop()
            said.seek(0)
            assert (stuck, said.read().decode()) == ("", "")
            assert process.wait(60) == 0
        finally:
            for pid in reversed(watch.family(process.pid)):
                if process.poll() is None:
                    os.kill(pid, signal.SIGKILL)
            process.wait()


def in_and_out(seconds: float, settled: bool) -> Callable[[int], None]:
    """Attaches to the program and detaches from it again and again, waiting for each to be done or not."""

    def disturb(pid: int) -> None:
        errors: list[str] = []
        engine, sink, _ = new_engine(pid, errors.append)
        choose = random.Random(pid)
        try:
            limit = time.monotonic() + seconds
            while time.monotonic() < limit:
                engine.want(sink, ON)
                if settled:
                    assert engine.settle(60)
                time.sleep(choose.uniform(0, 0.02))
                engine.want(sink, OFF)
                if settled:
                    assert engine.settle(60)
                time.sleep(choose.uniform(0, 0.005))
        finally:
            engine.stop()

    return disturb


@pytest.mark.parametrize("name", sorted(ROUNDS - ALONE))
def test_program_holds_while_a_tracer_attaches_and_detaches(name: str, programs: Path) -> None:
    while_running(programs / name, in_and_out(0.4, settled=True))


@pytest.mark.parametrize(
    "name", ["threads", "fork", "exec_chain", "signals_queued", "jobs_threads", "vfork", "blocked"]
)
def test_program_holds_while_wishes_change_faster_than_they_are_met(name: str, programs: Path) -> None:
    while_running(programs / name, in_and_out(0.4, settled=False))


def test_a_traced_task_is_left_to_its_tracer_and_named(programs: Path) -> None:
    """A program that traces its own child, found in the midst of it: the child is skipped, the program is traced."""
    said: list[str] = []

    def disturb(pid: int) -> None:
        engine, sink, _ = new_engine(pid, said.append)
        try:
            for _ in range(20):
                engine.want(sink, ON)
                time.sleep(0.02)
                engine.want(sink, OFF)
        finally:
            engine.stop()

    with Flag() as flag:
        process = subprocess.Popen(["strace", "-f", "-qq", "-o", "/dev/null", programs / "threads"],
                                   env={**os.environ, "CHECK_FLAG": flag.path})  # fmt: skip
        try:
            assert until(lambda: flag.started, 60)
            disturb(process.pid)
            assert said
            assert any(str(flag.pid) in line for line in said)
            flag.stop()
            assert process.wait(60) == 0
        finally:
            process.kill()
            process.wait()
