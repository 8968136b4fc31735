# SPDX-License-Identifier: GPL-2.0-only
"""What the files say of memory that was saved: its size, its options, its lines, filters on it."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import pytest

from tests.tree.traced import Traced

OPENAT = "syscalls:sys_enter_openat"
FILTER = "events/syscalls/sys_enter_openat/filter"


def opened(traced: Traced) -> list[str]:
    traced.enable(OPENAT)
    traced.run("cat", "/etc/passwd")
    return [line.partition("filename: ")[2].split(",")[0] for line in traced.trace()]


def test_a_filter_on_a_saved_text_lets_through_what_matches(traced: Traced) -> None:
    traced.write("options/syscall_arg_decode", "1")
    traced.write(FILTER, '__filename_val ~ "/etc/pass*"')
    assert opened(traced) == ['"/etc/passwd"']


def test_a_text_is_cut_at_syscall_user_buf_size(traced: Traced) -> None:
    traced.write("options/syscall_arg_decode", "1")
    traced.write("syscall_user_buf_size", "8")
    assert opened(traced)[-1] == '"/etc/pas"...'


def test_nothing_is_saved_where_the_size_is_zero(traced: Traced) -> None:
    traced.write("syscall_user_buf_size", "0")
    assert opened(traced)[-1].startswith("0x")


def test_nothing_is_saved_without_the_option(traced: Traced) -> None:
    traced.write("options/syscall_user_enter", "0")
    assert '"' not in opened(traced)[-1]


def test_the_memory_of_an_argument_whose_type_is_no_pointer_to_it_is_not_saved(traced: Traced) -> None:
    """Of that call alone; from the next one on after `>`."""
    traced.write("options/syscall_arg_decode", "1")
    types = "events/syscalls/sys_enter_openat/types"
    traced.write(types, "filename:ptr\n")
    traced.enable("syscalls:sys_enter_access")
    assert opened(traced)[-1].startswith("0x")
    traced.write(types, "[flags=O_PATH] filename:in(str)\n")
    traced.write(types, "", os.O_TRUNC)
    assert traced.trace()[-1].startswith("sys_openat(dfd: AT_FDCWD, filename: 0x")
    assert any(line.startswith('sys_access(filename: "/') for line in traced.trace())
    assert opened(traced)[-1] == '"/etc/passwd"'


def test_the_size_is_63_at_first_and_as_large_as_can_be_where_more_is_written(traced: Traced) -> None:
    assert traced.read("syscall_user_buf_size") == "63\n"
    traced.write("syscall_user_buf_size", "100000")
    assert traced.read("syscall_user_buf_size") == "3072\n"


def test_larger_sub_buffers_let_it_be_larger_and_smaller_ones_make_it_smaller(traced: Traced) -> None:
    traced.write("buffer_subbuf_size_kb", "64")
    traced.write("syscall_user_buf_size", "100000")
    assert traced.read("syscall_user_buf_size") == "49152\n"
    traced.write("buffer_subbuf_size_kb", "8")
    assert traced.read("syscall_user_buf_size") == "6144\n"


def listed(traced: Traced, directory: Path) -> tuple[int, bool]:
    """How many entries of a directory of 300 files the lines of its getdents64 name, and whether they say there are
    more."""
    for number in range(300):
        (directory / f"file{number:03}").touch()
    traced.write("options/syscall_arg_decode", "1")
    traced.write("options/syscall_user_exit", "1")
    traced.enable("syscalls:sys_exit_getdents64")
    traced.run("ls", str(directory))
    text = "".join(traced.trace())
    return len(set(re.findall(r'd_name="(file\d+)"', text))), ", ...]" in text


def test_an_event_has_as_much_as_fits_a_sub_buffer_and_says_that_there_was_more(traced: Traced, tmp_path: Path) -> None:
    found, more = listed(traced, tmp_path)
    assert 100 < found < 200
    assert more


def test_larger_sub_buffers_have_room_for_a_whole_directory(traced: Traced, tmp_path: Path) -> None:
    traced.write("buffer_subbuf_size_kb", "64")
    assert listed(traced, tmp_path) == (300, False)


def test_a_text_as_long_as_a_path_can_be_is_whole(traced: Traced) -> None:
    name = "/x" * 2000
    traced.write("buffer_subbuf_size_kb", "16")
    traced.write("syscall_user_buf_size", "4096")
    traced.write("options/syscall_arg_decode", "1")
    traced.enable(OPENAT)
    traced.run("sh", "-c", f"cat {name} 2> /dev/null")
    assert any(f'filename: "{name}"' in line for line in traced.trace())


def test_a_size_that_is_no_number_is_refused(traced: Traced) -> None:
    with pytest.raises(OSError, match=rf"\[Errno {errno.EINVAL}\]"):
        traced.write("syscall_user_buf_size", "many")


def test_what_a_call_filled_is_shown_at_its_exit_where_that_is_asked_for(traced: Traced) -> None:
    traced.write("options/syscall_arg_decode", "1")
    traced.write("options/syscall_user_exit", "1")
    traced.enable("syscalls:sys_exit_read")
    traced.run("sh", "-c", "echo hello | cat")
    assert 'sys_read -> 6 (buf: "hello\\n")' in traced.trace()
