# SPDX-License-Identifier: GPL-2.0-only
"""syscalls/: an enter and an exit event for every syscall of the table."""

from collections.abc import Iterator

from tracefs.events.event import EventClass
from tracefs.events.field import DATA_LOC, Field, layout
from tracefs.syscalls import SYSCALLS, Syscall
from tracefs.syscalls.types.saved.fds import FIELD, OFFSET
from tracefs.syscalls.types.saved.parts import Part, parts
from tracefs.syscalls.types.saved.pointers import masks, positions

ID_FIRST = 1024
ARGS_OFFSET = 16
ARG_SIZE = 8
LOC_SIZE = 4

_NR = layout(("int", "__syscall_nr"))
_RESULT = (*_NR, Field("long", "ret", ARGS_OFFSET, ARG_SIZE, True))
_EXIT_FMT = '"0x%lx", REC->ret'


def enter_id(nr: int) -> int:
    """The id of sys_enter_* of syscall number nr."""
    return ID_FIRST + 2 * nr


def exit_id(nr: int) -> int:
    """The id of sys_exit_* of syscall number nr."""
    return ID_FIRST + 2 * nr + 1


def _args(syscall: Syscall, offset: int) -> tuple[Field, ...]:
    """Each argument as a whole register, whatever its type: unsigned, as the kernel has it."""
    return tuple(
        Field(param.ctype, param.name, offset + ARG_SIZE * position, ARG_SIZE, False)
        for position, param in enumerate(syscall.params)
    )


def _saved(syscall: Syscall, mask: int, offset: int) -> tuple[Field, ...]:
    """Where what the arguments of `mask` point to is: named as the kernel's (6.19, which has them of texts alone)."""
    names = [syscall.params[position].name for position in positions(mask)]
    return tuple(
        Field(f"{DATA_LOC}char[]", f"__{name}_val", offset + LOC_SIZE * i, LOC_SIZE, False)
        for i, name in enumerate(names)
    )


def _parts(found: tuple[Part, ...], offset: int) -> tuple[Field, ...]:
    """Where what lies within that is."""
    return tuple(
        Field(f"{DATA_LOC}char[]", part.field, offset + LOC_SIZE * i, LOC_SIZE, False) for i, part in enumerate(found)
    )


_FDS = Field(f"{DATA_LOC}char[]", FIELD, OFFSET, LOC_SIZE, False)


def _fds(mask: int) -> tuple[Field, ...]:
    """What descriptors stood for: last, as the arguments' places in the row of fields are known."""
    return (_FDS,) if mask else ()


def enter_fields(syscall: Syscall) -> tuple[Field, ...]:
    """The number, the arguments, and what those point to that the call reads."""
    end = ARGS_OFFSET + ARG_SIZE * len(syscall.params)
    known = masks(syscall.name)
    saved = _saved(syscall, known.enter, end)
    within = _parts(parts(syscall.name, "enter"), end + LOC_SIZE * len(saved))
    return (*_NR, *_args(syscall, ARGS_OFFSET), *saved, *within, *_fds(known.fds_enter | known.asked))


def exit_fields(syscall: Syscall) -> tuple[Field, ...]:
    """The number and the result; of a call that fills memory, the arguments again, and what it has filled."""
    known = masks(syscall.name)
    if not known.exit:
        return (*_RESULT, *_fds(known.fds_exit | known.asked))
    start = ARGS_OFFSET + ARG_SIZE
    end = start + ARG_SIZE * len(syscall.params)
    saved = _saved(syscall, known.exit, end)
    within = _parts(parts(syscall.name, "exit"), end + LOC_SIZE * len(saved))
    return (*_RESULT, *_args(syscall, start), *saved, *within, *_fds(known.fds_exit | known.asked))


def enter_print_fmt(syscall: Syscall) -> str:
    """`"dfd: 0x%08lx, ...", ((unsigned long)(REC->dfd)), ...`; a pair of quotes where there is no argument."""
    words = ", ".join(f"{param.name}: 0x%08lx" for param in syscall.params)
    values = "".join(f", ((unsigned long)(REC->{param.name}))" for param in syscall.params)
    return f'"{words}"{values}'


def pair(syscall: Syscall) -> Iterator[EventClass]:
    """The enter and the exit event of a syscall."""
    enter, leave, print_fmt = enter_fields(syscall), exit_fields(syscall), enter_print_fmt(syscall)
    yield EventClass("syscalls", f"sys_enter_{syscall.name}", enter_id(syscall.nr), "enter", enter, print_fmt, syscall)
    yield EventClass("syscalls", f"sys_exit_{syscall.name}", exit_id(syscall.nr), "exit", leave, _EXIT_FMT, syscall)


EVENTS = tuple(event for syscall in SYSCALLS for event in pair(syscall))
