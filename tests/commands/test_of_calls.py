# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs files-touched`, `profile --seccomp`, `diff`: of commands, and of recordings."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.test_run import run
from tests.mount.mounting import PATIENCE, TRACEFS


def tracefs(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*TRACEFS, *map(str, words)], capture_output=True, text=True, timeout=PATIENCE, check=False)


SOCKETS = """
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("127.0.0.1", 53))
socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).connect(("::1", 54))
"""


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("touched")
    file = directory / "trace.dat"
    script = f"cd {directory}; cat /etc/passwd /gone > out 2> /dev/null; rm out"
    assert run("-y", "--trace-dat", "-w", file, "--", "sh", "-c", script).returncode == 0
    return file


def test_files_of_each_process(recording: Path) -> None:
    done = tracefs("files-touched", "--json", "-r", recording)
    assert (done.returncode, done.stderr) == (0, "")
    shell, cat, rm = map(json.loads, done.stdout.splitlines())
    out = str(recording.with_name("out"))
    assert [Path(each["program"]).name for each in (shell, cat, rm)] == ["sh", "cat", "rm"]
    assert out in shell["wrote"]
    assert "/etc/passwd" in cat["read"]
    assert "/gone" in cat["missing"]
    assert rm["wrote"] == [out]
    assert rm["ran"] == [rm["program"]]


def test_hosts_and_programs(tmp_path: Path) -> None:
    file = tmp_path / "touched"
    done = tracefs(
        "files-touched", "--by-program", "-w", file, "--", sys.executable, "-S", "-c", SOCKETS + "print('out')"
    )
    assert (done.returncode, done.stdout) == (0, "out\n")
    lines = file.read_text().splitlines()
    assert not lines[0].startswith(" ")
    assert {line for line in lines if line.startswith("  hosts")} >= {"  hosts   127.0.0.1:53", "  hosts   [::1]:54"}


def test_a_seccomp_profile_allows_what_was_called(recording: Path) -> None:
    profile = json.loads(tracefs("profile", "--seccomp", "-r", recording).stdout)
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    assert profile["architectures"] == ["SCMP_ARCH_X86_64"]
    (allowed,) = profile["syscalls"]
    assert allowed["action"] == "SCMP_ACT_ALLOW"
    assert {"openat", "execve", "unlinkat", "exit_group", "rt_sigreturn"} <= set(allowed["names"])
    assert "socket" not in allowed["names"]


def test_a_commands_own_output_is_not_in_the_profile() -> None:
    done = tracefs("profile", "--seccomp", "--", "echo", "hello")
    assert json.loads(done.stdout)["defaultErrnoRet"] == 1
    assert done.stderr == "hello\n"


def test_diff_of_commands_and_its_status(recording: Path) -> None:
    same = tracefs("diff", recording, recording)
    assert (same.returncode, same.stdout) == (0, "")
    done = tracefs("diff", "-e", "openat", "--run", "cat /etc/passwd", "cat /etc/group")
    assert done.returncode == 1
    assert "- openat(dfd: AT_FDCWD" in done.stdout
    assert '"/etc/group", flags: O_RDONLY) = 3' in done.stdout.replace(f"<{Path.cwd()}>", "").rpartition("+ ")[2]


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["diff", "/gone", "/gone"], 2, "tracefs: diff: /gone: No such file or directory\n"),
        (["profile", "true"], 1, "tracefs: profile: --seccomp is needed: the only kind of profile that there is\n"),
        (["files-touched"], 1, "tracefs: files-touched: a command, or -r FILE, is needed\n"),
        (["files-touched", "/gone"], 1, "tracefs: files-touched: /gone: No such file or directory\n"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_is_said(words: list[str], status: int, message: str) -> None:
    done = tracefs(*words)
    assert (done.returncode, done.stderr) == (status, message)
