# SPDX-License-Identifier: GPL-2.0-only
"""The line of one record, in each layout."""

from __future__ import annotations

import pytest

from tests.render.records import (
    STRANGER,
    UNKNOWN_TGID,
    common,
    enter,
    leave,
    marker,
    of_class,
    raw_enter,
    raw_leave,
    raw_marker,
)
from tracefs.render import Options, Renderer

TS = 132_192_228_499
"""132.192228 s, and not quite half a microsecond."""
CONTEXT = "             cat-5080    [001]    132.192228: "
DUP2 = enter(33, 10, 1)
OPENAT = enter(257, 0xFFFFFF9C, 0x7FFF12345678, 0x80000, 0)


def label(value: object) -> str | None:
    """Test ids: the expected text, nothing for records and options."""
    return value.strip() if isinstance(value, str) else ""


def line(renderer: Renderer, record: bytes, options: Options | None = None, ts: int = TS) -> str:
    return renderer.format_record(record, ts, 1, options)


@pytest.mark.parametrize(
    ("options", "record", "expected"),
    [
        (Options(tracer="syscall"), DUP2, "sys_dup2(oldfd: a, newfd: 1)\n"),
        (
            Options(tracer="syscall", syscall_arg_type=True),
            DUP2,
            "sys_dup2(unsigned int oldfd: a, unsigned int newfd: 1)\n",
        ),
        (Options(tracer="syscall"), leave(33, 1), "sys_dup2 -> 0x1\n"),
        (Options(tracer="syscall"), leave(33, -9), "sys_dup2 -> 0xfffffffffffffff7\n"),
        (Options(tracer="syscall"), enter(39), "sys_getpid()\n"),
        (
            Options(tracer="syscall"),
            raw_enter(999, 1, 2, 3, 0xABC, 5, 2**64 - 1),
            "sys_999(a0: 1, a1: 2, a2: 3, a3: abc, a4: 5, a5: ffffffffffffffff)\n",
        ),
        (Options(tracer="syscall"), raw_enter(-1, 1), "sys_-1(a0: 1)\n"),
        (Options(tracer="syscall"), raw_leave(999, -38), "sys_999 -> 0xffffffffffffffda\n"),
        (Options(tracer="syscall"), enter(1000, 7, 8), "sys_1000(a0: 7, a1: 8)\n"),
        (Options(tracer="syscall"), leave(1000, 7), "sys_1000 -> 0x7\n"),
        (Options(tracer="syscall"), raw_enter(5, 1, 2, kind=102), "compat_sys_open(a0: 1, a1: 2)\n"),
        (Options(tracer="syscall"), raw_leave(5, 3, kind=103), "compat_sys_open -> 0x3\n"),
        (Options(tracer="syscall"), raw_enter(9999, 1, kind=102), "compat_sys_9999(a0: 1)\n"),
        (Options(tracer="syscall"), raw_enter(33, 10, 1, 0, 0, 0, 0), "sys_enter: NR 33 (a, 1, 0, 0, 0, 0)\n"),
        (Options(tracer="syscall"), marker("hello\n"), "tracing_mark_write: hello\n"),
    ],
    ids=label,
)
def test_the_syscall_tracers_lines(renderer: Renderer, options: Options, record: bytes, expected: str) -> None:
    assert line(renderer, record, options) == CONTEXT + expected


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (OPENAT, "sys_openat(dfd: 0xffffff9c, filename: 0x7fff12345678, flags: 0x80000, mode: 0)\n"),
        (enter(33, 9, 10), "sys_dup2(oldfd: 9, newfd: 0xa)\n"),
        (leave(257, 3), "sys_openat -> 0x3\n"),
        (leave(257, -2), "sys_openat -> 0xfffffffffffffffe\n"),
        (raw_enter(257, 0xFFFFFF9C, 1, 2, 3, 4, 5), "sys_enter: NR 257 (ffffff9c, 1, 2, 3, 4, 5)\n"),
        (raw_leave(257, -2), "sys_exit: NR 257 = -2\n"),
        (marker("hello\n"), "tracing_mark_write: hello\n"),
        (raw_marker(4, b"\1\2\3\4\5\0\0\0"), "# 4 buf: 01 02 03 04 05 00 00 00\n"),
        (
            of_class("sched", "sched_process_fork", b"sh", 10, b"sh child", 11),
            "sched_process_fork: comm=sh pid=10 child_comm=sh child child_pid=11\n",
        ),
        (
            of_class("sched", "sched_process_exit", b"ls", 12, 120, 1, 0x300),
            "sched_process_exit: comm=ls pid=12 prio=120 group_dead=true exit_code=0x300\n",
        ),
        (
            of_class("signal", "signal_deliver", 17, 0, 1, 0x56379EB16DC0, 0x4000000, b""),
            "signal_deliver: sig=17 errno=0 code=1 sa_handler=56379eb16dc0 sa_flags=4000000\n",
        ),
        (
            of_class("task", "task_newtask", 5, b"sh", 0x1200000, -500),
            "task_newtask: pid=5 comm=sh clone_flags=1200000 oom_score_adj=-500\n",
        ),
        (common(999), "Unknown type 999\n"),
        (common(0xFFFF), "Unknown type 65535\n"),
    ],
    ids=label,
)
def test_the_kernels_lines(renderer: Renderer, record: bytes, expected: str) -> None:
    assert line(renderer, record) == CONTEXT + expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (Options(), "             cat-5080    [001]    132.192228: sys_dup2 -> 0x1\n"),
        (Options(irq_info=True), "             cat-5080    [001] .....   132.192228: sys_dup2 -> 0x1\n"),
        (Options(record_tgid=True), "             cat-5080    (   5000) [001]    132.192228: sys_dup2 -> 0x1\n"),
        (Options(verbose=True), "             cat-5080    [001]    132.192228: sys_dup2 -> 0x1\n"),
        (Options(latency_format=True, time_start=TS - 5_000), "     cat-5080      1.....    5us : sys_dup2 -> 0x1\n"),
        (
            Options(latency_format=True, verbose=True, time_start=TS - 5_000),
            "             cat    5080   1 0 00000000 00000000 [07e117e4] 0.005ms (+0.000ms): sys_dup2 -> 0x1\n",
        ),
        (Options(raw=True), "5080 1 132192228499 type: 1091\n"),
        (Options(hex=True), "000013d8 00000001 0000001ec7455493 type: 1091\n\n"),
        (Options(fields=True), CONTEXT + "sys_exit_dup2: __syscall_nr=0x21 (33) ret=0x1 (1)\n"),
        (Options(context_info=False), "sys_dup2 -> 0x1\n"),
        (Options(clock="counter"), "             cat-5080    [001]  132192228499: sys_dup2 -> 0x1\n"),
        (Options(tracer="syscall", raw=True), "5080 1 132192228499 type: 1091\n"),
    ],
)
def test_layouts(renderer: Renderer, options: Options, expected: str) -> None:
    assert line(renderer, leave(33, 1), options) == expected


