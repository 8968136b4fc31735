# SPDX-License-Identifier: GPL-2.0-only
"""Reads of trace, trace_pipe and trace_pipe_raw: what they return, consume and share."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from tests.render.conftest import MakeBuffer
from tests.render.kernel_recording import events_of_page
from tests.render.records import marker
from tracefs.render import Iterator, Lines, Options, Pipe, Reader, Renderer

RAW = Options(raw=True, context_info=False, clock="counter")
"""The shortest lines: `# IP TEXT`."""
HEADER = b"# tracer: nop\n#\n"


def say(reader: Reader, cpu: int, *texts: str) -> None:
    for text in texts:
        assert reader.buffer.write(cpu, marker(f"{text}\n", ip=0))


def words(text: bytes) -> list[str]:
    """The texts of the markers in raw lines; other lines as they are."""
    return [line.removeprefix("# 0 ") for line in text.decode().splitlines() if line not in ("#", "# tracer: nop")]


def read_all(lines: Lines, size: int = 4096) -> bytes:
    text = b""
    while part := lines.read(size):
        assert len(part) <= size
        text += part
    return text


def test_trace_merges_the_cpus_by_time(renderer: Renderer, make_reader: MakeBuffer) -> None:
    reader = make_reader()
    for number, cpu in enumerate([0, 1, 1, 0, 0, 0, 1, 0]):
        say(reader, cpu, str(number))
    assert words(read_all(Iterator(renderer, reader, RAW))) == list("01234567")
    assert words(read_all(Iterator(renderer, reader, RAW, cpu=1))) == list("126")


def test_trace_does_not_consume(renderer: Renderer, make_reader: MakeBuffer) -> None:
    reader = make_reader()
    say(reader, 0, "one", "two")
    assert read_all(Iterator(renderer, reader, RAW)) == read_all(Iterator(renderer, reader, RAW))
    assert reader.entries() == 2


@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_a_read_ends_anywhere_and_the_next_goes_on(renderer: Renderer, make_reader: MakeBuffer, size: int) -> None:
    reader = make_reader()
    for number in range(50):
        say(reader, number % 2, str(number))
    options = Options(clock="counter", record_tgid=True)
    assert read_all(Iterator(renderer, reader, options), size) == read_all(Iterator(renderer, reader, options))
    whole = read_all(Iterator(renderer, reader, RAW))
    assert read_all(Pipe(renderer, reader, RAW), size) == whole[len(HEADER) :]


def test_a_line_longer_than_any_buffer_is_whole(renderer: Renderer, make_reader: MakeBuffer) -> None:
    reader = make_reader(subbuf_size=1 << 16, size=1 << 18)
    say(reader, 0, "x" * 60_000, "after")
    assert words(read_all(Pipe(renderer, reader, RAW), 100)) == ["x" * 60_000, "after"]


def test_the_header_counts_what_is_there_and_what_was_written(renderer: Renderer, make_reader: MakeBuffer) -> None:
    reader = make_reader()
    say(reader, 0, "one", "two", "three")
    assert Pipe(renderer, reader, RAW).read(1) == b"#"
    text = Iterator(renderer, reader, Options(clock="counter")).read(4096)
    assert b"# entries-in-buffer/entries-written: 2/3   #P:2\n" in text


def test_trace_pipe_has_no_header_and_consumes(renderer: Renderer, make_reader: MakeBuffer) -> None:
    reader = make_reader()
    say(reader, 0, "one")
    say(reader, 1, "two")
    pipe = Pipe(renderer, reader, RAW)
    assert pipe.read(4096) == b"# 0 one\n# 0 two\n"
    assert pipe.read(4096) == b""
    assert reader.empty()
    say(reader, 1, "three")
    assert not reader.empty()
    assert reader.empty(0)
    assert pipe.read(4096) == b"# 0 three\n"


def test_trace_pipe_of_one_cpu_leaves_the_others(renderer: Renderer, make_reader: MakeBuffer) -> None:
    reader = make_reader()
    say(reader, 0, "zero")
    say(reader, 1, "one")
    assert Pipe(renderer, reader, RAW, cpu=1).read(4096) == b"# 0 one\n"
    assert Pipe(renderer, reader, RAW).read(4096) == b"# 0 zero\n"


def test_trace_pipes_share_events_but_finish_their_own_lines(renderer: Renderer, make_reader: MakeBuffer) -> None:
    reader = make_reader()
    say(reader, 0, "one", "two")
    first, second = Pipe(renderer, reader, RAW), Pipe(renderer, reader, RAW)
    assert first.read(3) == b"# 0"
    assert second.read(4096) == b"# 0 two\n"
    assert first.read(4096) == b" one\n"


def test_trace_begins_with_what_trace_pipe_left_of_its_page(renderer: Renderer, make_reader: MakeBuffer) -> None:
    reader = make_reader()
    say(reader, 0, "one", "two", "three")
    Pipe(renderer, reader, RAW).read(len(b"# 0 one\n"))
    assert reader.buffer.entries() == 0
    assert (reader.entries(), reader.unread(0), reader.unread(1)) == (2, 2, 0)
    say(reader, 0, "four")
    assert words(read_all(Iterator(renderer, reader, RAW))) == ["two", "three", "four"]
    assert words(read_all(Pipe(renderer, reader, RAW))) == ["two", "three", "four"]


def test_a_raw_page_is_what_trace_pipe_left_of_it(renderer: Renderer, make_reader: MakeBuffer) -> None:
    reader = make_reader()
    say(reader, 0, "one", "two", "three")
    pipe = Pipe(renderer, reader, RAW)
    pipe.read(len(b"# 0 one\n"))
    page = reader.take_page(0)
    assert page
    assert len(page) == reader.buffer.subbuf_size
    assert [record[16:].split(b"\n")[0] for _, record in events_of_page(page)] == [b"two", b"three"]
    assert [ts for ts, _ in events_of_page(page)] == [2, 3]
    assert pipe.read(4096) == b""
    assert reader.take_page(0) is None


def test_raw_pages_of_an_untouched_buffer_are_the_buffers(make_reader: MakeBuffer) -> None:
    reader = make_reader()
    for number in range(300):
        say(reader, 0, f"{number:03}")
    found = []
    while page := reader.take_page(0):
        found += [record[16:19] for _, record in events_of_page(page)]
    assert found == [b"%03d" % number for number in range(300)]


def test_lost_events_are_told_where_they_were_lost(renderer: Renderer, make_reader: MakeBuffer) -> None:
    reader = make_reader(size=8192)
    for number in range(2000):
        say(reader, 1, str(number))
    lost = reader.buffer.stats(1).overrun
    text = words(Pipe(renderer, reader, RAW).read(1 << 20))
    assert text[0] == f"CPU:1 [LOST {lost} EVENTS]"
    assert text[1:] == [str(number) for number in range(lost, 2000)]


def test_trace_overtaken_by_writers_says_so_and_goes_on(renderer: Renderer, make_reader: MakeBuffer) -> None:
    reader = make_reader(size=8192)
    for number in range(20):
        say(reader, 0, str(number))
    trace = Iterator(renderer, reader, RAW)
    text = trace.read(len(HEADER) + 8)
    for number in range(20, 3000):
        say(reader, 0, str(number))
    text += read_all(trace)
    found = words(text)
    losses = [line for line in found if line.startswith("CPU:0 [LOST ")]
    assert len(losses) == 1
    numbers = [int(line) for line in found if line not in losses]
    assert numbers == sorted(numbers)
    assert numbers[-1] == 2999
    assert len(numbers) + int(losses[0].split()[2]) == 3000  # CPU:0 [LOST n EVENTS]


def test_trace_does_not_tell_of_losses_before_it_began(renderer: Renderer, make_reader: MakeBuffer) -> None:
    reader = make_reader(size=8192)
    for number in range(2000):
        say(reader, 1, str(number))
    assert b"LOST" not in read_all(Iterator(renderer, reader, RAW))


def test_annotate_says_where_a_cpus_buffer_starts_after_an_overrun(renderer: Renderer, make_reader: MakeBuffer) -> None:
    reader = make_reader(size=8192)
    for number in range(2000):
        say(reader, 0, str(number))
    say(reader, 1, "first", "second")
    options = Options(context_info=False, clock="counter")
    text = read_all(Iterator(renderer, reader, options)).decode()
    assert text.endswith(
        "tracing_mark_write: 1999\n##### CPU 1 buffer started ####\ntracing_mark_write: first\ntracing_mark_write: second\n"
    )
    assert text.count("buffer started") == 1
    options.annotate = False
    assert b"buffer started" not in read_all(Iterator(renderer, reader, options))
    assert b"buffer started" not in read_all(Iterator(renderer, reader, RAW))
    options.annotate = True
    assert b"buffer started" not in read_all(Pipe(renderer, reader, options))


def test_no_annotation_where_nothing_was_lost(renderer: Renderer, make_reader: MakeBuffer) -> None:
    reader = make_reader()
    say(reader, 0, "a", "b", "c")
    say(reader, 1, "d")
    assert b"buffer started" not in read_all(Iterator(renderer, reader, Options()))


def test_latency_format_looks_ahead_in_trace_only(renderer: Renderer, make_reader: MakeBuffer) -> None:
    reader = make_reader()
    for number in range(4):
        say(reader, number % 2, str(number))
    options = Options(latency_format=True, verbose=True, clock="counter")
    lines = read_all(Iterator(renderer, reader, options), 50).decode().splitlines()[-4:]
    assert [line.split(" [")[1] for line in lines] == [
        "0000000000000001] 1 (+1): tracing_mark_write: 0",
        "0000000000000002] 2 (+1): tracing_mark_write: 1",
        "0000000000000003] 3 (+1): tracing_mark_write: 2",
        "0000000000000004] 4 (+0): tracing_mark_write: 3",
    ]
    piped = Pipe(renderer, reader, options).read(4096).decode().splitlines()
    assert [line.split(" 00000000 ")[1] for line in piped] == [
        f"0000000{number} [000000000000000{number}] {number} (+0): tracing_mark_write: {number - 1}"
        for number in range(1, 5)
    ]


def test_options_changed_while_reading_show_in_the_next_line(renderer: Renderer, make_reader: MakeBuffer) -> None:
    reader = make_reader()
    say(reader, 0, "one", "two")
    options = Options(context_info=False)
    pipe = Pipe(renderer, reader, options)
    assert pipe.read(10) == b"tracing_ma"
    options.set("raw", True)
    assert pipe.read(4096) == b"rk_write: one\n# 0 two\n"


def test_reset_forgets_the_pages(renderer: Renderer, make_reader: MakeBuffer) -> None:
    reader = make_reader()
    say(reader, 0, "one", "two")
    pipe = Pipe(renderer, reader, RAW)
    pipe.read(1)
    reader.buffer.reset()
    reader.reset()
    assert (reader.entries(), reader.empty(), reader.take_page(0)) == (0, True, None)
    assert pipe.read(4096) == b" 0 one\n"
    say(reader, 0, "three")
    assert pipe.read(4096) == b"# 0 three\n"


def test_a_larger_sub_buffer_is_read_by_the_same_reader(renderer: Renderer, make_reader: MakeBuffer) -> None:
    reader = make_reader(size=1 << 18)
    say(reader, 0, "small")
    pipe = Pipe(renderer, reader, RAW)
    assert pipe.read(4096) == b"# 0 small\n"
    reader.buffer.set_subbuf_size(1 << 15)
    reader.reset()
    say(reader, 0, "x" * 20_000)
    assert words(read_all(Iterator(renderer, reader, RAW))) == ["x" * 20_000]
    pipe.read(1)
    page = reader.take_page(0)
    assert page is None
    say(reader, 0, "y" * 20_000)
    page = reader.take_page(0)
    assert page
    assert len(page) == 1 << 15


def test_drain_writes_all_there_is(renderer: Renderer, make_reader: MakeBuffer) -> None:
    reader = make_reader(size=1 << 20)
    for number in range(10_000):
        say(reader, number % 2, str(number))
    with tempfile.TemporaryFile() as file:
        assert Pipe(renderer, reader, RAW).drain(file.fileno()) == file.tell()
        file.seek(0)
        assert words(file.read()) == [str(number) for number in range(10_000)]


def test_drain_reports_what_write_said(renderer: Renderer, make_reader: MakeBuffer) -> None:
    reader = make_reader()
    say(reader, 0, "one")
    fd = os.open("/dev/full", os.O_WRONLY)
    try:
        with pytest.raises(OSError, match="No space left on device"):
            Pipe(renderer, reader, RAW).drain(fd)
    finally:
        os.close(fd)


def test_concurrent_readers_get_every_event_once(renderer: Renderer, make_reader: MakeBuffer) -> None:
    reader = make_reader(size=1 << 20)
    found: list[list[str]] = [[], [], [], []]
    writing = threading.Event()

    def consume(place: int) -> None:
        pipe = Pipe(renderer, reader, RAW)
        text = b""
        while not writing.is_set() or not reader.empty():
            text += pipe.read(500)
        found[place] = words(text + read_all(pipe))

    threads = [threading.Thread(target=consume, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for number in range(20_000):
        say(reader, number % 2, str(number))
    writing.set()
    for thread in threads:
        thread.join()
    assert sorted(int(word) for part in found for word in part) == list(range(20_000))


def test_no_such_cpu(renderer: Renderer, make_reader: MakeBuffer) -> None:
    reader = make_reader()
    with pytest.raises(OSError, match="memory"):
        Iterator(renderer, reader, RAW, cpu=2)


WRITER = """
import sys
from ringbuf import RingBuffer
from tests.render.records import marker
buffer = RingBuffer.open(int(sys.argv[1]))
for number in range(40000):
    buffer.write(number % 2, marker(f"{number}\\n", ip=0))
"""


def test_lines_are_in_order_while_a_writer_goes_from_cpu_to_cpu(renderer: Renderer, make_reader: MakeBuffer) -> None:
    """Also where a CPU had nothing when it was looked at, and an older event than another's came to it meanwhile."""
    reader = make_reader(1 << 22)
    os.set_inheritable(reader.buffer.fd, True)
    command = [sys.executable, "-c", WRITER, str(reader.buffer.fd)]
    pipe, text = Pipe(renderer, reader, RAW), []
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], pass_fds=[reader.buffer.fd]) as writer:
        while writer.poll() is None:
            text.append(pipe.read(1 << 16) or b"")
    text.append(pipe.read(1 << 22) or b"")
    assert words(b"".join(text)) == [str(number) for number in range(40000)]
