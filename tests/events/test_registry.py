# SPDX-License-Identifier: GPL-2.0-only
"""Event classes, their layout and their ids."""

import re
from pathlib import Path

import pytest
from cffi import FFI

from tracefs.capture.wanted import SYSCALL_FIRST, SYSCALL_LAST
from tracefs.events import REGISTRY, EventClass, Registry
from tracefs.events.field import Field, layout

RECORD_H = Path(__file__).parents[2] / "tracefs" / "events" / "record.h"
C_NAMES = {
    "EV_KERNEL_STACK": ("ftrace", "kernel_stack"),
    "EV_PRINT": ("ftrace", "print"),
    "EV_USER_STACK": ("ftrace", "user_stack"),
    "EV_RAW_DATA": ("ftrace", "raw_data"),
    "EV_RAW_SYS_ENTER": ("raw_syscalls", "sys_enter"),
    "EV_RAW_SYS_EXIT": ("raw_syscalls", "sys_exit"),
    "EV_COMPAT_SYS_ENTER": ("compat_syscalls", "sys_enter"),
    "EV_COMPAT_SYS_EXIT": ("compat_syscalls", "sys_exit"),
    "EV_SCHED_PROCESS_FORK": ("sched", "sched_process_fork"),
    "EV_SCHED_PROCESS_EXEC": ("sched", "sched_process_exec"),
    "EV_SCHED_PROCESS_EXIT": ("sched", "sched_process_exit"),
    "EV_SCHED_PROCESS_WAIT": ("sched", "sched_process_wait"),
    "EV_SIGNAL_DELIVER": ("signal", "signal_deliver"),
    "EV_TASK_NEWTASK": ("task", "task_newtask"),
    "EV_TASK_RENAME": ("task", "task_rename"),
    "EV_SYSCALL_FIRST": ("syscalls", "sys_enter_read"),
}
C_STRUCTS = {
    "ev_sys_enter": ("syscalls", "sys_enter_close"),
    "ev_sys_exit": ("syscalls", "sys_exit_close"),
    "ev_raw_sys_enter": ("raw_syscalls", "sys_enter"),
    "ev_raw_sys_exit": ("raw_syscalls", "sys_exit"),
    "ev_kernel_stack": ("ftrace", "kernel_stack"),
    "ev_user_stack": ("ftrace", "user_stack"),
    "ev_print": ("ftrace", "print"),
    "ev_raw_data": ("ftrace", "raw_data"),
}
MEMBERS = {"__syscall_nr": "nr", "__fd_paths": "fds", "fd": "args"}
"""Fields that C calls otherwise."""


def event(name: str, number: int) -> EventClass:
    return EventClass("test", name, number, "task", (), '""')


def test_fields_are_laid_out_as_c_does() -> None:
    assert layout(("pid_t", "pid"), ("char[16]", "comm"), ("u64", "flags"), ("short", "adj")) == (
        Field("pid_t", "pid", 8, 4, True),
        Field("char[16]", "comm", 12, 16, False),
        Field("u64", "flags", 32, 8, False),
        Field("short", "adj", 40, 2, True),
    )


def test_format_puts_the_name_before_the_bounds_of_an_array() -> None:
    (field,) = layout(("unsigned long[6]", "args"))
    assert field.format_line() == "\tfield:unsigned long args[6];\toffset:8;\tsize:48;\tsigned:0;\n"


def test_format_leaves_a_data_loc_whole() -> None:
    (field,) = layout(("__data_loc char[]", "comm"))
    assert field.format_line() == "\tfield:__data_loc char[] comm;\toffset:8;\tsize:4;\tsigned:0;\n"


@pytest.mark.parametrize(
    ("ctype", "is_string"),
    [
        ("char[16]", True),
        ("__data_loc char[]", True),
        ("const char *", True),
        ("const char *const *", False),
        ("unsigned long[6]", False),
        ("int", False),
    ],
)
def test_what_counts_as_a_string(ctype: str, is_string: bool) -> None:
    assert Field(ctype, "x", 8, 8, False).is_string is is_string


def test_ids_are_those_of_record_h() -> None:
    numbers = {name: int(value) for name, value in re.findall(r"(EV_\w+) = (\d+),", RECORD_H.read_text())}
    assert {name: numbers[name] for name in C_NAMES} == {
        name: REGISTRY.systems[system][event].id for name, (system, event) in C_NAMES.items()
    }


def test_layouts_are_those_of_record_h() -> None:
    text = re.sub(r"(?s)/\*.*?\*/", "", RECORD_H.read_text())
    ffi = FFI()
    ffi.cdef(re.sub(r"(?m)^#(?!define \w+ \d).*$", "", text))
    structs = {name: REGISTRY.systems[system][event] for name, (system, event) in C_STRUCTS.items()}
    for name, event_class in structs.items():
        members = dict(ffi.typeof(f"struct {name}").fields)
        for field in event_class.fields:
            member = MEMBERS.get(field.name, field.name)
            assert (name, member, members[member].offset) == (name, member, field.offset)
            if field.size and members[member].type.kind == "primitive":
                assert (name, member, ffi.sizeof(members[member].type)) == (name, member, field.size)


def test_ids_of_single_calls_are_those_of_record_h() -> None:
    numbers = {name: int(value) for name, value in re.findall(r"(EV_SYSCALL_\w+) = (\d+),", RECORD_H.read_text())}
    first = numbers["EV_SYSCALL_FIRST"]
    assert (first, first + 2 * numbers["EV_SYSCALL_MAX_NR"] + 1) == (SYSCALL_FIRST, SYSCALL_LAST)


def test_a_syscall_has_an_enter_and_an_exit_event() -> None:
    enter, leave = REGISTRY.by_id[1024 + 2 * 257], REGISTRY.by_id[1025 + 2 * 257]
    assert (enter.name, enter.kind, leave.name, leave.kind) == ("sys_enter_openat", "enter", "sys_exit_openat", "exit")
    assert enter.syscall is leave.syscall is not None


def test_find_gives_none_for_what_is_not_there() -> None:
    assert REGISTRY.find("sched", "sched_switch") is None
    assert REGISTRY.find("nothing", "sched_switch") is None


def test_a_taken_id_or_name_is_refused() -> None:
    registry = Registry([event("a", 1)])
    with pytest.raises(ValueError, match="test/b"):
        registry.add(event("b", 1))
    with pytest.raises(ValueError, match="test/a"):
        registry.add(event("a", 2))


def test_a_removed_event_is_gone_with_its_empty_system() -> None:
    registry = Registry([event("a", 1)])
    registry.remove(registry.by_id[1])
    assert (registry.by_id, registry.systems) == ({}, {})
