# SPDX-License-Identifier: GPL-2.0-only
"""What enter records have of the memory behind pointers, for lines that are not decoded: text or bytes, as the
kernel's."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from tracefs.render._render import ffi, lib
from tracefs.syscalls import SYSCALLS
from tracefs.syscalls.types.loader import asked, load
from tracefs.syscalls.types.saved.pointers import pointers, positions

if TYPE_CHECKING:
    from tracefs.syscalls.types.language.model import Pointer, Table

NO_COUNT = 0xFF


class Saved(NamedTuple):
    """One argument: enum rn_saved_kind, and which argument says how many bytes there were (NO_COUNT: none does)."""

    kind: int
    counted_by: int


ARGS = 6
"""RN_ARGS of render.h."""


def saved_args() -> Any:
    """rn_options.saved. The tables are not read for it: where nobody has, nothing was saved."""
    return _compiled() if asked() else ffi.NULL


@lru_cache(maxsize=1)
def _compiled() -> Any:
    made = ffi.new("struct rn_saved_arg[]", ARGS * (max(call.nr for call in SYSCALLS) + 1))
    for call in SYSCALLS:
        for position, saved in enumerate(saved_of(call.name)):
            slot = made[ARGS * call.nr + position]
            slot.kind, slot.count = saved
    return made


def saved_of(syscall: str) -> tuple[Saved, ...]:
    """By argument. By the package's tables, as records are made by those."""
    from tracefs.syscalls.types.language.layout import unaliased  # here, as most starts read no tables
    from tracefs.syscalls.types.language.model import Pointer

    masks, table = pointers().get(syscall), load()
    if masks is None or not masks.enter:
        return ()
    rows = table.rows[syscall]
    names = [name for name, _ in rows[0].args]
    found = [Saved(lib.RN_SAVED_NOTHING, NO_COUNT)] * len(names)
    for position in positions(masks.enter):
        kinds = [
            expr
            for row in rows
            for name, kind in row.args
            if name == names[position] and isinstance(expr := unaliased(table, kind), Pointer)
        ]
        found[position] = _saved(table, [kind for kind in kinds if kind.direction in ("in", "inout", "ring")], names)
    return tuple(found)


def _saved(table: Table, kinds: list[Pointer], names: list[str]) -> Saved:
    """A pointer to one thing or another, as the syscall's other arguments say, is shown as bytes."""
    from tracefs.syscalls.types.language.layout import holds_pointers
    from tracefs.syscalls.types.language.model import Ref

    if any(holds_pointers(table, kind.target) for kind in kinds):
        return Saved(lib.RN_SAVED_IMAGE, NO_COUNT)
    targets = {kind.target.name if isinstance(kind.target, Ref) else "" for kind in kinds}
    if targets <= {"str", "pathname", "chars"}:
        return Saved(lib.RN_SAVED_TEXT, NO_COUNT)
    counts = {kind.counts[0].source for kind in kinds if kind.counts} if targets in ({"bytes"}, {"octets"}) else set()
    source = counts.pop() if len(counts) == 1 else None
    return Saved(lib.RN_SAVED_BYTES, names.index(source) if isinstance(source, str) and source in names else NO_COUNT)
