# SPDX-License-Identifier: GPL-2.0-only
"""An event class: what one kind of record is called, holds, and says of itself in its `format` file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tracefs.events.field import COMMON_FIELDS, Field
from tracefs.syscalls import Syscall

Kind = Literal["enter", "exit", "raw_enter", "raw_exit", "task", "print", "raw_data", "user_stack", "kernel_stack"]
"""enter, exit: one syscall's. raw_enter, raw_exit: any syscall's. task: sched, signal and task events.
print, raw_data, user_stack, kernel_stack: records of ftrace itself, which cannot be switched (no `enable`, no
`filter`)."""

SWITCHED: frozenset[Kind] = frozenset({"enter", "exit", "raw_enter", "raw_exit", "task"})


@dataclass(frozen=True)
class EventClass:
    """One event. `id` is the record's common_type; docs/architecture.md has the table of them."""

    system: str
    name: str
    id: int
    kind: Kind
    fields: tuple[Field, ...]
    """Without the common ones."""
    print_fmt: str
    """What follows `print fmt: `."""
    syscall: Syscall | None = None
    """Of enter and exit events."""
    line_fmt: str = ""
    """What lines are printed by, where that is not print_fmt."""

    @property
    def switched(self) -> bool:
        """Whether it has `enable` and `filter` files."""
        return self.kind in SWITCHED

    def field(self, name: str) -> Field | None:
        """A field by name, common ones included."""
        return next((field for field in (*self.fields, *COMMON_FIELDS) if field.name == name), None)

    def format(self, print_fmt: str | None = None) -> str:
        """The text of the `format` file: the kernel's but for the ID, and for the print fmt if another is given."""
        common = "".join(field.format_line() for field in COMMON_FIELDS)
        own = "".join(field.format_line() for field in self.fields)
        return f"name: {self.name}\nID: {self.id}\nformat:\n{common}\n{own}\nprint fmt: {print_fmt or self.print_fmt}\n"
