# SPDX-License-Identifier: GPL-2.0-only
"""trace_options and options/*: one table, two ways to write it.

The kernel's options that have a meaning here, in its order, and the syscall tracer's own.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefs.tree.node import Context
from tracefs.tree.parse import stripped, unsigned
from tracefs.tree.textfile import TextFile

if TYPE_CHECKING:
    from tracefs.tree.instance import Instance


@dataclass(frozen=True)
class Option:
    """One switch. `in_instances` False: only the top has it. `tracer`: it belongs to that tracer."""

    name: str
    default: bool = False
    in_instances: bool = True
    tracer: str | None = None
    refused: bool = False
    """Cannot be changed."""


OPTIONS: tuple[Option, ...] = (
    Option("sym-addr"),
    Option("verbose"),
    Option("raw"),
    Option("hex"),
    Option("bin"),
    Option("block"),
    Option("fields"),
    Option("annotate", default=True),
    Option("userstacktrace"),
    Option("context-info", default=True),
    Option("latency-format"),
    Option("record-cmd", default=True, in_instances=False),
    Option("record-tgid"),
    Option("overwrite", default=True),
    Option("disable_on_free"),
    Option("irq-info", default=True),  # the syscall tracer's lines and header are without, as in 2009
    Option("markers", default=True),
    Option("event-fork"),
    Option("copy_trace_marker"),  # on at the top
    Option("pause-on-trace"),
    Option("function-fork"),
    Option("stacktrace"),
    Option("in_task", in_instances=False),  # ours, as the next six
    Option("json"),
    Option("syscall_arg_decode"),
    Option("syscall_fd_path"),
    Option("syscall_pair"),
    Option("syscall_user_enter", default=True),
    Option("syscall_user_exit"),
    Option("syscall_whole_paths"),
    Option("test_nop_accept", tracer="nop"),
    Option("test_nop_refuse", tracer="nop", refused=True),
    Option("syscall_arg_type", tracer="syscall"),
)

BY_NAME = {option.name: option for option in OPTIONS}

_LINE = 64
"""trace_options takes less than so many bytes in a write."""


def defaults(top: bool) -> dict[str, bool]:
    """The state of a new instance."""
    state = {option.name: option.default for option in OPTIONS}
    state["copy_trace_marker"] = top
    return state


class TraceOptions(TextFile):
    """All options, and those of the current tracer; write NAME or noNAME."""

    sequential = True

    def __init__(self, instance: Instance) -> None:
        super().__init__(0o640)
        self._instance = instance

    def show(self) -> str:
        state, tracer = self._instance.options, self._instance.tracer
        shown = (option.name for option in OPTIONS if option.tracer in (None, tracer))
        return "".join(f"{'' if state[name] else 'no'}{name}\n" for name in shown)

    def store(self, data: bytes, ctx: Context) -> int:
        if len(data) >= _LINE:
            raise OSError(errno.EINVAL, "too long")
        text = stripped(data).decode("latin-1")
        off = text.startswith("no")
        option = BY_NAME.get(text[2:] if off else text)
        if option is None or option.tracer not in (None, self._instance.tracer):
            raise OSError(errno.EINVAL, f"no option {text}")
        self._instance.set_option(option, not off)
        return len(data)


class OptionFile(TextFile):
    """options/NAME: 0 or 1."""

    def __init__(self, instance: Instance, option: Option) -> None:
        super().__init__(0o640)
        self._instance, self._option = instance, option

    def show(self) -> str:
        return f"{self._instance.options[self._option.name]:d}\n"

    def store(self, data: bytes, ctx: Context) -> int:
        value = unsigned(data)
        if value > 1:
            raise OSError(errno.EINVAL, "0 or 1")
        if self._instance.options[self._option.name] != value:
            self._instance.set_option(self._option, bool(value))
        return len(data)


def option_files(instance: Instance) -> dict[str, OptionFile]:
    """The content of options/: instances lack the options that are the top's alone."""
    return {
        option.name: OptionFile(instance, option)
        for option in sorted(OPTIONS, key=lambda option: option.name)
        if instance.top or option.in_instances
    }
