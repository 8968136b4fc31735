# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs export FORM FILE [FROM]`: of a trace.dat, of a mount, of the kernel's own tracefs."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Oracle
from tests.mount.mounting import PATIENCE, TRACEFS, can_mount, mounted
from tracefs.export.recorded import NotReadable, of_trace_dat

ROOT = Path(__file__).parents[2]
COMMAND = ["sh", "-c", "cat /nonexistent 2> /dev/null; echo out > /dev/null"]


def tracefs(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*TRACEFS, *map(str, words)], capture_output=True, text=True, timeout=PATIENCE, check=False)


def calls(lines: str) -> list[dict[str, Any]]:
    return [call for call in map(json.loads, lines.splitlines()) if "syscall" in call]


def exported(source: Path) -> list[dict[str, Any]]:
    done = tracefs("export", "json", "-", source)
    assert (done.returncode, done.stderr) == (0, "")
    return calls(done.stdout)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("recording") / "trace.dat"
    assert tracefs("run", "--trace-dat", "-w", file, "--", *COMMAND).returncode in (0, 1)
    return file


def test_a_trace_dat_has_the_calls_with_arguments_and_results(recording: Path) -> None:
    calls = exported(recording)
    opened = [call for call in calls if call["syscall"] == "openat" and call["args"]["filename"] == "/nonexistent"]
    assert [(call["comm"], call["result"], call["error"]) for call in opened] == [("cat", -2, "ENOENT")]
    assert all(call["duration"] > 0 for call in opened)


@pytest.mark.parametrize("form", ["strace", "csv", "perfetto"])
def test_forms_of_calls_write_a_recording(form: str, recording: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert tracefs("export", form, out, recording).stderr == ""
    assert b"/nonexistent" in out.read_bytes()


@pytest.mark.skipif(not shutil.which("trace-cmd"), reason="NO TRACE-CMD: it is not installed")
def test_version_7_is_read_with_trace_cmds_help(recording: Path, tmp_path: Path) -> None:
    seven = tmp_path / "seven.dat"
    convert = ["trace-cmd", "convert", "-i", recording, "-o", seven, "--file-version", "7"]
    if subprocess.run(convert, capture_output=True, timeout=PATIENCE, check=False).returncode:
        pytest.skip("TRACE-CMD TOO OLD: it converts nothing")
    theirs, ours = exported(seven), exported(recording)
    for call in (*theirs, *ours):
        del call["time"]  # of the day: two clocks, read once for each export
    assert theirs == ours


@pytest.mark.mount
@pytest.mark.skipif(not can_mount(), reason="NO FUSE: /dev/fuse cannot be opened here")
def test_a_mount_is_emptied_and_what_it_had_is_written(tmp_path: Path) -> None:
    with mounted([*TRACEFS, "mount", "--scope", "none"]) as mount:
        mount.write("current_tracer", "syscall")
        with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as cat:
            mount.write("set_ftrace_pid", str(cat.pid))
            while not cat_seen(mount.path):
                assert cat.stdin
                assert cat.stdout
                cat.stdin.write(b"x\n")
                cat.stdin.flush()
                cat.stdout.readline()
            mount.write("tracing_on", "0")
        found = exported(mount.path)
        assert {call["syscall"] for call in found} == {"read", "write"}
        assert {call["comm"] for call in found} == {"cat"}
        assert exported(mount.path) == []


def cat_seen(mount: Path) -> bool:
    return "sys_write" in (mount / "trace").read_text()


@pytest.mark.oracle
def test_the_kernels_own_tracefs(oracle: Oracle) -> None:
    """Read as ours, by the formats that it has; numbers in words by our tables."""
    (oracle.instance / "events/syscalls/sys_enter_openat/enable").write_text("1")
    (oracle.instance / "events/syscalls/sys_exit_openat/enable").write_text("1")
    subprocess.run(
        ["sh", "-c", f"echo $$ > {oracle.instance}/set_event_pid; exec cat /nonexistent"],
        capture_output=True,
        check=False,
    )
    (oracle.instance / "tracing_on").write_text("0")
    opened = exported(oracle.instance)
    assert opened[-1]["args"]["dfd"] == {"fd": -100, "name": "AT_FDCWD"} or "AT_FDCWD" in json.dumps(
        opened[-1]["args"]["dfd"]
    )
    assert "ENOENT" in {call.get("error") for call in opened}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"nonsense", "it is no trace.dat (`tracefs run --trace-dat`, `trace-cmd record`)"),
        (b"\x17\x08\x44tracing6\0\0\x08", "it ends in the middle"),
        (b"\x17\x08\x44tracing5\0\0\x08", "version 5 of trace.dat, or a machine of another kind"),
    ],
)
def test_what_is_no_recording_is_refused_in_a_line(content: bytes, said: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    done = tracefs("export", "json", "-", file)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"tracefs: {file}: {said}\n")


def test_a_recording_that_was_cut_is_refused(recording: Path, tmp_path: Path) -> None:
    data, cut = recording.read_bytes(), tmp_path / "cut"
    for size in range(1, 30_000, 977):
        cut.write_bytes(data[:size])
        with pytest.raises(NotReadable):
            of_trace_dat(cut)


def test_a_terminal_sees_how_far_it_is(recording: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [*TRACEFS, "export", "json", str(tmp_path / "out"), str(recording)]
    subprocess.run(command, stderr=theirs, timeout=PATIENCE, check=True)
    os.close(theirs)
    shown = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert re.search(r"\r\[#{30}\] 100% [\d.]+ MB ", shown)
    assert shown.endswith("\r\033[K")


def test_a_form_that_needs_more_says_what(recording: Path, tmp_path: Path) -> None:
    (tmp_path / "pyarrow.py").write_text("raise ModuleNotFoundError(name='pyarrow')")
    for command in (
        ["export", "parquet", tmp_path / "out", recording],
        ["run", "--parquet", "-w", tmp_path / "out", "true"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "tracefs.cli", *map(str, command)],
            capture_output=True, text=True, timeout=PATIENCE, check=False, env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"},
        )  # fmt: skip
        assert done.returncode == 1
        assert done.stderr == f"tracefs: {command[0]}: --parquet needs pyarrow: pip install 'tracefs[parquet]'\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["export", "json"], "export: FILE is missing, or --to DIR"),
        (["export", "--to", "x", "json"], "export: --to is for parquet"),
        (["export", "--to", "x", "parquet", "a", "b"], "export: FILE does not go with --to"),
        (["export", "perf", "-", "x"], "export: perf needs a regular file"),
    ],
)
def test_what_does_not_go_together_is_said(words: list[str], said: str) -> None:
    done = tracefs(*words)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"tracefs: {said}\n")
