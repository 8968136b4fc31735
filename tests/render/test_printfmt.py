# SPDX-License-Identifier: GPL-2.0-only
"""The print fmt language: compiled in Python, run in C."""

from __future__ import annotations

import struct

import pytest

from tests.render.records import common
from tracefs.events import EventClass, Registry
from tracefs.events.field import layout
from tracefs.render import Options, Renderer
from tracefs.render.printfmt.compile import FormatError, compile_print_fmt

EVENT = 200
FIELDS = layout(
    ("int", "i"), ("unsigned long", "l"), ("char[8]", "s"), ("__data_loc char[]", "d"), ("unsigned long[2]", "a")
)
RECORD = common(EVENT) + struct.pack("<i4xQ8sI4x2Q", -5, 0x1F, b"in place", 6 << 16 | 56, 7, 2**64 - 1) + b"behind"


def event(print_fmt: str) -> EventClass:
    return EventClass("test", "test", EVENT, "task", FIELDS, print_fmt)


def show(print_fmt: str) -> str:
    renderer = Renderer(Registry([event(print_fmt)]))
    text = renderer.format_record(RECORD, 0, 0, Options(context_info=False))
    return text.removeprefix("test: ").removesuffix("\n")


@pytest.mark.parametrize(
    ("print_fmt", "expected"),
    [
        ('"plain"', "plain"),
        ('"a\\tb \\"c\\" 100%%"', 'a\tb "c" 100%'),
        ('"two" "parts %d", REC->i', "twoparts -5"),
        ('"%d %i %u", REC->i, REC->i, REC->i', "-5 -5 4294967291"),
        ('"%lx %#lx %lX %08lx %o", REC->l, REC->l, REC->l, REC->l, REC->l', "1f 0x1f 1F 0000001f 37"),
        ('"[%6d] [%-6d] [%06d] [%+d] [% d]", REC->i, REC->i, REC->i, 5, 5', "[    -5] [-5    ] [-00005] [+5] [ 5]"),
        ('"[%.3d] [%#x] [%c]", REC->i, 0, 65', "[-005] [0] [A]"),
        ('"%hd %hhd %hhu", 65535, 255, 257', "-1 -1 1"),
        ('"%s %s", REC->s, __get_str(d)', "in place behind"),
        ('"[%10s] [%-8s] [%.2s]", __get_str(d), __get_str(d), REC->s', "[    behind] [behind  ] [in]"),
        ('"%lu %lx", REC->a[0], REC->a[1]', "7 ffffffffffffffff"),
        ('"%p", REC->l', "000000000000001f"),
        ('"%s", REC->i ? "yes" : "no"', "yes"),
        ('"%s", REC->i == 5 ? "five" : REC->i < 0 ? "less" : "more"', "less"),
        ('"%d", 1 + 2 * 3 - (4 << 1) / 2 % 3', "6"),
        ('"%d %d %d", !0, ~0, -(3)', "1 -1 -3"),
        ('"%d", (1 | 6 ^ 2 & 3) && (2 > 1 || 0)', "1"),
        ('"%d %d", 1 / 0, 1 % 0', "0 0"),
        ('"%x", (unsigned char)REC->i', "fb"),
        ('"%d", (int)REC->a[1]', "-1"),
        ('"%lx", (void *)REC->l', "1f"),
        ("\"%d\", 'A'", "65"),
        ('"%s", __print_flags(REC->l, "|", { 1, "ONE" }, { 2, "TWO" }, { 0x4, "FOUR" })', "ONE|TWO|FOUR|0x18"),
        ('"%s", __print_flags(0, "|", { 1, "ONE" })', ""),
        ('"%s", __print_flags(8, "|", { 1 << 3, "EIGHT" })', "EIGHT"),
        ('"%s", __print_symbolic(REC->a[0], { 6, "SIX" }, { 7, "SEVEN" })', "SEVEN"),
        ('"%s", __print_symbolic(9, { 6, "SIX" })', "0x9"),
        ('"%s", __print_symbolic(REC->a[1], { -1, "MINUS" })', "MINUS"),
    ],
    ids=lambda value: value if value.startswith('"') else "",
)
def test_conversions_and_expressions(print_fmt: str, expected: str) -> None:
    assert show(print_fmt) == expected


@pytest.mark.parametrize(
    "print_fmt",
    [
        '"%d"',
        '"%d", REC->nothing',
        '"%y", 1',
        '"%d", unknown(1)',
        '"%d", 1, 2',
        '"%d", (1',
        '"%d", `',
        '"%s", __print_symbolic(1, { REC->i, "x" })',
        '"%d", ' + "(1+" * 20 + "1" + ")" * 20,
    ],
)
def test_what_is_not_in_the_language_is_refused(print_fmt: str) -> None:
    with pytest.raises(FormatError):
        compile_print_fmt(event(print_fmt))
