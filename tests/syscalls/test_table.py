# SPDX-License-Identifier: GPL-2.0-only
"""The syscall tables and their loader."""

import pytest

from tracefs.syscalls import COMPAT_NAMES, SYSCALLS, Param, by_name, by_number
from tracefs.syscalls.table import Syscall, parse_syscall


def test_a_line_gives_number_name_and_parameters() -> None:
    assert parse_syscall(" 257 openat  -  int dfd, const char * filename") == Syscall(
        257, "openat", "openat", (Param("int", "dfd"), Param("const char *", "filename")), True
    )


def test_a_line_without_parameters_gives_none() -> None:
    assert parse_syscall("  39 getpid  -").params == ()


def test_a_plus_marks_a_call_that_the_kernel_has_no_event_for() -> None:
    assert not parse_syscall("+134 uselib  -  const char * library").in_kernel


def test_a_parameter_without_a_type_is_refused() -> None:
    with pytest.raises(ValueError, match="not enough values"):
        parse_syscall("1 write - fd")


def test_both_names_of_a_call_are_kept() -> None:
    assert (by_number[63].uapi_name, by_number[63].name) == ("uname", "newuname")
    assert by_name["newuname"] is by_number[63]


def test_numbers_and_names_are_unique() -> None:
    assert len(by_number) == len(by_name) == len(SYSCALLS) == 383


def test_no_call_has_more_than_six_parameters() -> None:
    assert max(len(syscall.params) for syscall in SYSCALLS) == 6


def test_compat_numbers_are_those_of_i386() -> None:
    assert (COMPAT_NAMES[1], COMPAT_NAMES[5], COMPAT_NAMES[122], COMPAT_NAMES[452]) == (
        "exit",
        "open",
        "uname",
        "fchmodat2",
    )


def test_the_tables_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        COMPAT_NAMES[1] = "other"  # type: ignore[index]
