# SPDX-License-Identifier: GPL-2.0-only
"""syscalls/: an enter and an exit event for every syscall of the table."""

from collections.abc import Iterator

from tracefs.events.event import EventClass
from tracefs.events.field import Field, layout
from tracefs.syscalls import SYSCALLS, Syscall

ID_FIRST = 1024
ARGS_OFFSET = 16
ARG_SIZE = 8

_NR = layout(("int", "__syscall_nr"))
_EXIT = (*_NR, Field("long", "ret", ARGS_OFFSET, ARG_SIZE, True))
_EXIT_FMT = '"0x%lx", REC->ret'


def enter_id(nr: int) -> int:
    """The id of sys_enter_* of syscall number nr."""
    return ID_FIRST + 2 * nr


def exit_id(nr: int) -> int:
    """The id of sys_exit_* of syscall number nr."""
    return ID_FIRST + 2 * nr + 1


def enter_fields(syscall: Syscall) -> tuple[Field, ...]:
    """The number, then each argument as a whole register, whatever its type: unsigned, as the kernel has it."""
    return _NR + tuple(
        Field(param.ctype, param.name, ARGS_OFFSET + ARG_SIZE * position, ARG_SIZE, False)
        for position, param in enumerate(syscall.params)
    )


def enter_print_fmt(syscall: Syscall) -> str:
    """`"dfd: 0x%08lx, ...", ((unsigned long)(REC->dfd)), ...`; a pair of quotes where there is no argument."""
    words = ", ".join(f"{param.name}: 0x%08lx" for param in syscall.params)
    values = "".join(f", ((unsigned long)(REC->{param.name}))" for param in syscall.params)
    return f'"{words}"{values}'


def pair(syscall: Syscall) -> Iterator[EventClass]:
    """The enter and the exit event of a syscall."""
    fields, print_fmt = enter_fields(syscall), enter_print_fmt(syscall)
    yield EventClass("syscalls", f"sys_enter_{syscall.name}", enter_id(syscall.nr), "enter", fields, print_fmt, syscall)
    yield EventClass("syscalls", f"sys_exit_{syscall.name}", exit_id(syscall.nr), "exit", _EXIT, _EXIT_FMT, syscall)


EVENTS = tuple(event for syscall in SYSCALLS for event in pair(syscall))
