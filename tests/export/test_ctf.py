# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs export ctf`, read by babeltrace2."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.mount.mounting import PATIENCE, TRACEFS
from tracefs.export.ctf import CtfLines
from tracefs.export.recorded import of_trace_dat

SCRIPT = "cat /nonexistent 2> /dev/null; echo 'a \"text\"' > file; trap : USR1; kill -USR1 $$; exit 3"


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    trace = tmp_path_factory.mktemp("recording") / "trace.dat"
    command = [*TRACEFS, "run", "--trace-dat", "-w", str(trace), "--", "sh", "-c", SCRIPT]
    subprocess.run(command, cwd=trace.parent, check=False, timeout=PATIENCE)
    return trace


@pytest.fixture(scope="module")
def lines(recording: Path) -> list[str]:
    if not shutil.which("babeltrace2"):
        pytest.skip("NO BABELTRACE: babeltrace2 is not installed")
    directory = recording.with_name("ctf")
    subprocess.run([*TRACEFS, "export", "ctf", str(directory), str(recording)], check=True, timeout=PATIENCE)
    done = subprocess.run(
        ["babeltrace2", str(directory)], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def about(lines: list[str], event: str, words: str) -> str:
    """The fields of the first such event with these words."""
    return next(line.split(" }, ", 1)[1] for line in lines if f" {event}: " in line and words in line)


def test_flags_are_the_tables_words_and_numbers(lines: list[str]) -> None:
    said = about(lines, "syscall_entry_openat", '"file"')
    assert said == (
        '{ dfd = ( "AT_FDCWD" : container = -100 ), filename = "file", '
        'flags = ( "O_WRONLY|O_CREAT|O_TRUNC" : container = 0x241 ), mode = "0666" }'
    )
    assert 'prot = ( "PROT_READ|PROT_WRITE" : container = 0x3 )' in about(lines, "syscall_entry_mmap", "MAP_ANONYMOUS")


def test_enumerations_are_too(lines: list[str]) -> None:
    assert '{ sig = ( "SIGUSR1" : container = 10 ), act = "' in about(lines, "syscall_entry_rt_sigaction", "SIGUSR1")


def test_results_errors_and_what_calls_fill(lines: list[str]) -> None:
    opened = next(i for i, line in enumerate(lines) if 'filename = "/nonexistent"' in line and "entry_openat" in line)
    assert '{ ret = -2, error = "ENOENT", words = "", filled = "" }' in lines[opened + 1]
    assert 'filled = "buf: \\"\\\\177ELF' in about(lines, "syscall_exit_read", "ELF")


def test_signals_and_ends(lines: list[str]) -> None:
    assert about(lines, "signal_deliver", "SIGUSR1").startswith("{ sig = 10, siginfo = ")
    assert [line.split(" }, ")[1] for line in lines if " sched_process_exit: " in line] == [
        "{ status = 1, signal = 0 }",
        "{ status = 3, signal = 0 }",
    ]


def test_times_are_those_of_the_day_and_tasks_are_named(lines: list[str]) -> None:
    assert re.match(r"\[\d\d:\d\d:\d\d\.\d{9}\] \(\+\d", lines[1])
    assert any('procname = "cat"' in line for line in lines)


def test_lost_events_are_an_event(recording: Path, tmp_path: Path) -> None:
    made = CtfLines(of_trace_dat(recording), tmp_path)
    assert made.lost(5, 1, None).encode("latin-1").endswith(b"\x01\0\0\0" + b"\xff" * 8)
    assert list(made.end()) == []
    assert 'event { name = "lost_events"; id = 0;' in (tmp_path / "metadata").read_text()
