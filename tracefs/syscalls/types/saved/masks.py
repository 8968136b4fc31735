# SPDX-License-Identifier: GPL-2.0-only
"""Makes pointers.tbl of the tables: see pointers.py; and what of it a table that was written leaves out."""

from __future__ import annotations

from tracefs.syscalls.types.language.layout import is_fd, leads_to_fds, unaliased
from tracefs.syscalls.types.language.model import Pointer, Table
from tracefs.syscalls.types.saved.pointers import RESULT, Masks, masks


def computed(table: Table) -> dict[str, Masks]:
    """What the file has to say."""
    return {syscall: _masks(table, syscall) for syscall in table.rows}


def text(table: Table) -> str:
    """The file anew."""
    lines = [f"{syscall} {' '.join(f'{mask:b}' for mask in masks)}\n" for syscall, masks in computed(table).items()]
    return (
        "# SPDX-License-Identifier: GPL-2.0-only\n"
        "# What follows from args.tbl, by scripts/gen-types --pointers: syscall, then as binary numbers the arguments whose\n"
        "# memory is read at its enter and at its exit, and those that are or lead to file descriptors at its enter and at\n"
        "# its exit, and that which is asked for its netlink protocol; the first argument in the lowest bit, the result\n"
        "# behind the sixth.\n" + "".join(lines)
    )


def _masks(table: Table, syscall: str) -> Masks:
    rows = table.rows[syscall]
    index = {name: position for position, (name, _) in enumerate(rows[0].args)}
    enter = leave = fds_enter = fds_exit = asked = 0
    for row in rows:
        for test in row.conditions:
            if test.name.startswith("netlink("):
                asked |= 1 << index[test.name.removeprefix("netlink(").removesuffix(")")]
        for name, kind in row.args:
            found = unaliased(table, kind)
            if name not in index:
                continue
            bit, fds = 1 << index[name], leads_to_fds(table, found)
            if not isinstance(found, Pointer):
                fds_enter |= bit * fds
                continue
            if found.direction in ("in", "inout", "ring"):
                enter, fds_enter = enter | bit, fds_enter | bit * fds
            if found.direction not in ("in", "ring"):
                leave, fds_exit = leave | bit, fds_exit | bit * fds
        if row.result is not None and is_fd(table, row.result):
            fds_exit |= RESULT
    return Masks(enter, leave, fds_enter, fds_exit, asked)


def unsaved(table: Table, syscall: str) -> int:
    """Arguments that the package saves memory of, and that are no pointers to any in a table that was written
    (`buf:ptr`)."""
    rows = table.rows[syscall]
    index = {name: position for position, (name, _) in enumerate(rows[0].args)}
    leads = 0
    for row in rows:
        for name, kind in row.args:
            if name not in index:
                continue
            bit = 1 << index[name]
            if isinstance(unaliased(table, kind), Pointer):
                leads |= bit
            elif not row.conditions:  # it replaces what stands before
                leads &= ~bit
    known = masks(syscall)
    return (known.enter | known.exit) & ~leads
