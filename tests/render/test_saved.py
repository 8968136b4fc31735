# SPDX-License-Identifier: GPL-2.0-only
"""Lines that are not decoded, of records that hold what the arguments point to: as the kernel (6.19) prints them."""

from __future__ import annotations

from tests.render.records import enter
from tests.render.test_typed import BY_NAME, enter_saved
from tracefs.render import Options, Renderer

PLAIN = Options(context_info=False)


def line(record: bytes, options: Options = PLAIN) -> str:
    return Renderer().format_record(record, 0, 0, options)


def saved(name: str, args: tuple[int, ...], **data: bytes) -> bytes:
    names = [param.name for param in BY_NAME[name].params]
    return enter_saved(BY_NAME[name], args, {names.index(arg): found for arg, found in data.items()})


def test_a_string_stands_behind_its_address() -> None:
    record = saved("openat", (0xFFFFFF9C, 0x7F00, 0x80000, 0), filename=b"/etc/passwd\0")
    assert line(record) == 'sys_openat(dfd: 0xffffff9c, filename: 0x7f00 "/etc/passwd", flags: 0x80000, mode: 0)\n'


def test_two_strings_of_one_call() -> None:
    record = saved("rename", (0x7F00, 0x7F80), oldname=b"a\0", newname=b"b\0")
    assert line(record) == 'sys_rename(oldname: 0x7f00 "a", newname: 0x7f80 "b")\n'


def test_what_was_cut_ends_in_dots_and_what_cannot_be_printed_is_a_dot() -> None:
    assert line(saved("chdir", (0x7F00,), filename=b"/a\n\xff/b")) == 'sys_chdir(filename: 0x7f00 "/a../b...")\n'


def test_an_empty_string_is_not_what_was_not_saved() -> None:
    assert line(saved("chdir", (0x7F00,), filename=b"\0")) == 'sys_chdir(filename: 0x7f00 "")\n'
    assert line(saved("chdir", (0x7F00,))) == "sys_chdir(filename: 0x7f00)\n"
    assert line(enter(BY_NAME["chdir"].nr, 0x7F00)) == "sys_chdir(filename: 0x7f00)\n"


def test_bytes_are_in_hex_and_once_more_as_text_where_any_is() -> None:
    record = saved("write", (1, 0x7F00, 3), buf=b"hi\n")
    assert line(record) == 'sys_write(fd: 1, buf: 0x7f00 (68:69:0a) "hi.", count: 3)\n'
    record = saved("write", (1, 0x7F00, 2), buf=b"\0\1")
    assert line(record) == "sys_write(fd: 1, buf: 0x7f00 (00:01), count: 2)\n"


def test_fewer_bytes_than_there_were_end_in_dots() -> None:
    record = saved("write", (1, 0x7F00, 300), buf=b"hi")
    assert line(record) == 'sys_write(fd: 1, buf: 0x7f00 (68:69, ...) "hi"..., count: 0x12c)\n'


def test_memory_that_leads_to_more_is_shown_by_its_address_only() -> None:
    assert line(saved("writev", (1, 0x7F00, 1), vec=bytes(32))) == "sys_writev(fd: 1, vec: 0x7f00, vlen: 1)\n"


def test_the_syscall_tracers_lines_are_those_of_2009() -> None:
    record = saved("chdir", (0x7F00,), filename=b"/\0")
    assert line(record, Options(context_info=False, tracer="syscall")) == "sys_chdir(filename: 7f00)\n"


def test_a_length_beyond_the_record_shows_nothing() -> None:
    record = saved("chdir", (0x7F00,), filename=b"/\0")
    assert line(record[:-1]) == "sys_chdir(filename: 0x7f00)\n"
