# SPDX-License-Identifier: GPL-2.0-only
r"""Names that tasks and files chose: lines show no byte of them that steers a terminal or forges a line, but `\033`."""

from __future__ import annotations

import pytest

from tests.render.records import CAT, marker, of_class
from tracefs.events import REGISTRY
from tracefs.events.cmdlines import Cmdlines
from tracefs.render import Options, Renderer

SHOWN = {
    b"cat": "cat",
    b"\x1b]0;X\x07": r"\033]0;X\007",
    b"a\n r-1": r"a\012 r-1",
    b"\x7f\t\r": r"\177\011\015",
    "é€😀".encode(): "é€😀",
    "\x9bm".encode(): r"\302\233m",  # C1: CSI
    "\u2028\u202e".encode(): r"\342\200\250\342\200\256",  # a separator of lines, and right to left
    b"\xff\xc3(\xe2\x82": r"\377\303(\342\202",
    b"\xed\xa0\x80\xc0\xaf": r"\355\240\200\300\257",  # a surrogate, a slash longer than need be
    b"\xf4\x90\x80\x80\xf0\x8f": r"\364\220\200\200\360\217",
    rb"C:\n\033": r"C:\n\033",  # backslashes are as they are
}


def line(record: bytes, options: Options | None = None, comm: bytes = b"cat") -> str:
    cmdlines = Cmdlines()
    cmdlines.save(CAT, CAT, comm)
    return Renderer(REGISTRY, cmdlines).line(record, 0, 0, options or Options()).decode()


@pytest.mark.parametrize("name", SHOWN)
def test_name_of_the_task(name: bytes) -> None:
    column = SHOWN[name].encode().rjust(16).decode()
    assert line(marker("x\n"), comm=name) == f"{column}-5080    [000]      0.000000: tracing_mark_write: x\n"


def test_a_long_name_is_cut_where_columns_are_few() -> None:
    shown = line(marker("x\n"), Options(latency_format=True), b"\n" * 15)
    assert shown.startswith(r"\012\012-5080 ")


@pytest.mark.parametrize("name", SHOWN)
def test_strings_of_events(name: bytes) -> None:
    record = of_class("sched", "sched_process_exec", name, 5, 5)
    assert line(record).partition(": ")[2] == f"sched_process_exec: filename={SHOWN[name]} pid=5 old_pid=5\n"
    assert line(record, Options(fields=True)).partition(": ")[2] == (
        f"sched_process_exec: filename={SHOWN[name]} pid=0x5 (5) old_pid=0x5 (5)\n"
    )


def test_array_of_characters() -> None:
    record = of_class("task", "task_rename", 5, b"a\x1bb", b"c\nd", 0)
    assert r"oldcomm=a\033b newcomm=c\012d" in line(record)


def test_what_a_program_writes_as_text_is_its_own() -> None:
    """trace_marker: as the kernel."""
    assert line(marker("\x1b[1mx\ty\n")).endswith("tracing_mark_write: \x1b[1mx\ty\n")
