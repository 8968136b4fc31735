# SPDX-License-Identifier: GPL-2.0-only
"""Whoever makes itself or others wanted, by whatever file, loses no call: the write returns when they are held."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mount.mounting import PATIENCE, TRACEFS, Mounted, mounted, needs_fuse

pytestmark = needs_fuse

COUNTS = """
import os, sys
directory, pids, switch, value = sys.argv[1:]
def put(file, text, flags=0):
    fd = os.open(file, os.O_WRONLY | flags); os.write(fd, text.encode()); os.close(fd)
os.chdir(directory)
for count in (1, 300, 2, 100):
    if pids:
        put(pids, str(os.getpid()))
    put(switch, value)
    for _ in range(count): os.getppid()
    put("tracing_on", "0")
    print(count, open("trace").read().count("sys_getppid("))
    put("current_tracer", "nop")
    put("set_event", "\\n", os.O_TRUNC)
    put("trace", "\\n", os.O_TRUNC)
    put("tracing_on", "1")
"""
"""Prints how many calls it made and how many of them were recorded, some times."""

WRITERS = """
import os, sys
directory, rounds = sys.argv[1], int(sys.argv[2])
os.chdir(directory)
def put(file, text, flags=0):
    fd = os.open(file, os.O_WRONLY | flags); os.write(fd, text.encode()); os.close(fd)
for _ in range(rounds):
    for switch in ("1", "0"):
        put("events/syscalls/sys_enter_getpid/enable", switch)
        put("events/syscalls/sys_enter_getppid/enable", switch)
    put("set_event_pid", str(os.getpid()), os.O_APPEND)
    os.close(os.open("set_event_pid", os.O_WRONLY | os.O_TRUNC))
print("done")
"""
"""Makes itself and its like wanted, and not, over and over."""


@pytest.fixture(scope="module", params=["tree", "none"])
def mount(request: pytest.FixtureRequest) -> Iterator[Mounted]:
    with mounted([*TRACEFS, "mount", "--scope", request.param]) as made:
        yield made


def python(script: str, *words: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", script, *map(str, words)], stdout=subprocess.PIPE, text=True)


def output(process: subprocess.Popen[str]) -> str:
    try:
        return process.communicate(timeout=PATIENCE)[0]
    finally:
        process.kill()


@pytest.mark.parametrize(
    ("pids", "switch", "value"),
    [
        ("set_event_pid", "events/syscalls/sys_enter_getppid/enable", "1"),
        ("set_event_pid", "set_event", "syscalls:sys_enter_getppid"),
        ("set_ftrace_pid", "current_tracer", "syscall"),
    ],
)
def test_a_program_that_begins_its_own_tracing_loses_no_call(
    mount: Mounted, pids: str, switch: str, value: str
) -> None:
    in_scope = mount.status()["scope"] == "tree"
    assert output(python(COUNTS, mount.path, "" if in_scope else pids, switch, value)) == (
        "1 1\n300 300\n2 2\n100 100\n"
    )
    mount.write("set_event_pid", "")
    mount.write("set_ftrace_pid", "")


def test_the_execve_of_a_shell_that_names_itself_is_recorded(mount: Mounted) -> None:
    for _ in range(5):
        process = subprocess.Popen(
            [
                "bash",
                "-c",
                "echo $$ > set_event_pid; echo 1 > events/syscalls/sys_enter_execve/enable; exec /bin/true",
            ],
            cwd=mount.path,
        )
        assert process.wait(PATIENCE) == 0
        assert f"-{process.pid} " in mount.read("trace")
        mount.write("set_event", "")
        mount.write("set_event_pid", "")
        mount.write("trace", "\n")


def test_a_task_that_another_names_is_held_when_the_write_returns(mount: Mounted) -> None:
    """Its next call comes at once, by what the writer does next."""
    mount.write("events/syscalls/sys_enter_getppid/enable", "1")
    for _ in range(5):
        script = "import os; print('ready', flush=True); input(); os.getppid()"
        process = subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        mount.write("set_event_pid", str(process.pid))
        process.communicate("\n", timeout=PATIENCE)
        assert mount.read("trace").count(f"-{process.pid} ") == 1
        mount.write("set_event_pid", "")
    mount.write("events/enable", "0")
    mount.write("trace", "\n")


def test_writers_in_any_order_and_readers_that_wait_never_hold_each_other_up(mount: Mounted) -> None:
    reader = subprocess.Popen(["cat", mount.path / "trace_pipe"], stdout=subprocess.DEVNULL)
    writers = [python(WRITERS, mount.path, "20") for _ in range(4)]
    try:
        assert [output(writer) for writer in writers] == ["done\n"] * 4
    finally:
        reader.terminate()
        reader.wait(PATIENCE)
    mount.write("events/enable", "0")
    mount.write("trace", "\n")


def test_threads_of_one_program_write_at_once_and_lose_nothing(mount: Mounted) -> None:
    """Each is held while it waits for the answer to its own write."""
    path = mount.path / "events/syscalls/sys_enter_getpgid/enable"
    named = mount.status()["scope"] == "none"
    together = threading.Barrier(4)

    def switch_and_call() -> None:
        together.wait(PATIENCE)
        if named:
            pids = os.open(mount.path / "set_event_pid", os.O_WRONLY | os.O_APPEND)
            os.write(pids, str(threading.get_native_id()).encode())
            os.close(pids)
        path.write_text("1")
        for _ in range(50):
            os.getpgid(0)

    threads = [threading.Thread(target=switch_and_call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    path.write_text("0")
    mount.write("set_event_pid", "")
    assert mount.read("trace").count("sys_getpgid(") == 4 * 50
