# SPDX-License-Identifier: GPL-2.0-only
"""snapshot and snapshot_raw, as Documentation/trace/ftrace.rst has them (many kernels are built without)."""

from __future__ import annotations

import os

import pytest

from tests.kernel.pages import events
from tests.tree.conftest import NONBLOCK, Files
from tests.tree.test_control import refused
from tracefs.tree import Context

FREED = """\
# tracer: nop
#
#
# * Snapshot is freed *
#
# Snapshot commands:
# echo 0 > snapshot : Clears and frees snapshot buffer
# echo 1 > snapshot : Allocates snapshot buffer, if not already allocated.
#                      Takes a snapshot of the main buffer.
# echo 2 > snapshot : Clears snapshot buffer (but does not allocate or free)
#                      (Doesn't have to be '2' works with any number that
#                       is not a '0' or '1')
"""


def mark(files: Files, text: str) -> None:
    files.write("trace_marker", text)


def marks(files: Files, path: str) -> list[str]:
    """What was written with mark(), as `path` shows it."""
    lines = files.read(path).splitlines()
    return [line.rpartition(": ")[2] for line in lines if not line.startswith("#")]


def test_empty_snapshot_says_how_to_take_one(files: Files) -> None:
    assert files.read("snapshot") == FREED
    files.write("snapshot", "1\n")
    assert files.read("snapshot") == FREED.replace("is freed", "is allocated")
    files.write("snapshot", "0\n")
    assert files.read("snapshot") == FREED


def test_snapshot_of_a_cpu_says_what_it_can_do(files: Files) -> None:
    text = files.read("per_cpu/cpu0/snapshot")
    assert "# echo 0 > snapshot : Invalid for per_cpu snapshot file.\n" in text
    assert "Takes a snapshot of the main buffer for this cpu.\n" in text
    assert "# echo 2 > snapshot : Clears this cpu's snapshot buffer (but" in text


def test_taking_one_exchanges_what_the_buffers_hold(files: Files) -> None:
    mark(files, "first")
    files.write("snapshot", "1")
    mark(files, "second")
    assert (marks(files, "snapshot"), marks(files, "trace")) == (["first"], ["second"])
    files.write("snapshot", "1")
    assert (marks(files, "snapshot"), marks(files, "trace")) == (["second"], ["first"])


def test_snapshot_has_the_header_of_trace(files: Files) -> None:
    mark(files, "first")
    before = files.read("trace")
    files.write("snapshot", "1")
    assert files.read("snapshot") == before


def test_any_other_number_empties_it(files: Files) -> None:
    mark(files, "first")
    files.write("snapshot", "1")
    files.write("snapshot", "7")
    assert files.read("snapshot") == FREED.replace("is freed", "is allocated")


def test_emptying_does_not_allocate(files: Files) -> None:
    files.write("snapshot", "2")
    assert files.read("snapshot") == FREED


def test_emptying_the_buffer_leaves_the_snapshot(files: Files) -> None:
    mark(files, "first")
    files.write("snapshot", "1")
    files.open("trace", os.O_WRONLY | os.O_TRUNC).release()
    assert marks(files, "snapshot") == ["first"]


@pytest.mark.parametrize("text", ["x", "-1", " 1", ""])
def test_what_is_no_number_is_einval(files: Files, text: str) -> None:
    assert refused(files, "snapshot", text) == "EINVAL"
    assert files.read("snapshot") == FREED


def test_a_cpu_alone_cannot_be_freed(files: Files) -> None:
    assert refused(files, "per_cpu/cpu0/snapshot", "0") == "EINVAL"


def test_snapshot_of_one_cpu_leaves_the_others(files: Files) -> None:
    top = files.tree.top
    if top.buffer.cpus < 2:
        pytest.skip("ONE CPU: nothing to be left")
    for cpu in (0, 1):
        top.buffer.write(cpu, bytes((5, 0, 0, 0, 1, 0, 0, 0)) + bytes(8) + b"x\n\0")
    files.write("per_cpu/cpu0/snapshot", "1")
    assert [top.buffer.entries(cpu) for cpu in (0, 1)] == [0, 1]
    assert (marks(files, "per_cpu/cpu0/snapshot"), marks(files, "snapshot")) == (["x"], ["x"])
    files.write("per_cpu/cpu1/snapshot", "2")
    assert marks(files, "snapshot") == ["x"]
    files.write("per_cpu/cpu0/snapshot", "2")
    assert marks(files, "snapshot") == []


def test_sizes_stay_whatever_is_exchanged(files: Files) -> None:
    files.write("buffer_size_kb", "100")
    files.write("per_cpu/cpu0/buffer_size_kb", "20")
    before = [files.tree.top.buffer.size(cpu) for cpu in range(files.tree.top.buffer.cpus)]
    files.write("snapshot", "1")
    assert [files.tree.top.buffer.size(cpu) for cpu in range(files.tree.top.buffer.cpus)] == before
    files.write("buffer_size_kb", "200")
    files.write("snapshot", "1")
    assert files.read("buffer_size_kb") == "203\n"
    files.write("buffer_subbuf_size_kb", "8")
    files.write("snapshot", "1")
    assert files.read("buffer_subbuf_size_kb") == "8\n"


def test_clock_of_the_snapshot_is_the_buffers(files: Files) -> None:
    files.write("snapshot", "1")
    files.write("trace_clock", "counter")
    files.write("snapshot", "1")
    assert files.tree.top.snapshot
    assert files.tree.top.snapshot.buffer.clock == "counter"


def test_raw_pages_of_the_snapshot_are_consumed_and_end(files: Files) -> None:
    mark(files, "first")
    files.write("snapshot", "1")
    found = []
    for cpu in range(files.tree.top.buffer.cpus):
        raw = files.open(f"per_cpu/cpu{cpu}/snapshot_raw", ctx=Context())
        while page := raw.read(4096, 0, Context()):
            found += [payload for _, payload in events(page)]
        with pytest.raises(BlockingIOError):
            raw.read(4096, 0, NONBLOCK)
        raw.release()
    assert [payload[16:].rstrip(b"\0") for payload in found] == [b"first\n"]
    assert files.read("snapshot") == FREED.replace("is freed", "is allocated")


def test_instances_have_snapshots_of_their_own(files: Files) -> None:
    instances = files.tree.lookup("instances")
    instances.mkdir("foo")  # type: ignore[attr-defined]
    files.write("instances/foo/trace_marker", "first")
    files.write("instances/foo/snapshot", "1")
    assert marks(files, "instances/foo/snapshot") == ["first"]
    assert files.read("snapshot") == FREED
