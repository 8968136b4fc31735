# SPDX-License-Identifier: GPL-2.0-only
"""docs/api.md: its examples print what stands below them, and what it calls stable is there."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

import tracefs
from tests.mount.mounting import TRACEFS, can_mount, mounted

PAGE = (Path(__file__).parents[2] / "docs/api.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```\n```text\n(.*?)```", PAGE, re.S)


def test_the_examples_print_what_stands_below_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    names: dict[str, object] = {}
    assert len(EXAMPLES) == 6
    for code, expected in EXAMPLES:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "docs/api.md", "exec"), names)
        for line, wanted in zip(printed.getvalue().splitlines(), expected.splitlines(), strict=True):
            assert line == wanted or fnmatchcase(line, wanted.replace("[", "[[]")), code


def test_what_is_stable_is_there_and_in_the_page() -> None:
    assert [name for name in tracefs.__all__ if not hasattr(tracefs, name) or name not in PAGE] == ["Happening"]


def test_a_command_starts_without_the_library() -> None:
    code = "import sys, tracefs.cli; print([name for name in sys.modules if name.startswith('tracefs.library')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_stack_is_that_of_the_call() -> None:
    stacks = [call.stack for call in tracefs.trace(["true"], events="openat", stack=True)]
    assert stacks
    assert all(stack and stack[0] > 0x1000 for stack in stacks)


def test_arguments_are_pythons_own_values(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"\xffdata")
    read = [
        call
        for call in tracefs.trace(["dd", f"if={file}"], events="read", descriptors=True, stdout=-1, stderr=-1)
        if call.result == 5
    ]
    assert [call.args["buf"] for call in read] == [b"\xffdata"]
    assert read[0].words["fd"] == f"0<{file}>"
    assert read[0].raw["count"] >= 5
    assert any(isinstance(call.args.get("statbuf"), dict) for call in tracefs.trace(["cat", file], events="newfstatat"))


def test_given_up_it_lets_go_and_the_command_ends(tmp_path: Path) -> None:
    file = tmp_path / "end"
    trace = tracefs.trace(["sh", "-c", f"true; echo done > {file}; exit 5"], stdin=-1)
    next(iter(trace))
    trace.close()
    assert trace.wait(60) == 5
    assert file.read_text() == "done\n"


def test_a_filter_on_results_tells_no_other_call() -> None:
    calls = list(tracefs.trace(["cat", "/nonexistent"], events="openat", failed=True, stderr=-1))
    assert calls
    assert {call.errno for call in calls} == {"ENOENT"}


def test_what_cannot_be_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        tracefs.trace([tmp_path / "nothing"])
    with pytest.raises(tracefs.Error, match="no such process"):
        tracefs.attach(2_000_000_000)
    with pytest.raises(tracefs.Error, match="it is no"):
        tracefs.recording(__file__)
    with pytest.raises(tracefs.Error, match="foo == 3"):
        tracefs.trace(["true"], filter="foo == 3")


@pytest.mark.mount
@pytest.mark.skipif(not can_mount(), reason="NO FUSE: /dev/fuse cannot be opened here")
def test_a_mount_is_emptied() -> None:
    with mounted([*TRACEFS, "mount"]) as mount:
        directory = mount.path
        subprocess.run(
            ["sh", "-c", f"echo syscall > {directory}/current_tracer; true; echo 0 > {directory}/tracing_on"],
            check=True,
        )
        assert any(call.name == "close" for call in tracefs.mounted(directory))
        assert list(tracefs.mounted(directory)) == []
