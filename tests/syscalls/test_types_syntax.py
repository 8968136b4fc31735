# SPDX-License-Identifier: GPL-2.0-only
"""The text of a type table: what it means, and where exactly it is wrong."""

import pytest

from tracefs.syscalls.types import TypeSyntaxError, load, parse
from tracefs.syscalls.types.language.model import (
    Condition,
    Count,
    Entry,
    EnumType,
    FlagsType,
    Macro,
    Pointer,
    Ref,
    Row,
    StructType,
    SubField,
)
from tracefs.syscalls.types.language.show import show_rows, show_types


def test_a_flag_s_mask_is_its_value_and_zero_s_is_all() -> None:
    flags = parse("flags f u32 hex  A=1 B=2/3 NONE=0\n").types["f"]
    assert isinstance(flags, FlagsType)
    assert flags.entries == (Entry("A", 1, 1), Entry("B", 2, 3), Entry("NONE", 0, (1 << 64) - 1))


def test_indented_lines_go_on_and_comments_are_left_out() -> None:
    named = parse("enum e u8 dec   # an enumeration\n    A=1   # one\n    B=0x10\n\n    C=010\n").types["e"]
    assert isinstance(named, EnumType)
    assert [(entry.name, entry.value) for entry in named.entries] == [("A", 1), ("B", 16), ("C", 8)]


def test_a_row_has_its_arguments_and_its_result() -> None:
    rows = parse("read fd:fd buf:out(bytes, ret, count*2) count:size -> long\n", load()).rows["read"]
    buffer = Pointer("out", Ref("bytes"), (Count("ret"), Count("count", 2)))
    assert rows == (Row("read", (("fd", Ref("fd")), ("buf", buffer), ("count", Ref("size"))), Ref("long")),)


def test_a_macro_is_an_enum_s_value_with_numbers_in_it() -> None:
    named = parse("enum e u32 hex A=1 NAME=0x100/0xff00(@0xf:u8,@0xf0:u8) B=2\n", load()).types["e"]
    assert isinstance(named, EnumType)
    parts = SubField(None, 0xF, Ref("u8")), SubField(None, 0xF0, Ref("u8"))
    assert named.macros == (Macro("NAME", 0x100, 0xFF00, parts),)
    assert [entry.name for entry in named.entries] == ["A", "B"]


def test_a_member_may_be_some_bits_of_a_number() -> None:
    named = parse("struct s 4 a@0.3:u32 b@0.4+28:u32 c@0:u32\n", load()).types["s"]
    assert isinstance(named, StructType)
    assert [(field.shift, field.bits) for field in named.fields] == [(3, 1), (4, 28), (0, 0)]


def test_a_variant_may_depend_on_the_netlink_protocol_of_a_descriptor() -> None:
    rows = parse("[netlink(fd)] buff:in(str)\n[netlink(fd)=NETLINK_ROUTE] buff:ptr\n", load(), syscall="sendto").rows
    assert [row.conditions for row in rows["sendto"]] == [
        (Condition("netlink(fd)", ()),),
        (Condition("netlink(fd)", ("NETLINK_ROUTE",)),),
    ]


WRITTEN = """\
enum e u32 hex A=1 NAME=0x100/0xff00(@0xf:u8,@0xf0:u8)
struct s 4 a@0.3:u32 b@0.4+28:u32 c@0:array(u8, b+8)
"""


def test_what_is_shown_of_a_table_can_be_written_again() -> None:
    assert show_types(parse(WRITTEN, load())) == WRITTEN
    assert show_types(parse(show_types(load()))) == show_types(load())
    row = "sendto[netlink(fd)] buff:ptr\n"
    assert show_rows(parse(row, load()).rows["sendto"]) == row


@pytest.mark.parametrize(
    ("text", "caret", "message"),
    [
        ("flags f u32 hex A=1 B", "B", "an entry is written NAME=VALUE or NAME=VALUE/MASK"),
        ("flags f u32 hex A=4/3", "A=4/3", "the value has bits outside its mask"),
        ("enum e u99 dec A=1", "u99", "no such width: u99"),
        ("enum e u32 blue A=1", "blue", "no such style: blue"),
        ("openat dfd:nosuch", "nosuch", "no such type: nosuch"),
        ("openat dfd:in(path", "(path", "no ')' closes this"),
        ("openat dfd", "dfd", "an argument is written name:type"),
        ("extend nosuch A=1", "nosuch", "no flags or enum is called nosuch"),
        ("  A=1", "A=1", "an indented line continues nothing"),
        ("struct nosuch[a=1] b@0:int", "nosuch", "no structure is called nosuch"),
        ("fcntl[cmd] arg:int", "cmd", "a condition is written name=VALUE|VALUE, or with >=, < or != and one value"),
        ("enum e u32 hex A=1/0xf(@0x1:u8)", "@0x1", "numbers within a value are written @MASK:TYPE"),
        ("enum e u32 hex A=0x100/0xf(@0xf0:u8)", "A=", "the value has bits outside its mask"),
        ("struct s 4 a@0.3+64:u32", "a@", "bits are a number's, at most 64"),
        ("struct s 4 a@0.3:timespec", "a@", "bits are a number's, at most 64"),
        ("struct s 4 a@0.3:bytes", "a@", "bits are a number's, at most 64"),
        (
            "sendto[other(fd)] buff:ptr",
            "other",
            "a condition is written name=VALUE|VALUE, or with >=, < or != and one value",
        ),
        ("read fd:int -> int int", "int\n", "nothing may follow the result"),
        ("alias x in(int)) ", ")", "')' closes nothing"),
    ],
)
def test_an_error_points_at_its_place(text: str, caret: str, message: str) -> None:
    text = f"# first line\n{text}\n"
    with pytest.raises(TypeSyntaxError) as caught:
        parse(text, load())
    assert caught.value.message == message
    assert caught.value.line == 2
    assert text[caught.value.position :].startswith(caret)


def test_an_error_in_a_file_is_named_with_line_and_column() -> None:
    with pytest.raises(TypeSyntaxError, match=r"^mine\.tbl:2:7: no such width: u7$"):
        parse("# SPDX\nint a u7 dec\n", origin="mine.tbl")
