# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs run`: processes that run already, which children, and until when."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.commands.test_run import run
from tests.mount.mounting import PATIENCE, TRACEFS, eventually

LOOP = "while :; do /bin/true; read -r line < /dev/null; sleep 0.02; done"


@contextmanager
def running(*argv: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, text=True, start_new_session=True)
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def tracing(lines: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`tracefs run -w LINES ...` in the background."""
    process = subprocess.Popen([*TRACEFS, "run", "-w", lines, *arguments], stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def executed(lines: str) -> list[str]:
    return re.findall(r'execve\("?(?:filename: ")?([^"]+)"', lines)


def test_a_process_is_traced_with_its_children_until_ctrl_c_and_goes_on(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    with running("sh", "-c", LOOP) as loop, tracing(lines, "--strace", "-p", str(loop.pid)) as tracer:
        assert eventually(lambda: lines.exists() and lines.read_text().count('execve("/bin/true"') > 1)
        tracer.send_signal(signal.SIGINT)
        assert tracer.wait(PATIENCE) == 0
        assert "TracerPid:\t0\n" in Path(f"/proc/{loop.pid}/status").read_text()
        children = Path(f"/proc/{loop.pid}/task/{loop.pid}/children")
        before = children.read_text()
        assert eventually(lambda: children.read_text() not in ("", before))  # it makes new ones
        assert loop.poll() is None
    assert re.search(rf'^{loop.pid} +.* openat\(AT_FDCWD, "/dev/null"', lines.read_text(), re.M)


def test_a_process_by_its_name_to_its_end_and_its_children_that_there_are(tmp_path: Path) -> None:
    name = tmp_path / f"n{os.getpid()}"
    name.symlink_to("/bin/sleep")
    with running("sh", "-c", f"{name} 30 & wait") as parent:
        assert eventually(lambda: bool(Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text()))
        child = int(Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text())
        assert eventually(lambda: Path(f"/proc/{child}/comm").read_text().strip() == name.name)
        with tracing(tmp_path / "both", "-p", str(parent.pid)) as both:
            assert eventually(lambda: f"TracerPid:\t{0}\n" not in Path(f"/proc/{child}/status").read_text())
            both.send_signal(signal.SIGTERM)
            assert both.wait(PATIENCE) == 0
        with tracing(tmp_path / "lines", "--strace", "-p", name.name) as tracer:
            assert eventually(lambda: "TracerPid:\t0\n" not in Path(f"/proc/{child}/status").read_text())
            os.kill(child, signal.SIGTERM)
            assert tracer.wait(PATIENCE) == 0
        assert f"{child} " in (tmp_path / "lines").read_text()
        assert "killed by SIGTERM +++" in (tmp_path / "lines").read_text()


def test_a_process_that_another_traces_is_not_had(tmp_path: Path) -> None:
    with running("sleep", "1000") as target, tracing(tmp_path / "lines", "-p", str(target.pid)):
        assert eventually(lambda: "TracerPid:\t0\n" not in Path(f"/proc/{target.pid}/status").read_text())
        done = run("-p", target.pid)
    assert done.returncode == 1
    assert re.fullmatch(
        rf"tracefs: cannot trace sleep-{target.pid}: already traced by \S+ \(\d+\)\n"
        r"tracefs: run: -p: nothing is traced\n",
        done.stderr,
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-p", "2147483647"], "tracefs: run: -p 2147483647: no such process\n"),
        (["-p", "no-such-name-at-all"], "tracefs: run: -p no-such-name-at-all: no process is called that\n"),
        (["-p", ","], "tracefs: run: -p: a number or a name is needed\n"),
        (
            ["--until", "opnat", "true"],
            "tracefs: run: --until: opnat: no such call, set or event; did you mean openat, openat2?\n",
        ),
    ],
)
def test_what_cannot_be_is_said(arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (1, message)


def test_which_children_are_recorded() -> None:
    script = "/bin/true; (/bin/echo; :); exit 3"
    programs = {"sh": 0, "/bin/true": 0, "/bin/echo": 0}

    def seen(*options: str) -> list[str]:
        done = run("--strace", "-e", "execve,exit_group", *options, "--", "/bin/sh", "-c", script)
        assert done.returncode == 3
        return sorted(name for name in executed(done.stderr) if name in programs or name == "/bin/sh")

    assert seen() == ["/bin/echo", "/bin/sh", "/bin/true"]
    assert seen("--no-follow") == ["/bin/sh"]
    assert seen("--depth", "1") == ["/bin/sh", "/bin/true"]
    assert seen("--depth", "2") == ["/bin/echo", "/bin/sh", "/bin/true"]
    assert seen("--follow-exec", "echo") == ["/bin/echo", "/bin/sh"]
    assert seen("--follow-exec", "/bin/*") == ["/bin/echo", "/bin/sh", "/bin/true"]
    exits = run("--strace", "--detach-exec", "tr*", "--", "/bin/sh", "-c", script).stderr
    (true,) = re.findall(r'^(\d+) .* execve\("/bin/true"', exits, re.M)
    assert re.findall(rf"^{true} +\S+ (\w+)", exits, re.M)[-1] == "execve"
    assert 'execve("/bin/echo"' in exits


def test_a_child_that_executes_nothing_that_was_asked_for_is_not_recorded_nor_its_failed_execve() -> None:
    script = "/nonexistent/echo; (cat /dev/null); /bin/echo"
    lines = run("--strace", "--follow-exec", "echo", "--", "/bin/sh", "-c", script).stderr
    assert executed(lines) == ["/bin/sh", "/nonexistent/echo", "/bin/echo"]
    (failed,) = re.findall(r'^(\d+) .* execve\("/nonexistent', lines, re.M)
    assert len(re.findall(rf"^{failed} +[\d.]+ \w+\(", lines, re.M)) == 1


def test_recording_ends_after_so_many_lines_and_the_command_goes_on(tmp_path: Path) -> None:
    done = run(
        "--max-events", "3", "--", "sh", "-c", "for n in 1 2 3 4; do /bin/true; done; cat /proc/$$/status; exit 4"
    )
    assert done.returncode == 4
    assert len(done.stderr.splitlines()) == 3
    trace = tmp_path / "trace.dat"
    assert run("--trace-dat", "-w", trace, "--max-events", "5", "--", "true").returncode == 0
    objects = run("--json", "--fd", "2", "--max-events", "2", "--", "true").stderr.splitlines()
    assert len(objects) == 2


def test_recording_ends_after_so_long() -> None:
    script = "until grep -q '^TracerPid:.0$' /proc/self/status; do :; done; exit 5"  # it ends when it is let go
    done = run("--for", "0.3", "--strace", "--", "sh", "-c", script)
    assert done.returncode == 5
    assert "execve(" in done.stderr
    assert "exit_group(5)" not in done.stderr


@pytest.mark.parametrize("condition", ["fd == 777", "ret == -9"])
def test_recording_ends_at_an_event_that_passes_a_filter(condition: str) -> None:
    script = "import os\ntry: os.close(777)\nexcept OSError: pass\nos.getppid()"

    def calls(*options: str) -> list[str]:
        done = run("--strace", *options, "--", "python3", "-Sc", script)
        assert done.returncode == 0
        return re.findall(r"^\d+ +[\d.]+ (\w+)\(", done.stderr, re.M)

    assert "getppid" in calls()
    found = calls("--until", f"close if {condition}")
    assert (found[0], "getppid" in found) == ("execve", False)


def test_a_ring_has_the_end(tmp_path: Path) -> None:
    done = run(
        "--ring", "--set", "buffer_size_kb=128", "-e", "getpid,exit_group", "--",
        "python3", "-Sc", "import os\nfor n in range(20000): os.getpid()",
    )  # fmt: skip
    lines = done.stderr.splitlines()
    assert "sys_exit_group(error_code: 0)" in lines[-1]
    assert 10 < sum("sys_getpid()" in line for line in lines) < 20000
