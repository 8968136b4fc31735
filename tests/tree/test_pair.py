# SPDX-License-Identifier: GPL-2.0-only
"""syscall_pair: exits of those calls alone whose enter was recorded."""

from __future__ import annotations

from tests.tree.traced import Traced

ENTER, EXIT = "syscalls:sys_enter_openat", "syscalls:sys_exit_openat"


def lines_of_one_file(traced: Traced) -> list[str]:
    traced.enable(ENTER, EXIT)
    traced.write("events/syscalls/sys_enter_openat/filter", '__filename_val == "/etc/passwd"')
    traced.run("cat", "/etc/passwd", "/etc/group")
    return traced.trace()


def test_without_it_all_exits_are_recorded(traced: Traced) -> None:
    assert len([line for line in lines_of_one_file(traced) if line.startswith("sys_openat -> ")]) > 2


def test_an_exit_is_recorded_where_the_filter_let_the_enter_pass(traced: Traced) -> None:
    traced.write("options/syscall_pair", "1")
    enter, leave = lines_of_one_file(traced)
    assert enter.startswith("sys_openat(")
    assert '"/etc/passwd"' in enter
    assert leave == "sys_openat -> 0x3"


def test_a_trigger_on_the_enter_changes_nothing(traced: Traced) -> None:
    traced.write("options/syscall_pair", "1")
    traced.trigger(ENTER, "hist:keys=dfd")
    assert len(lines_of_one_file(traced)) == 2


def test_exits_alone_are_none(traced: Traced) -> None:
    traced.write("options/syscall_pair", "1")
    traced.enable(EXIT)
    traced.run("cat", "/etc/passwd")
    assert traced.trace() == []


def test_the_tracer_records_its_calls_whole(traced: Traced) -> None:
    traced.write("options/syscall_pair", "1")
    traced.write("current_tracer", "syscall")
    traced.run("true")
    assert traced.trace()[1] == "sys_execve -> 0x0"


def test_other_instances_are_as_they_were(traced: Traced) -> None:
    traced.files.lookup("instances").mkdir("other")  # type: ignore[attr-defined]
    traced.write("instances/other/events/syscalls/sys_exit_openat/enable", "1")
    traced.write("options/syscall_pair", "1")
    assert len(lines_of_one_file(traced)) == 2
    assert traced.read("instances/other/trace").count("sys_openat -> ") > 1