def test_bin_is_pid_cpu_and_time_in_binary(renderer: Renderer) -> None:
    expected = b"\xd8\x13\0\0" + b"\1\0\0\0" + TS.to_bytes(8, "little") + b"type: 1091\n"
    assert renderer.line(leave(33, 1), TS, 1, Options(bin=True)) == expected


def test_verbose_shows_types(renderer: Renderer) -> None:
    expected = (
        "sys_openat(int dfd: 0xffffff9c, const char * filename: 0x7fff12345678, int flags: 0x80000, umode_t mode: 0)\n"
    )
    assert line(renderer, OPENAT, Options(verbose=True)) == CONTEXT + expected


def test_fields_show_the_pointer_of_a_string_argument(renderer: Renderer) -> None:
    expected = (
        "sys_enter_openat: __syscall_nr=0x101 (257) dfd=0xffffff9c (4294967196) filename=(0x7fff12345678)"
        " flags=0x80000 (524288) mode=0x0 (0)\n"
    )
    assert line(renderer, OPENAT, Options(fields=True)) == CONTEXT + expected


@pytest.mark.parametrize(
    ("pid", "expected"),
    [
        (STRANGER, "           <...>-42      (-------)"),
        (0, "          <idle>-0       (-------)"),
        (-1, "           <XXX>--1      (-------)"),
        (UNKNOWN_TGID, " a-very-long-nam-77      (-------)"),
    ],
)
def test_tasks_without_name_or_thread_group(renderer: Renderer, pid: int, expected: str) -> None:
    assert line(renderer, enter(39, pid=pid), Options(record_tgid=True)).startswith(expected + " [001] ")


@pytest.mark.parametrize(
    ("flags", "preempt", "letters"),
    [
        (0x00, 0x00, "....."),
        (0x01, 0x01, "d..1."),
        (0x81, 0x2A, "D..a2"),
        (0x80, 0x00, "b...."),
        (0x24, 0x00, ".N..."),
        (0x04, 0x00, ".n..."),
        (0x20, 0x00, ".p..."),
        (0x02, 0x00, ".l..."),
        (0x22, 0x00, ".L..."),
        (0x06, 0x00, ".b..."),
        (0x26, 0x00, ".B..."),
        (0x08, 0x00, "..h.."),
        (0x10, 0x00, "..s.."),
        (0x18, 0x00, "..H.."),
        (0x40, 0x00, "..z.."),
        (0x48, 0x00, "..Z.."),
    ],
)
def test_irq_info_letters(renderer: Renderer, flags: int, preempt: int, letters: str) -> None:
    record = common(5, flags=flags, preempt=preempt) + bytes(8) + b"\n\0"
    text = line(renderer, record, Options(irq_info=True))
    assert text == f"             cat-5080    [001] {letters}   132.192228: tracing_mark_write: \n"


@pytest.mark.parametrize(
    ("delay_ns", "mark"),
    [(10_499, " "), (10_500, "+"), (101_000, "!"), (1_001_000, "#"), (10_001_000, "*"), (100_001_000, "@"),
     (1_000_001_000, "$")],
)  # fmt: skip
def test_latency_format_marks_the_delay_until_the_next_event(renderer: Renderer, delay_ns: int, mark: str) -> None:
    options = Options(latency_format=True, time_start=TS)
    text = renderer.line(enter(39), TS, 0, options, TS + delay_ns)
    assert text == f"     cat-5080      0.....    0us{mark}: sys_getpid()\n".encode()


@pytest.mark.parametrize("length", range(len(OPENAT)))
def test_a_record_that_ends_early_shows_zeros(renderer: Renderer, length: int) -> None:
    text = line(renderer, OPENAT[:length])
    assert text.endswith("\n")
    if length >= 2:
        assert "mode: 0)\n" in text


def test_a_data_location_outside_the_record_is_empty(renderer: Renderer) -> None:
    record = of_class("sched", "sched_process_exec", b"/bin/true", 5, 5)
    beyond = record[:8] + b"\xff\xff\xff\xff" + record[12:]
    assert line(renderer, beyond) == CONTEXT + "sched_process_exec: filename= pid=5 old_pid=5\n"
