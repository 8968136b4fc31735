# SPDX-License-Identifier: GPL-2.0-only
"""What the files say of memory that was saved: its size, its options, its lines, filters on it."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import pytest

from tests.tree.traced import Traced

OPENAT = "syscalls:sys_enter_openat"
FILTER = "events/syscalls/sys_enter_openat/filter"


@pytest.fixture
def traced() -> Iterator[Traced]:
    tree = Traced()
    yield tree
    tree.files.shutdown()


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


def test_the_size_is_63_at_first_and_as_large_as_can_be_where_more_is_written(traced: Traced) -> None:
    assert traced.read("syscall_user_buf_size") == "63\n"
    traced.write("syscall_user_buf_size", "100000")
    assert traced.read("syscall_user_buf_size") == "3072\n"


def test_a_size_that_is_no_number_is_refused(traced: Traced) -> None:
    with pytest.raises(OSError, match=rf"\[Errno {errno.EINVAL}\]"):
        traced.write("syscall_user_buf_size", "many")


def test_what_a_call_filled_is_shown_at_its_exit_where_that_is_asked_for(traced: Traced) -> None:
    traced.write("options/syscall_arg_decode", "1")
    traced.write("options/syscall_user_exit", "1")
    traced.enable("syscalls:sys_exit_read")
    traced.run("sh", "-c", "echo hello | cat")
    assert 'sys_read -> 6 (buf: "hello\\n")' in traced.trace()
