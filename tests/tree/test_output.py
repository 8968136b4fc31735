# SPDX-License-Identifier: GPL-2.0-only
"""trace, trace_pipe and trace_pipe_raw: what consumes, what waits, what ends a wait."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable

import pytest

from tests.tree.conftest import NONBLOCK, Files
from tracefs.tree import POLLIN, Context, Handle

ME = Context(tid=os.getpid(), nonblock=True)
SOON = 3.0


def mark(files: Files, text: str) -> None:
    handle = files.open("trace_marker", os.O_WRONLY)
    handle.write(text.encode(), 0, ME)
    handle.release()


def in_thread(operation: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    results: list[object] = []

    def run() -> None:
        try:
            results.append(operation())
        except OSError as error:
            results.append(errno.errorcode[error.errno or 0])

    thread = threading.Thread(target=run)
    thread.start()
    return thread, results


def blocked_read(
    handle: Handle, interrupted: Callable[[], bool] = lambda: False
) -> tuple[threading.Thread, list[object]]:
    """A read that is asleep by the time this returns."""
    context = Context(tid=os.getpid(), interrupted=interrupted)
    thread, results = in_thread(lambda: handle.read(4096, 0, context))
    time.sleep(0.1)
    assert thread.is_alive()
    return thread, results


def test_trace_does_not_consume_and_trace_pipe_does(files: Files) -> None:
    mark(files, "one")
    assert files.read("trace") == files.read("trace")
    assert files.read("trace").endswith(": tracing_mark_write: one\n")
    assert files.read("trace_pipe").endswith(": tracing_mark_write: one\n")
    assert "one" not in files.read("trace")


def test_trace_is_the_same_text_in_pieces_and_after_a_seek(files: Files) -> None:
    mark(files, "one")
    whole = files.read("trace").encode()
    handle = files.open("trace")
    pieces = b""
    while piece := handle.read(7, len(pieces), NONBLOCK):
        pieces += piece
    assert pieces == whole
    assert handle.read(10, 3, NONBLOCK) == whole[3:13]
    assert handle.read(10, len(whole) + 5, NONBLOCK) == b""
    handle.release()


def test_opening_trace_with_truncation_empties_the_buffer(files: Files) -> None:
    mark(files, "one")
    files.open("trace", os.O_WRONLY).release()
    assert "one" in files.read("trace")
    files.open("trace", os.O_RDONLY | os.O_TRUNC).release()
    assert "one" in files.read("trace")
    files.open("trace", os.O_WRONLY | os.O_TRUNC).release()
    assert "one" not in files.read("trace")


def test_two_readers_share_what_they_consume(files: Files) -> None:
    first, second = files.open("trace_pipe"), files.open("trace_pipe")
    mark(files, "one")
    assert b"one" in first.read(4096, 0, NONBLOCK)
    with pytest.raises(BlockingIOError):
        second.read(4096, 0, NONBLOCK)
    mark(files, "two")
    assert b"two" in second.read(4096, 0, NONBLOCK)
    first.release()
    second.release()


def test_line_begun_is_finished_by_the_reader_that_began_it(files: Files) -> None:
    handle = files.open("trace_pipe")
    mark(files, "hello")
    line = handle.read(5, 0, NONBLOCK)
    assert line == b"     "
    assert handle.read(4096, 0, NONBLOCK).endswith(b": tracing_mark_write: hello\n")
    handle.release()


def test_blocked_reader_gets_what_is_written_later(files: Files) -> None:
    handle = files.open("trace_pipe")
    thread, results = blocked_read(handle)
    mark(files, "later")
    thread.join(SOON)
    assert [b"later" in result for result in results if isinstance(result, bytes)] == [True]
    handle.release()


def test_reader_that_has_seen_something_ends_when_tracing_is_switched_off(files: Files) -> None:
    handle = files.open("trace_pipe")
    mark(files, "one")
    handle.read(4096, 0, NONBLOCK)
    thread, results = blocked_read(handle)
    files.write("tracing_on", "0")
    thread.join(SOON)
    assert results == [b""]
    handle.release()


def test_reader_that_has_seen_nothing_waits_on_with_tracing_off(files: Files) -> None:
    handle = files.open("trace_pipe")
    thread, results = blocked_read(handle)
    files.write("tracing_on", "0")
    thread.join(0.3)
    assert thread.is_alive()
    files.write("tracing_on", "1")
    mark(files, "one")
    thread.join(SOON)
    assert len(results) == 1
    handle.release()


def test_broken_wait_is_eintr_only_where_the_caller_has_a_signal(files: Files) -> None:
    handle = files.open("trace_pipe")
    signalled = threading.Event()
    thread, results = blocked_read(handle, signalled.is_set)
    files.tree.top.buffer.kick()
    thread.join(0.2)
    assert thread.is_alive()
    signalled.set()
    files.tree.top.buffer.kick()
    thread.join(SOON)
    assert results == ["EINTR"]
    handle.release()


@pytest.mark.parametrize("path", ["trace_pipe", "per_cpu/cpu0/trace_pipe", "per_cpu/cpu0/trace_pipe_raw"])
def test_shutdown_ends_every_reader(files: Files, path: str) -> None:
    handle = files.open(path)
    thread, results = blocked_read(handle)
    files.tree.shutdown()
    thread.join(SOON)
    assert results == [b""]
    handle.release()


def test_poll_tells_once_when_there_is_something(files: Files) -> None:
    handle = files.open("trace_pipe")
    told = threading.Event()
    assert handle.poll(told.set) == 0
    assert not told.wait(0.2)
    mark(files, "one")
    assert told.wait(SOON)
    assert handle.poll(None) & POLLIN
    handle.release()


def test_poll_of_one_cpu_waits_for_buffer_percent(files: Files) -> None:
    files.tree.top.expand()  # of the smallest buffer, one event is half
    handle = files.open("per_cpu/cpu0/trace_pipe_raw")
    files.write("buffer_percent", "50")
    files.tree.top.buffer.write(0, bytes(60))
    assert handle.poll(None) == 0
    files.write("buffer_percent", "0")
    assert handle.poll(None) & POLLIN
    handle.release()


def test_closed_file_leaves_no_poller(files: Files) -> None:
    handle = files.open("trace_pipe")
    told = threading.Event()
    handle.poll(told.set)
    handle.release()
    mark(files, "one")
    assert not told.wait(0.3)


def test_raw_pages_come_whole_or_in_pieces_and_then_eagain(files: Files) -> None:
    buffer = files.tree.top.buffer
    buffer.write(0, bytes(60))
    handle = files.open("per_cpu/cpu0/trace_pipe_raw")
    pieces = b"".join(handle.read(1000, 0, NONBLOCK) for _ in range(5))
    assert len(pieces) == 4096
    with pytest.raises(BlockingIOError):
        handle.read(4096, 0, Context())
    handle.release()


def test_task_is_not_recorded_while_it_reads(files: Files) -> None:
    handle = files.open("trace_pipe", ctx=Context(tid=7, nonblock=True))
    with pytest.raises(BlockingIOError):
        handle.read(1, 0, Context(tid=8, nonblock=True))
    assert {tid for tid, count in files.engine.muted.items() if count} == {7, 8}
    handle.release()
    assert not any(files.engine.muted.values())


def test_pause_on_trace_records_nothing_while_trace_is_open(files: Files) -> None:
    files.write("options/pause-on-trace", "1")
    handle = files.open("trace")
    assert files.read("tracing_on") == "1\n"
    with pytest.raises(OSError, match="off"):
        mark(files, "lost")
    handle.release()
    mark(files, "kept")
    assert "kept" in files.read("trace")


def test_lines_have_the_columns_of_the_2009_tracer(files: Files) -> None:
    files.write("current_tracer", "syscall")
    assert files.read("trace") == (
        "# tracer: syscall\n#\n"
        f"# entries-in-buffer/entries-written: 0/0   #P:{files.tree.top.buffer.cpus}\n#\n"
        "#           TASK-PID     CPU#     TIMESTAMP  FUNCTION\n"
        "#              | |         |         |         |\n"
    )


def test_lines_of_events_have_the_kernel_s_columns(files: Files) -> None:
    files.write("trace_marker", "hello\n")
    lines = files.read("trace").splitlines()
    assert lines[4:12] == [
        "#                                _-----=> irqs-off/BH-disabled",
        "#                               / _----=> need-resched",
        "#                              | / _---=> hardirq/softirq",
        "#                              || / _--=> preempt-depth",
        "#                              ||| / _-=> migrate-disable",
        "#                              |||| /     delay",
        "#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION",
        "#              | |         |   |||||     |         |",
    ]
    assert lines[12].split()[2] == "....."
