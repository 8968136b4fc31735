# SPDX-License-Identifier: GPL-2.0-only
"""Attaching to what is hard to attach to: many tasks, endless sleepers, tasks that die meanwhile, numbers used
again."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ringbuf import RingBuffer
from tests.capture.harness import watch
from tests.capture.harness.engines import OFF, ON, new_engine
from tests.capture.harness.flag import Flag, until
from tests.capture.harness.records import by_task, records
from tracefs.capture import Engine, Scope
from tracefs.events import Cmdlines
from tracefs.syscalls import by_name, by_number


@contextmanager
def running(program: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The program, round after round; it must end with 0."""
    with Flag() as flag:
        process = subprocess.Popen([program], env={**os.environ, "CHECK_FLAG": flag.path}, start_new_session=True)
        try:
            assert until(lambda: flag.started, 60)
            yield process
            flag.stop()
            assert process.wait(60) == 0
        finally:
            if process.returncode is None:
                process.kill()
                process.wait()


@pytest.fixture
def few_descriptors() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("few_descriptors")
def test_a_thousand_threads_are_all_recorded_with_few_descriptors(programs: Path) -> None:
    engine, sink, buffer = new_engine(os.getpid(), print, 16 << 20)
    try:
        engine.want(sink, ON)
        child = engine.spawn([str(programs / "many_threads")])
        assert child.wait(100) == 0
    finally:
        engine.stop()
    asked = [tid for tid, own in by_task(records(buffer)).items() if any(one.name == "getppid" for one in own)]
    assert len(asked) == 1000


@pytest.mark.usefixtures("few_descriptors")
def test_a_thousand_running_threads_are_attached_and_let_go(programs: Path) -> None:
    with running(programs / "many_threads") as process:
        engine, sink, _ = new_engine(process.pid, print)
        try:
            for _ in range(2):
                engine.want(sink, ON)
                assert until(lambda: len(engine.tracees()) > 500, 60)
                engine.want(sink, OFF)
                assert engine.settle(60)
        finally:
            engine.stop()
        assert all(one.tracer == 0 for one in watch.tasks(process.pid))


def test_every_thread_of_a_program_that_never_stops_making_them_is_traced(programs: Path) -> None:
    with running(programs / "threads") as process:
        engine, sink, _ = new_engine(process.pid, print)
        try:
            engine.want(sink, ON)
            assert engine.settle(30)
            seen: set[int] = set()
            limit = time.monotonic() + 60
            while len(seen) < 50 and time.monotonic() < limit:
                now = watch.tasks(process.pid)
                assert [str(one) for one in now if one.tracer == 0 and one.state not in "ZX"] == []
                seen |= {one.tid for one in now}
            assert len(seen) >= 50
        finally:
            engine.stop()


def test_a_server_that_sleeps_in_epoll_wait_is_attached_and_sees_nothing_of_it(programs: Path) -> None:
    with Flag() as flag:
        env = {**os.environ, "CHECK_FLAG": flag.path}
        process = subprocess.Popen([programs / "asleep"], env=env, start_new_session=True)
        engine, sink, buffer = new_engine(process.pid, print)
        try:
            assert until(lambda: len(watch.tasks(process.pid)) == 2, 60)
            (server,) = (one.tid for one in watch.tasks(process.pid) if one.tid != process.pid)
            engine.want(sink, ON)
            assert engine.settle(30)
            flag.stop()  # the server gets its byte, and makes a call that shows that it was recorded
            assert until(lambda: all(one.state == "Z" for one in watch.tasks(process.pid)), 60)
        finally:
            engine.stop()  # and only then a wait: ours would meet its stops
            process.kill()
        assert process.wait() == 0
    own = by_task(records(buffer))[server]
    assert [one.values for one in own if one.name == "epoll_wait" and one.kind == "exit"] == [(1,)]
    assert any(one.name == "getppid" for one in own)


