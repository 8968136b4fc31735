# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs report FILE`: a recording through the forms, filters, histograms and summaries of `run`."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.commands.test_run import TRACEFS, run

SCRIPT = "cat /nonexistent 2> /dev/null; cat /etc/passwd > /dev/null; : marks the end"


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "trace.dat"
    assert run("--trace-dat", "-w", str(file), "--", "sh", "-c", SCRIPT).returncode == 0
    return file


def report(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [*TRACEFS, "report", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def text(*arguments: str | Path) -> str:
    done = report(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_lines_are_the_tracers_own(recording: Path) -> None:
    assert re.search(
        r'\n +cat-\d+ +\[\d+\] +\d+\.\d+: sys_openat\(dfd: AT_FDCWD, filename: "/nonexistent", flags: O_RDONLY\)\n'
        r" +cat-\d+ +\[\d+\] +\d+\.\d+: sys_openat -> -ENOENT\n",
        text(recording),
    )


def test_options_of_the_tree_change_them(recording: Path) -> None:
    assert re.search(
        r"sys_openat\(int dfd: ffffff9c, ", text(recording, "-o", "nosyscall_arg_decode", "-o", "syscall_arg_type")
    )


def test_strace_has_the_time_of_day_and_json_the_process(recording: Path) -> None:
    recorded = recording.stat().st_mtime
    lines = text(recording, "--strace", "-e", "openat", "-P", "/nonexistent")
    found = re.search(r'^\d+ +(\d+)\.\d{6} openat\(AT_FDCWD, "/nonexistent", O_RDONLY\) += -1 ENOENT', lines, re.M)
    assert found
    assert abs(int(found[1]) - recorded) < 3600
    objects = map(json.loads, text(recording, "--json", "-e", "%file", "-e", "signal=none").splitlines())
    calls = [each for each in objects if "syscall" in each]
    assert {(each["comm"], each["pid"] == each["tid"]) for each in calls} == {("sh", True), ("cat", True)}


def test_filters_on_results_hold_calls_as_when_recording(recording: Path) -> None:
    lines = [
        line
        for line in text(recording, "--strace", "-Z", "-e", "openat", "-e", "signal=none").splitlines()
        if "(" in line
    ]
    assert lines
    assert all("= -1 E" in line for line in lines)


def test_a_summary_counts_every_call_once(recording: Path) -> None:
    rows = [json.loads(line) for line in text(recording, "-c", "--json", "--by", "process,call").splitlines()]
    lines = text(recording, "--json").splitlines()
    assert sum(row["calls"] for row in rows) == sum('"syscall"' in line for line in lines)
    assert {row["process"].split("-")[0] for row in rows} == {"sh", "cat"}


def test_histograms_of_raw_events_are_made_of_the_calls(recording: Path) -> None:
    done = report(recording, "--no-lines", "--hist", "keys=id.syscall", "--hist", "sched_process_exec.keys=filename")
    hits = int(re.search(r"sys_openat +\[257\] \} hitcount: +(\d+)", done.stderr)[1])  # type: ignore[index]
    assert hits == len(text(recording, "--strace", "-e", "openat", "-e", "signal=none", "-e", "!sched").splitlines())
    assert re.search(r"filename: /\S*/cat +\} hitcount: +2", done.stderr)


def test_until_and_max_events_end_it(recording: Path) -> None:
    last = text(recording, "--until", "openat if __filename_val == '/nonexistent'").splitlines()[-1]
    assert last.endswith('"/nonexistent", flags: O_RDONLY)')
    assert len(text(recording, "--max-events", "3").splitlines()) == 3


def test_what_is_written_again_is_a_recording(recording: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.dat"
    assert text(recording, "--trace-dat", "-w", again, "-e", "openat") == ""
    shown = [
        [line for line in text(file, "--strace", "-e", "openat").splitlines() if "openat(" in line]
        for file in (again, recording)
    ]
    assert shown[0]
    assert shown[0] == shown[1]


def test_pid_sets_follow_children(recording: Path) -> None:
    shell = json.loads(text(recording, "--json", "--max-events", "1"))["pid"]
    only = ["--set", f"set_event_pid={shell}", "-e", "execve", "--strace", "-e", "signal=none"]
    assert len(re.findall(r"execve\(", text(recording, *only))) == 1


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "it is empty"), (b"hello", "it is no trace.dat (`tracefs run --trace-dat`, `trace-cmd record`)")],
)
def test_what_is_no_recording(content: bytes, why: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    done = report(file)
    assert (done.returncode, done.stderr) == (1, f"tracefs: report: {file}: {why}\n")


def test_what_needs_a_living_task_is_refused(recording: Path) -> None:
    done = report(recording, "-f", "filename.ustring == 'x'")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "tracefs: report: .ustring looks into the memory of a task: there is none of a recording\n"


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    done = report(tmp_path / "gone")
    assert (done.returncode, done.stderr) == (1, f"tracefs: {tmp_path}/gone: No such file or directory\n")


def test_a_cut_recording_never_hangs_or_dumps(recording: Path, tmp_path: Path) -> None:
    whole = recording.read_bytes()
    file = tmp_path / "cut"
    for size in (20, 5000, len(whole) // 3, len(whole) - 40_000, len(whole) - 100):
        file.write_bytes(whole[:size])
        done = report(file, "--strace")
        assert "Traceback" not in done.stderr
        assert done.returncode in (0, 1)
