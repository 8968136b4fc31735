# SPDX-License-Identifier: GPL-2.0-only
"""Sets of calls that have a name: %file, %net. Which there are says sets.tbl; what follows from the types,
sets_by_type.tbl."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tracefs.syscalls import SYSCALLS
from tracefs.syscalls.table import data_lines

if TYPE_CHECKING:
    from tracefs.syscalls.types import Table

DATA = Path(__file__).with_name("sets.tbl")
BY_TYPE = Path(__file__).with_name("sets_by_type.tbl")
TYPES = ("path", "fd")
"""Types of arguments and results that sets are made by."""


class CallSet(NamedTuple):
    """Names of calls as programs know them ("stat"), and what they have in common, in words."""

    about: str
    calls: frozenset[str]


@lru_cache(maxsize=1)
def sets() -> Mapping[str, CallSet]:
    """By the name behind the %, in the table's order."""
    known: dict[str, CallSet] = {}
    by_type = {kind: frozenset(calls) for kind, calls in arguments().items()}
    for line in data_lines(DATA.read_text(encoding="utf-8")):
        head, _, words = line.partition(": ")
        name, about = head.split(None, 1)
        found: set[str] = set()
        for word in words.split():
            if word.startswith("-"):
                found -= _meant(word[1:], known, by_type)
            else:
                found |= _meant(word, known, by_type)
        known[name] = CallSet(about, frozenset(found))
    return known


def _meant(word: str, known: Mapping[str, CallSet], by_type: Mapping[str, frozenset[str]]) -> frozenset[str]:
    if word.startswith("@"):
        return by_type[word[1:]]
    return known[word[1:]].calls if word.startswith("%") else frozenset({word})


@lru_cache(maxsize=1)
def arguments() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Type -> call -> its arguments of that type (none where it only returns it)."""
    rows = (line.split() for line in data_lines(BY_TYPE.read_text(encoding="ascii")))
    return {kind: dict(map(_call, calls)) for kind, *calls in rows}


def _call(word: str) -> tuple[str, tuple[str, ...]]:
    name, _, names = word.partition(":")
    return name, tuple(names.split(",")) if names else ()


def computed(table: Table) -> str:
    """What sets_by_type.tbl has to say: calls whose row (not a variant of it) has an argument or a result of the
    type."""
    lines = [
        "# SPDX-License-Identifier: GPL-2.0-only",
        "# What follows from args.tbl, by scripts/gen-sets: a type, then the calls that take it, with their arguments of that",
        "# type, or return it.",
    ]
    for kind in TYPES:
        found = ((call.uapi_name, _of(table, call.name, kind)) for call in SYSCALLS if call.name in table.rows)
        words = [f"{name}:{','.join(names)}".rstrip(":") for name, names in found if names is not None]
        lines.append(f"{kind} {' '.join(words)}")
    return "\n".join(lines) + "\n"


def _of(table: Table, syscall: str, kind: str) -> list[str] | None:
    """The arguments of that type; None where there is none and the result is of another, too."""
    from tracefs.syscalls.types.language.layout import leads_to_fds, unaliased
    from tracefs.syscalls.types.language.model import Ref, TypeExpr

    def is_of(expr: TypeExpr) -> bool:
        if kind == "fd":
            return leads_to_fds(table, unaliased(table, expr))
        return isinstance(expr, Ref) and expr.name == kind

    row = table.rows[syscall][0]
    names = [name for name, expr in row.args if is_of(expr)]
    return names if names or (row.result is not None and is_of(row.result)) else None