def test_of_a_call_that_was_begun_before_only_the_end_is_recorded_and_the_next_call(programs: Path) -> None:
    """Though it may have been interrupted and made again: the kernel knows nothing of that."""
    process = subprocess.Popen([programs / "asleep_in"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin
    assert process.stdout
    engine, sink, buffer = new_engine(process.pid, print)
    try:
        asleep = [tuple(map(int, process.stdout.readline().split())) for _ in range(23)]
        for pid, number, _ in asleep:
            assert until(lambda: watch.tasks(pid)[0].syscall.split()[0] == str(number), 60)  # noqa: B023
        engine.want(sink, ON)
        assert engine.settle(60)
        before = [str(one) for pid, *_ in asleep for one in by_task(records(buffer)).get(pid, [])]
        process.stdin.close()
        assert until(lambda: all(one.state == "Z" for one in watch.tasks(process.pid)), 60)
    finally:
        engine.stop()
        process.kill()
        process.wait()
    assert before == []
    recorded = by_task(records(buffer))
    for pid, number, result in asleep:
        first, second, *_ = (one for one in recorded[pid] if one.name != "rt_sigreturn")
        assert (first.kind, first.name, first.values) == ("exit", by_number[number].name, (result,))
        assert (second.kind, second.name) == ("enter", "getppid")


def test_a_handler_that_ends_a_call_begun_before_shows_its_end() -> None:
    script = "import signal, os; signal.signal(signal.SIGUSR1, lambda *_: os._exit(5)); signal.pause()"
    process = subprocess.Popen([sys.executable, "-c", script])
    engine, sink, buffer = new_engine(process.pid, print)
    try:
        number = str(by_name["pause"].nr)
        assert until(lambda: [one.syscall.split()[0] for one in watch.tasks(process.pid)] == [number], 60)
        engine.want(sink, ON)
        assert engine.settle(60)
        # not send_signal(), which asks with waitpid(2), and may take a stop for an end
        os.kill(process.pid, signal.SIGUSR1)
        assert until(lambda: all(one.state == "Z" for one in watch.tasks(process.pid)), 60)
    finally:
        engine.stop()
        process.kill()
        process.wait()
    first = by_task(records(buffer))[process.pid][0]
    assert (first.kind, first.name, first.values) == ("exit", "pause", (-514,))


def test_processes_that_die_while_they_are_attached_to_leave_nothing_behind(programs: Path) -> None:
    for _ in range(30):
        said: list[str] = []
        root = subprocess.Popen(["sh", "-c", "sleep 100 & sleep 100 & wait"], start_new_session=True)
        engine, sink, _ = new_engine(root.pid, said.append)
        try:
            os.killpg(root.pid, signal.SIGKILL)
            engine.want(sink, ON)
            assert engine.settle(60)
            assert engine.tracees() == []
        finally:
            engine.stop()
            root.wait()
        assert set(said) <= {f"no process is left in scope: {root.pid} has ended"}


@pytest.mark.parametrize("whose", ["own", "another's"])
def test_a_scope_whose_first_process_lives_has_not_run_out_though_there_is_nobody_to_trace(whose: str) -> None:
    """The tracer's own process (as of `run`) is never traced; another's may be refused."""
    said: list[str] = []
    root = subprocess.Popen(["sleep", "100"])
    engine, sink, _ = new_engine(os.getpid() if whose == "own" else root.pid, said.append)
    try:
        engine.want(sink, ON)
        assert engine.settle(60)
        assert said == []
        if whose != "own":
            # root.kill() may find its stop, since we are its tracer, and take that for its end
            os.kill(root.pid, signal.SIGKILL)
            assert until(lambda: said == [f"no process is left in scope: {root.pid} has ended"], 60)
    finally:
        engine.stop()
        root.kill()
        root.wait()


@pytest.mark.parametrize("_", range(5))
def test_who_takes_the_place_of_a_scopes_first_process_is_recorded_from_its_end_on(_: int) -> None:
    """A shell waits for a script that began the tracing: of its own calls the first after that is recorded, each
    time."""
    number = str(by_name["wait4"].nr)
    shell = subprocess.Popen(["bash", "-c", "sleep 1000; exit 7"], start_new_session=True)
    assert until(lambda: [one.syscall.split()[0] for one in watch.tasks(shell.pid)] == [number], 60)
    (script,) = watch.children(shell.pid)
    engine = Engine(Cmdlines(), scope=Scope("tree", script, above=(shell.pid,)), on_error=print)
    buffer = RingBuffer.create(os.cpu_count() or 1, 65536)
    sink = engine.add_sink(buffer)
    engine.start()
    try:
        engine.want(sink, ON)
        os.kill(script, signal.SIGKILL)
        assert until(lambda: all(one.state == "Z" for one in watch.tasks(shell.pid)), 60)
    finally:
        engine.stop()
        shell.kill()
        shell.wait()
    first, *_, last = by_task(records(buffer))[shell.pid]
    assert (first.kind, first.name, first.values) == ("exit", "wait4", (script,))
    assert (last.kind, last.name, last.values) == ("enter", "exit_group", (7,))


def last_pid(pid: int) -> bool:
    """Have the next process get the number after this one. False: it may not be set here."""
    try:
        Path("/proc/sys/kernel/ns_last_pid").write_text(str(pid))
    except OSError:
        return False
    return True


def test_a_number_that_is_used_again_is_another_task() -> None:
    engine, sink, buffer = new_engine(os.getpid(), print, 1 << 20)
    try:
        engine.want(sink, ON)
        first = engine.spawn(["/bin/true"])
        assert first.wait() == 0
        if not last_pid(first.pid - 1):
            pytest.skip("ns_last_pid cannot be set here: needs root and CONFIG_CHECKPOINT_RESTORE")
        for _ in range(20):  # others may take the number
            last_pid(first.pid - 1)
            again = engine.spawn(["/bin/sh", "-c", "exit 9"])
            assert again.wait() == 9
            if again.pid == first.pid:
                break
        else:
            pytest.skip("others took the number each time")
    finally:
        engine.stop()
    own = by_task(records(buffer))[first.pid]
    assert [one.values[0] for one in own if one.name == "exit_group"] == [0, 9]
    assert sum(one.name == "execve" and one.kind == "exit" for one in own) == 2
