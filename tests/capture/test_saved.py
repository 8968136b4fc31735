# SPDX-License-Identifier: GPL-2.0-only
"""What is saved of a task's memory: the bytes behind the `__ARGUMENT_val` fields of its records."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from ringbuf import RingBuffer
from tests.capture.harness.engines import new_engine
from tracefs.capture import Engine
from tracefs.capture.wanted import Wanted
from tracefs.events import REGISTRY
from tracefs.syscalls.types.saved.memory import Memory

Saved = dict[str, bytes | None]
"""By argument: the bytes; None: it could not be read; an argument of which nothing was saved is missing."""
Trace = Callable[..., list[tuple[str, Saved]]]
FAULT = b"(fault)"


def saved_in(record: bytes) -> tuple[str, Saved]:
    event = REGISTRY.by_id[int.from_bytes(record[:2], "little")]
    found: Saved = {}
    for field in event.fields:
        if field.is_data_loc:
            at, length = struct.unpack_from("<HH", record, field.offset)
            if length:
                found[field.name[2:-4]] = record[at : at + length]
            elif record[at : at + len(FAULT)] == FAULT:
                found[field.name[2:-4]] = None
    return event.name, found


def all_saved(buffer: RingBuffer) -> list[tuple[str, Saved]]:
    events = sorted((event.ts, event.data) for cpu in range(buffer.cpus) for event in buffer.iterate(cpu))
    return [saved_in(data) for _, data in events]


def run(engine: Engine, program: Path) -> None:
    assert engine.spawn([str(program)], env={}).wait() == 0


@pytest.fixture
def trace(programs: Path) -> Trace:
    def run_all(enter: int = 63, exit: int = 63, program: str = "memory") -> list[tuple[str, Saved]]:
        engine, sink, buffer = new_engine(os.getpid(), lambda _: None, 1 << 20)
        try:
            engine.want(sink, Wanted(tracer=True, save_enter=enter, save_exit=exit))
            run(engine, programs / program)
        finally:
            engine.stop()
        return all_saved(buffer)

    return run_all


def of(event: str, found: list[tuple[str, Saved]]) -> list[Saved]:
    return [saved for name, saved in found if name == event]


def test_texts_are_saved_whatever_page_they_lie_on_and_events_of_bad_pointers_come_without(trace: Trace) -> None:
    assert of("sys_enter_access", trace())[-7:] == [
        {"filename": b"/across/pages\0"},
        {"filename": None},  # no NUL before a page that is not there: nor would the kernel take it
        {"filename": b"last\0"},
        {"filename": None},
        {},  # NULL
        {"filename": b"\0"},
        {"filename": b"x" * 63},
    ]


def test_data_is_as_long_as_another_argument_says_at_enter_and_as_the_result_at_exit(trace: Trace) -> None:
    found = trace()
    assert of("sys_enter_write", found) == [{"buf": b"data\0more"}, {"buf": b"to be read"}]
    assert of("sys_exit_read", found)[-2:] == [{"buf": b"to be read"}, {}]


def test_structures_are_saved_whole_and_what_they_lead_to_as_an_image(trace: Trace) -> None:
    found = trace()
    (parts,) = of("sys_enter_writev", found)
    assert parts["vec"]
    first, *_ = struct.unpack_from("<Q", parts["vec"])
    memory = Memory.image(parts["vec"])
    vector = memory.read(first, 32)
    assert vector
    one, three, two, six = struct.unpack("<4Q", vector)
    assert (three, six) == (3, 6)
    assert (memory.read(one, 3, data=True), memory.read(two, 6, data=True)) == (b"one", b"second")
    status = of("sys_exit_newfstatat", found)[-1]["statbuf"]
    assert status
    assert struct.unpack_from("<Q", status, 40)[0] == os.makedev(1, 3)


def test_what_a_call_filled_is_saved_at_its_exit(trace: Trace) -> None:
    (ends,) = of("sys_exit_pipe", trace()) or of("sys_exit_pipe2", trace())
    assert ends["fildes"]
    assert len(ends["fildes"]) == 8


@pytest.mark.parametrize(("enter", "exit"), [(0, 0), (63, 0), (0, 63)])
def test_each_direction_is_saved_only_where_it_is_wanted(trace: Trace, enter: int, exit: int) -> None:
    found = trace(enter, exit)
    assert any(saved for name, saved in found if name.startswith("sys_enter_")) is bool(enter)
    assert any(saved for name, saved in found if name.startswith("sys_exit_")) is bool(exit)


def test_each_sink_gets_as_much_as_it_wants(programs: Path) -> None:
    engine, sink, buffer = new_engine(os.getpid(), lambda _: None, 1 << 20)
    others = [RingBuffer.create(os.cpu_count() or 1, 1 << 20) for _ in range(2)]
    try:
        engine.want(sink, Wanted(tracer=True, save_enter=63))
        engine.want(engine.add_sink(others[0]), Wanted(tracer=True, save_enter=4))
        engine.want(engine.add_sink(others[1]), Wanted(tracer=True))
        run(engine, programs / "memory")
    finally:
        engine.stop()
    last = [of("sys_enter_access", all_saved(each))[-1] for each in (buffer, *others)]
    assert last == [{"filename": b"x" * 63}, {"filename": b"xxxx"}, {}]


def test_no_page_is_read_twice_at_one_stop(programs: Path) -> None:
    """Of a call with two texts on one page, of a text over two pages, and of a netlink message, each page once."""
    engine, sink, _ = new_engine(os.getpid(), lambda _: None, 1 << 20)
    try:
        events = [REGISTRY.systems["syscalls"][f"sys_enter_{name}"].id for name in ("symlink", "sendto")]
        engine.want(sink, Wanted(events=frozenset(events), save_enter=3000))
        for program, pages in (("two_texts", 1), ("text_over_pages", 2), ("netlink_message", 1)):
            before = engine.pages_read
            run(engine, programs / program)
            assert engine.pages_read - before == pages
    finally:
        engine.stop()


def test_a_page_that_the_program_serves_itself_is_not_waited_for(trace: Trace) -> None:
    """By a userfaultfd, in a thread that is traced as well: to read it would be to wait for ourselves."""
    found = trace(program="userfaults")
    if not any(name.startswith("sys_enter_ioctl") for name, _ in found):
        pytest.skip("NO USERFAULTFD: not allowed here")
    assert of("sys_enter_openat", found)[-3:] == [{"filename": None}] * 3
