# SPDX-License-Identifier: GPL-2.0-only
"""The option json: trace and trace_pipe as one JSON object a line."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from tests.tree.traced import Traced
from tracefs.tree import Context, File


@pytest.fixture
def traced() -> Iterator[Traced]:
    tree = Traced()
    tree.write("options/json", "1")
    yield tree
    tree.files.shutdown()


def text(traced: Traced, path: str = "trace") -> str:
    file = traced.files.lookup(path)
    assert isinstance(file, File)
    handle = file.open(os.O_RDONLY | os.O_NONBLOCK, Context(nonblock=True))
    found = b""
    with suppress(BlockingIOError):
        while data := handle.read(1 << 16, len(found), Context(nonblock=True)):
            found += data
    handle.release()
    return found.decode()


def objects(traced: Traced, path: str = "trace") -> list[dict[str, Any]]:
    return [json.loads(line) for line in text(traced, path).splitlines()]


def test_a_call_is_one_object_with_its_result_and_its_duration(traced: Traced) -> None:
    traced.enable("syscalls:sys_enter_openat", "syscalls:sys_exit_openat")
    traced.run("cat", "/etc/passwd")
    shown = objects(traced)[-1]
    assert isinstance(shown.pop("ts"), int)
    assert 0 < shown.pop("duration") < 60_000_000_000
    assert shown.pop("result") > 2
    assert shown.pop("tid") > 0
    assert shown == {
        "pid": None,
        "comm": "cat",
        "syscall": "openat",
        "args": {
            "dfd": {"value": -100, "name": "AT_FDCWD"},
            "filename": "/etc/passwd",
            "flags": {"value": 0, "flags": ["O_RDONLY"], "rest": 0},
        },
    }


def test_a_call_whose_end_was_not_recorded_has_no_result(traced: Traced) -> None:
    traced.enable("syscalls:sys_enter_openat")
    traced.run("cat", "/etc/passwd")
    shown = objects(traced)
    assert [(each["args"]["filename"], each["result"], each["duration"]) for each in shown][-1] == (
        "/etc/passwd",
        None,
        None,
    )


def test_a_call_whose_beginning_was_not_recorded_has_no_arguments(traced: Traced) -> None:
    traced.enable("syscalls:sys_exit_openat")
    traced.run("cat", "/nonexistent")
    assert [(e["args"], e["result"], e["duration"]) for e in objects(traced) if e.get("error") == "ENOENT"][-1] == (
        {},
        -2,
        None,
    )


def test_an_event_that_is_no_call_has_its_fields(traced: Traced) -> None:
    traced.enable("sched:sched_process_exec")
    traced.run("/bin/true")
    shown = objects(traced)[-1]
    pid = shown["tid"]
    assert (shown["event"], shown["fields"]) == (
        "sched:sched_process_exec",
        {"filename": "/bin/true", "pid": pid, "old_pid": pid},
    )


def test_a_marker_is_an_event(traced: Traced) -> None:
    traced.write("trace_marker", "hello")
    shown = objects(traced)[-1]
    assert (shown["event"], shown["fields"]["buf"]) == ("ftrace:print", "hello\n")


def test_trace_is_read_again_and_trace_pipe_once(traced: Traced) -> None:
    traced.write("trace_marker", "hello")
    assert text(traced) == text(traced) != ""
    assert len(objects(traced, "trace_pipe")) == 1
    assert text(traced) == ""


def test_a_time_stamp_is_the_clock_s_count_where_that_is_no_time(traced: Traced) -> None:
    traced.write("trace_clock", "counter")
    traced.write("trace_marker", "hello")
    assert isinstance(objects(traced)[-1]["ts"], int)


def test_lost_events_are_an_object(traced: Traced) -> None:
    traced.write("buffer_size_kb", "4")
    for number in range(1000):
        traced.write("trace_marker", f"line {number}")
    shown = objects(traced, "trace_pipe")
    assert sum(each.get("lost", 0) for each in shown) + sum("event" in each for each in shown) == 1000
