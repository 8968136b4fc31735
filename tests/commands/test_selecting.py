# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs run`: which calls are shown, and control files without a mount."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.commands.test_run import run


def calls(lines: str) -> list[str]:
    """The names of the calls of strace's lines."""
    return re.findall(r"^\d+ +[\d.]+ (\w+)\(", lines, re.M)


def test_calls_by_set_and_name() -> None:
    found = calls(run("--strace", "-e", "%exec,exit_group", "--", "true").stderr)
    assert found == ["execve", "exit_group"]


def test_failed_and_successful_calls_and_those_with_an_errno(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    shown = [
        line for line in run("--strace", "-Z", "--", "cat", gone).stderr.splitlines() if re.match(r"\d+ +\d", line)
    ]
    assert all(" = -1 E" in line for line in shown if "+++" not in line)
    assert any(gone in line for line in shown)
    assert " = -1 E" not in run("--strace", "-z", "--", "cat", gone).stderr
    some = run("--strace", "--errno", "ENOENT", "-e", "openat", "--", "cat", gone).stderr
    assert f'"{gone}", O_RDONLY) = -1 ENOENT' in some


def test_a_filter_on_arguments_and_result_shows_whole_calls() -> None:
    lines = run(
        "--strace", "-e", "signal=none", "-e", "read,close", "-f", "fd == 3 && ret > 0", "--", "cat", "/etc/passwd"
    ).stderr
    assert set(calls(lines)) == {"read"}
    assert re.search(r'read\(3, "root:', lines)


def test_only_calls_on_a_path() -> None:
    lines = [line.split(": ", 1)[1] for line in run("-P", "/etc/pass*", "--", "cat", "/etc/passwd").stderr.splitlines()]
    assert lines[0].startswith("sys_openat(")
    assert "sys_close(fd: 3</etc/passwd>)" in lines
    assert lines[-1] == "sys_close -> 0"


def test_hist_and_get_are_shown_at_the_end() -> None:
    done = run("--no-lines", "--hist", "openat.keys=flags", "--get", "tracing_on", "--", "true")
    assert re.search(r"\{ flags: +524288 \} hitcount: +\d+\n", done.stderr)
    assert done.stderr.endswith("\n1\n")
    assert "sys_openat(" not in done.stderr


def test_set_and_mkdir_are_done_in_order() -> None:
    done = run(
        "--no-lines", "--mkdir", "instances/a", "--set", "instances/a/current_tracer=syscall",
        "--set", "instances/a/set_event+=sched:sched_process_exec", "--get", "instances/a/set_event",
        "--get", "instances/a/current_tracer", "--", "true",
    )  # fmt: skip
    assert done.stderr == "sched:sched_process_exec\nsyscall\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "trace_clock=nope"], "tracefs: run: trace_clock: nope: Invalid argument\n"),
        (["--set", "nosuch=1"], "tracefs: run: nosuch: 1: No such file or directory\n"),
        (["--set", "tracing_on"], "tracefs: run: --set tracing_on: FILE=TEXT or FILE+=TEXT is needed\n"),
        (
            ["--set", "events/sched/sched_process_exit/filter=foo == 1"],
            "tracefs: run: events/sched/sched_process_exit/filter: foo == 1: Invalid argument\n"
            "event filter parse error: error: Field not found\n  Command: foo == 1\n               ^\n",
        ),
        (
            ["-f", "foo == 3"],
            "tracefs: run: -f: Invalid argument\nfoo == 3\n    ^\nparse_error: Field not found\n",
        ),
        (["-e", "opnat"], "tracefs: run: -e opnat: no such call, set or event; did you mean openat, openat2?\n"),
        (
            ["--errno", "ENOENTT"],
            "tracefs: run: --errno ENOENTT: no such error; did you mean ENOENT, ENOTTY, ENONET?\n",
        ),
        (["-z"], "tracefs: run: -z, -Z, --errno, status=: calls whose end decides need --strace, --json or --csv\n"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_errors_are_the_files_own_with_the_caret(arguments: list[str], message: str) -> None:
    done = run(*arguments, "--", "true")
    assert (done.returncode, done.stderr) == (1, message)
