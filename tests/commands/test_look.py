# SPDX-License-Identifier: GPL-2.0-only
"""How the lines of `tracefs run` look: times, colours, width; a file a task."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import time
from pathlib import Path

import pytest

from tests.commands.test_run import run
from tests.mount.mounting import PATIENCE, TRACEFS
from tracefs.commands.lines import Changed, coloured
from tracefs.export.stamps import STYLES

NOON = 1_700_000_000_123_456_789


def test_times_in_each_style(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    shown = {}
    for name, make in STYLES.items():
        stamp = make()
        shown[name] = stamp(NOON) + "|" + stamp(NOON + 1_000_000_000) + "|" + stamp(NOON + 1_500_000_000)
    monkeypatch.undo()
    time.tzset()
    assert shown == {
        "unix": "1700000000.123456 |1700000001.123456 |1700000001.623456 ",
        "day": "22:13:20 |22:13:21 |22:13:21 ",
        "us": "22:13:20.123456 |22:13:21.123456 |22:13:21.623456 ",
        "start": "     0.000000 |     1.000000 |     1.500000 ",
        "delta": "     0.000000 |     1.000000 |     0.500000 ",
        "none": "||",
    }


def test_colours_do_not_change_the_text() -> None:
    line = b'21966 1795943295.568822 openat(AT_FDCWD, "/a\\"b(", O_RDONLY) = -1 ENOENT (No such file or directory) <0.000010>'
    shown = coloured(line)
    assert shown == (
        b'\33[2m21966 1795943295.568822 \33[0m\33[1mopenat\33[0m(AT_FDCWD, \33[32m"/a\\"b("\33[0m, O_RDONLY) '
        b"\33[31m= -1 ENOENT (No such file or directory)\33[0m <0.000010>"
    )
    assert re.sub(rb"\x1b\[\d+m", b"", shown) == line


def test_pieces_of_lines_are_put_together() -> None:
    pieces = iter([b"one\ntw", b"o\n", b"three", b""])
    take = Changed(lambda last: next(pieces), [bytes.upper])
    assert [take(False), take(False), take(True)] == [b"ONE\n", b"TWO\n", b"THREE"]


@pytest.mark.parametrize(
    ("environ", "colours"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)], ids=str
)
def test_a_terminal_gets_colours_unless_told_not_to(environ: dict[str, str], colours: bool) -> None:
    ours, theirs = pty.openpty()
    command = [*TRACEFS, "run", "-e", "execve", "--fit", "--", "true"]
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    subprocess.run(command, stderr=theirs, env=kept | {"TERM": "xterm"} | environ, timeout=PATIENCE, check=True)
    os.close(theirs)
    said = b""
    try:
        while data := os.read(ours, 4096):
            said += data
    except OSError:
        pass  # all was read
    os.close(ours)
    assert (b"\33[1msys_execve\33[0m(" in said) is colours
    assert all(len(re.sub(rb"\x1b\[\d+m", b"", line)) <= 80 for line in said.split(b"\r\n"))


def test_environments_are_left_out() -> None:
    assert re.search(
        r'argv: \["true"\], envp: 0x[0-9a-f]+\)\n', run("--no-environ", "-e", "execve", "--", "true").stderr
    )


def test_a_file_a_task(tmp_path: Path) -> None:
    shell = "true; /bin/true; :"
    assert run("--strace", "-w", f"{tmp_path}/out.%p", "-e", "execve", "--", "sh", "-c", shell).stderr == ""
    texts = [file.read_text() for file in sorted(tmp_path.iterdir())]
    assert len(texts) == 2
    assert all(re.match(r"\d+\.\d{6} execve\(", text) for text in texts)
    run("--json", "-w", f"{tmp_path}/json.%p", "-e", "exit_group", "--", "sh", "-c", shell)
    for file in tmp_path.glob("json.*"):
        assert {json.loads(line)["tid"] for line in file.read_text().splitlines()} == {int(file.suffix[1:])}


def test_append_keeps_what_there_is(tmp_path: Path) -> None:
    file = tmp_path / "out"
    file.write_text("before\n")
    run("--append", "-w", file, "-e", "exit_group", "--", "true")
    assert re.fullmatch(r"before\n.*sys_exit_group\(error_code: 0\)\n", file.read_text())


def test_version_and_a_bare_word() -> None:
    done = subprocess.run([*TRACEFS, "--version"], capture_output=True, text=True, check=False)
    assert re.fullmatch(r"tracefs \S+\n", done.stdout)
    bare = subprocess.run([*TRACEFS[:-1], "tracefs"], capture_output=True, text=True, check=False)
    assert (bare.returncode, bare.stderr, bare.stdout.count("\n  tracefs ")) == (0, "", 3)
