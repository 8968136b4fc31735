# SPDX-License-Identifier: GPL-2.0-only
"""Folded stacks and Chrome's trace events, of a recording of a shell with children."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.mount.mounting import PATIENCE, TRACEFS
from tracefs.export.forms import FORMS, Wish, open_form
from tracefs.export.recorded import of_trace_dat

SCRIPT = "cat /nonexistent 2> /dev/null; (exit 3); kill -USR1 $$; exec true"


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    trace = tmp_path_factory.mktemp("recording") / "trace.dat"
    command = [*TRACEFS, "run", "--trace-dat", "-w", str(trace), "--", "sh", "-c", f"trap : USR1; {SCRIPT}"]
    subprocess.run(command, check=True, timeout=PATIENCE)
    return trace


def written(form: str, recording: Path) -> str:
    made = open_form(FORMS[form], of_trace_dat(recording), Wish(), -1)
    return b"".join(iter(lambda: made.take(True), b"")).decode()


@pytest.fixture(scope="module")
def events(recording: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(written("chrome", recording))["traceEvents"]
    return found


def test_stacks_are_programs_by_who_started_whom_and_calls(recording: Path) -> None:
    stacks = {line.rpartition(" ")[0] for line in written("folded", recording).splitlines()}
    assert {"sh", "sh;sh", "sh;cat", "sh;cat;openat", "sh;wait4", "true"} <= stacks
    assert not [stack for stack in stacks if stack.startswith("cat")]


def test_times_of_stacks_are_all_the_time_that_tasks_lived(recording: Path, events: list[dict[str, Any]]) -> None:
    lines = written("folded", recording).splitlines()
    folded = sum(int(line.rpartition(" ")[2]) for line in lines)
    lived = sum(event["dur"] for event in events if event.get("cat") == "program")
    assert (
        lived - 2 * len(lines) - 200 <= folded <= lived
    )  # each is cut to whole microseconds, and less than one is left out


def test_programs_and_calls_are_slices_with_arguments(events: list[dict[str, Any]]) -> None:
    programs = {event["name"] for event in events if event.get("cat") == "program"}
    assert programs == {"sh", "cat", "true"}
    (failed,) = [
        event for event in events if event["args"].get("filename") == '"/nonexistent"' and event["name"] == "openat"
    ]
    assert failed["ph"] == "X"
    assert failed["cat"] == "file,failed"
    assert failed["args"]["error"] == "ENOENT"
    (cat,) = [event for event in events if event.get("cat") == "program" and event["name"] == "cat"]
    assert cat["ts"] <= failed["ts"]
    assert failed["ts"] + failed["dur"] <= cat["ts"] + cat["dur"]


def test_signals_ends_and_names_are_events(events: list[dict[str, Any]]) -> None:
    instants = [event["name"] for event in events if event["ph"] == "i"]
    assert "SIGUSR1" in instants
    assert "exited with 3" in instants
    named = {(event["name"], event["args"]["name"]) for event in events if event["ph"] == "M"}
    assert {("process_name", "true"), ("thread_name", "cat")} <= named
