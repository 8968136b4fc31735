# SPDX-License-Identifier: GPL-2.0-only
"""Wrong usage: one line on stderr that says what is wrong, and a status that is not 0."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.mount.mounting import PATIENCE, TRACEFS, closed
from tracefs import cli


def answer(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """(status, stdout, stderr) of `tracefs ARGUMENTS`."""
    try:
        status: object = cli.main(arguments)
    except SystemExit as end:
        status = end.code
    assert isinstance(status, int)
    return status, *capsys.readouterr()


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["--nonsense"],
        ["mount"],
        ["mount", "a", "b"],
        ["mount", "a", "--scope"],
        ["mount", "a", "--scope", "all"],
        ["mount", "a", "--log"],
        ["umount"],
        ["umount", "a", "b"],
        ["umount", "--lazy", "a"],
        ["status", "a", "b"],
        ["run", "-o"],
        ["run", "-e"],
        ["run", "-w"],
        ["run", "-Q", "true"],
        ["run", "--json", "--perf", "true"],
        ["doctor", "a"],
        ["metadata", "a", "b"],
    ],
    ids=" ".join,
)
def test_usage_that_cannot_be_parsed_is_status_2_and_one_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = answer(arguments, capsys)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.endswith("--help)\n")


REFUSED = {
    "mount ": "tracefs: no directory is named by an empty path",
    "mount full": "tracefs: {here}/full is not empty",
    "mount file": "tracefs: {here}/file: Not a directory",
    "mount missing": "tracefs: {here}/missing: No such file or directory (mkdir {here}/missing)",
    "mount circle": "tracefs: circle: Too many levels of symbolic links",
    "mount two\nlines": "tracefs: {here}/two lines: No such file or directory (mkdir '{here}/two lines')",
    "mount empty --log missing/log": "tracefs: {here}/missing/log: No such file or directory",
    "mount empty --log full": "tracefs: {here}/full: Is a directory",
    "umount ": "tracefs: no directory is named by an empty path",
    "umount empty": "tracefs: {here}/empty: no tracefs of yours is mounted there",
    "umount missing": "tracefs: {here}/missing: no tracefs of yours is mounted there",
    "umount /": "tracefs: /: no tracefs of yours is mounted there",
    "status ": "tracefs: no directory is named by an empty path",
    "status empty": "tracefs: {here}/empty: no tracefs of yours is mounted there",
    "run": "tracefs: run: no command given",
    "run --perf true": "tracefs: run: --perf needs -w FILE",
    "run --trace-dat -w /dev/null true": "tracefs: run: /dev/null: --trace-dat needs a regular file",
    "metadata --follow": "tracefs: metadata: --follow needs the directory of a mount",
}


@pytest.mark.parametrize(("line", "message"), REFUSED.items(), ids=map(repr, REFUSED))
def test_what_cannot_be_done_is_status_1_and_one_line(
    line: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here = tmp_path.resolve()
    monkeypatch.chdir(here)
    (here / "empty").mkdir()
    (here / "full").mkdir()
    (here / "full/file").touch()
    (here / "file").touch()
    (here / "circle").symlink_to("circle")
    assert answer(line.split(" "), capsys) == (1, "", message.format(here=here) + "\n")


def test_a_closed_stdout_is_no_fault() -> None:
    done = subprocess.run([*TRACEFS, "status"], stderr=subprocess.PIPE, **closed(0, 1))  # type: ignore[call-overload]
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_full_stdout_is_one_clear_line() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([*TRACEFS, "status"], stdout=full, stderr=subprocess.PIPE, timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (1, b"tracefs: No space left on device\n")
