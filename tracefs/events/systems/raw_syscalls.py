# SPDX-License-Identifier: GPL-2.0-only
"""raw_syscalls/: any syscall by its number; compat_syscalls/ (ours): 32-bit calls, by the i386 numbers."""

from tracefs.events.event import EventClass
from tracefs.events.field import layout

_ARGS = ", ".join(f"REC->args[{position}]" for position in range(6))

_ENTER = layout(("long", "id"), ("unsigned long[6]", "args"))
_ENTER_FMT = f'"NR %ld (%lx, %lx, %lx, %lx, %lx, %lx)", REC->id, {_ARGS}'
_EXIT = layout(("long", "id"), ("long", "ret"))
_EXIT_FMT = '"NR %ld = %ld", REC->id, REC->ret'

EVENTS = (
    EventClass("raw_syscalls", "sys_enter", 100, "raw_enter", _ENTER, _ENTER_FMT),
    EventClass("raw_syscalls", "sys_exit", 101, "raw_exit", _EXIT, _EXIT_FMT),
    EventClass("compat_syscalls", "sys_enter", 102, "raw_enter", _ENTER, _ENTER_FMT),
    EventClass("compat_syscalls", "sys_exit", 103, "raw_exit", _EXIT, _EXIT_FMT),
)
