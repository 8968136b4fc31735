# SPDX-License-Identifier: GPL-2.0-only
"""docs/from-strace.md: each option of strace's is taken, or answered with what does the same here, or with why it is
left out."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.test_run import run
from tests.commands.test_usage import answer
from tracefs import cli
from tracefs.front.from_strace import Row, rows

ROOT = Path(__file__).parents[2]
BY_VALUE = {"-ff", "-f", "-o"}
"""Options here, too, of another meaning: the value is what is answered."""


def test_the_page_is_what_the_table_says() -> None:
    command = [sys.executable, ROOT / "scripts/gen-from-strace", "--print"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert (ROOT / "docs/from-strace.md").read_text() == printed


@pytest.mark.parametrize("row", [row for row in rows() if row.ours], ids=lambda row: row.theirs)
def test_what_does_the_same_is_taken(row: Row) -> None:
    words = shlex.split(row.ours)
    if words == ["--help"]:
        return
    assert cli.parser(["run"]).parse_args(["run", *words, "--", "true"]).command == ["--", "true"]


@pytest.mark.parametrize(
    "row",
    [
        row
        for row in rows()
        for name in (row.short,)
        if name.startswith("-") and " " not in name and name not in BY_VALUE
    ],
    ids=lambda row: row.theirs,
)
def test_straces_spelling_is_taken_or_answered(row: Row, capsys: pytest.CaptureFixture[str]) -> None:
    if row.ours.split(" ")[0] in (row.short, f"-{row.short[-1]}") or row.short in ("-h", "-w", "-s", "-P", "-E"):
        return  # the same word
    status, _, err = answer(["run", row.short, "--", "true"], capsys)
    assert status == 2
    assert err.startswith(f"tracefs run: {row.answer}" if row.short != "-ttt" else "tracefs run: strace's -ttt")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["--output=x"], "tracefs run: strace's -o FILE is -w FILE here"),
        (["--stack-trace"], "tracefs run: strace's -k is -o userstacktrace here"),
        (["--user=nobody"], "tracefs run: strace's -u USER: tracefs run runuser -u USER -- CMD"),
        (["-ttt"], "tracefs run: strace's -ttt is --strace -t unix here"),
    ],
    ids=str,
)
def test_long_words_are_answered(typed: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = answer(["run", *typed, "true"], capsys)
    assert (status, err[: len(said)]) == (2, said)


def test_f_and_o_are_answered_by_their_values() -> None:
    done = run("-f", "ls", "--", "true")
    assert done.stderr.startswith(
        "tracefs: run: -f: Invalid argument; children are followed anyway, without strace's -f"
    )
    done = run("-o", "trace.txt", "--", "true")
    assert done.stderr == "tracefs: run: -o trace.txt: no such option of trace_options; -w FILE writes to a file\n"
