# SPDX-License-Identifier: GPL-2.0-only
"""A fault of ours costs the task that it is about; the capture thread goes on, and what happened is told."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from ringbuf import RingBuffer
from tests.capture.harness.engines import ON, new_engine
from tests.capture.harness.flag import until
from tests.capture.harness.records import records
from tracefs.capture.policy import procfs
from tracefs.capture.policy.native import Core
from tracefs.capture.policy.session import Session
from tracefs.capture.wanted import PidSet


def names(buffer: RingBuffer) -> list[str]:
    """The calls whose entry was recorded."""
    return [one.name for one in records(buffer) if one.kind == "enter"]


class Sleeper:
    """A process that sleeps until it is told to write. Its parent is a shell, whose waits do not meet its tracer's."""

    def __init__(self) -> None:
        body = "exec 3<&0; (read x <&3; echo >&2) & echo $!; wait $!"
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self.shell = subprocess.Popen(["/bin/sh", "-c", body], **pipes)
        assert self.shell.stdout
        self.pid = int(self.shell.stdout.readline())

    def go(self) -> int:
        self.shell.communicate(b"x\n")
        return self.shell.returncode


def test_a_fault_about_one_task_costs_that_task_only(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = Sleeper(), Sleeper()
    told: list[str] = []
    real = procfs.sight

    def sight(tid: int) -> procfs.Sight | None:
        if tid == bad.pid:
            raise OverflowError("no such thing was foreseen")
        return real(tid)

    monkeypatch.setattr(procfs, "sight", sight)
    engine, sink, buffer = new_engine(os.getpid(), told.append, 1 << 20)
    try:
        engine.want(sink, replace(ON, tracer_pids=PidSet(True, frozenset({bad.pid, good.pid}))))
        assert until(lambda: bool(told) and not engine._core.unstopped() and not engine._core.interrupted(), 10)
        assert bad.go() == good.go() == 0
        assert until(lambda: "exit_group" in names(buffer), 10)
    finally:
        engine.stop()
    assert {one.pid for one in records(buffer)} == {good.pid}
    assert told == [f"let go of sh-{bad.pid}: internal error: OverflowError('no such thing was foreseen')"]
    assert [record.message for record in caplog.records] == [f"capture: task {bad.pid} failed"]
    assert "in sight\n    raise OverflowError" in caplog.text  # with its traceback


def test_the_capture_thread_goes_on_after_a_fault(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []
    real, faults = Session._work, iter([True, True])

    def work(session: Session) -> bool:
        if next(faults, False):
            raise LookupError("twice")
        return real(session)

    monkeypatch.setattr(Session, "_work", work)
    engine, sink, buffer = new_engine(os.getpid(), told.append, 1 << 20)
    try:
        engine.want(sink, ON)
        assert engine.spawn(["/bin/sh", "-c", "exit 3"]).wait(60) == 3
        assert "exit_group" in names(buffer)
    finally:
        engine.stop()
    assert told == ["internal error: LookupError('twice')"] * 2
    assert [record.exc_info is not None for record in caplog.records] == [True, True]


def test_an_error_that_cannot_be_told_ends_nothing() -> None:
    def full(_: str) -> None:
        raise OSError(28, "No space left on device")

    held = subprocess.Popen(["/bin/sleep", "60"])
    engine, sink, _ = new_engine(held.pid, full, 1 << 20)
    other, other_sink, _ = new_engine(held.pid, full, 1 << 20)
    try:
        engine.want(sink, ON)
        assert engine.settle(60)
        other.want(other_sink, ON)  # "already traced by"
        assert other.spawn(["/bin/true"]).wait(60) == 0
    finally:
        other.stop()
        engine.stop()
        held.send_signal(signal.SIGKILL)
        held.wait()


def test_where_capturing_cannot_start_the_write_says_so_and_nothing_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    def enter(_: Core) -> None:
        raise OSError(11, os.strerror(11))

    engine, sink, _ = new_engine(os.getpid(), lambda _: None, 1 << 20)
    with monkeypatch.context() as patched:
        patched.setattr(Core, "enter", enter)
        for attempt in (lambda: engine.want(sink, ON), lambda: engine.spawn(["/bin/true"])):
            with pytest.raises(OSError, match="Resource temporarily unavailable"):
                attempt()
    assert engine.spawn(["/bin/true"]).wait(60) == 0  # when there is room again
    engine.stop()


def test_a_name_with_line_ends_forges_no_line_of_status() -> None:
    """/proc/TID/status escapes \\n in a name only; other ends of lines do not count."""
    parent, child = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        Path("/proc/self/comm").write_bytes(b"x\x0bState:T\r\x1cA:1")
        os.write(parent[1], b"x")
        os.read(child[0], 1)
        os._exit(0)
    os.read(parent[0], 1)
    seen, shown = procfs.status(pid), procfs.comm(pid)
    os.write(child[1], b"x")
    os.waitpid(pid, 0)
    for fd in (*parent, *child):
        os.close(fd)
    assert seen["Name"] == "x\x0bState:T\r\x1cA:1"
    assert seen["State"][0] in "SR"
    assert "A" not in seen
    assert shown == r"x\013State:T\015\034A:1"
