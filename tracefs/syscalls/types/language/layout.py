# SPDX-License-Identifier: GPL-2.0-only
"""Sizes of types in memory, and which of them hold pointers or file descriptors."""

from __future__ import annotations

from collections.abc import Iterator

from tracefs.syscalls.types.language.model import (
    WIDTHS,
    Alias,
    CustomType,
    EnumType,
    Inline,
    IntType,
    NamedType,
    Pointer,
    Records,
    Ref,
    StructType,
    Table,
    TypeExpr,
)
from tracefs.syscalls.types.language.widths import ScalarType


def unaliased(table: Table, expr: TypeExpr) -> TypeExpr:
    """`expr` with names of type expressions replaced by what they mean."""
    while isinstance(expr, Ref):
        named = table.types.get(expr.name)
        if not isinstance(named, Alias):
            break
        expr = named.type
    return expr


def fixed_size(table: Table, expr: TypeExpr) -> int | None:
    """Bytes that one `expr` takes, None where only its data or a count says it."""
    expr = unaliased(table, expr)
    if isinstance(expr, Pointer):
        return 8
    if isinstance(expr, Records):
        return None
    if isinstance(expr, Inline):
        if len(expr.counts) != 1 or not isinstance(expr.counts[0].source, int):
            return None
        element = fixed_size(table, expr.target) or 1
        return element * expr.counts[0].source
    named = table.types.get(expr.name)
    if isinstance(named, ScalarType):
        return WIDTHS[expr.width or named.width][0]
    if isinstance(named, StructType):
        return None if named.open else named.size
    if isinstance(named, CustomType):
        return named.size or None
    return None


def data_behind(named: StructType) -> int | None:
    """Where the data begins that an open structure ends in: as much of it is saved as of data elsewhere. None: it has
    none."""
    last = max(named.fields, key=lambda member: member.offset, default=None)
    if not named.open or named.variants or last is None or last.offset > 255 or last.type not in _DATA:
        return None
    return last.offset


_DATA = (Ref("bytes"), Ref("octets"), Ref("chars"))


def filled_at(named: StructType) -> int | None:
    """Where it says how many bytes its buffers were filled with: the member of type `filled`."""
    return next((member.offset for member in named.fields if member.type == Ref("filled")), None)


Known = dict[str, bool]
"""What was found of structures, for those who ask of many."""


def holds_pointers(table: Table, expr: TypeExpr, known: Known | None = None) -> bool:
    """True if what `expr` stands for, in memory, leads to more memory: then it is saved as an image."""
    expr = unaliased(table, expr)
    if isinstance(expr, Pointer):
        return True
    if isinstance(expr, Inline):
        return holds_pointers(table, expr.target, known)
    if isinstance(expr, Records):
        return False
    if expr.name == "strings":
        return True
    named = table.types.get(expr.name)
    if not isinstance(named, StructType):
        return False
    known = {} if known is None else known
    if named.name not in known:
        known[named.name] = any(holds_pointers(table, kind, known) for kind in _kinds(named))
    return known[named.name]


FD_SET = "fd_set"
"""The type that code decodes and that holds descriptors: a bit each."""


def is_fd(table: Table, expr: TypeExpr) -> bool:
    """True for a number that is a file descriptor, or AT_FDCWD in place of one."""
    expr = unaliased(table, expr)
    named = table.types.get(expr.name) if isinstance(expr, Ref) else None
    return isinstance(named, (IntType, EnumType)) and named.style == "fd"


def holds_fds(table: Table, expr: TypeExpr, known: Known | None = None) -> bool:
    """True if what `expr` stands for is or holds file descriptors; what its pointers lead to does not count."""
    expr = unaliased(table, expr)
    if isinstance(expr, Inline | Records):
        return holds_fds(table, expr.target, known)
    if not isinstance(expr, Ref):
        return False
    named = table.types.get(expr.name)
    if isinstance(named, StructType):
        known = {} if known is None else known
        if named.name not in known:
            known[named.name] = any(holds_fds(table, kind, known) for kind in _kinds(named))
        return known[named.name]
    return is_fd(table, expr) or _is_fd_set(named)


def leads_to_fds(table: Table, expr: TypeExpr, known: frozenset[str] = frozenset()) -> bool:
    """As holds_fds(), and what its pointers lead to does count; `known`: structures that are looked into already."""
    expr = unaliased(table, expr)
    if not isinstance(expr, Ref):
        return leads_to_fds(table, expr.target, known)
    named = table.types.get(expr.name)
    if not isinstance(named, StructType):
        return is_fd(table, expr) or _is_fd_set(named)
    known |= {named.name}
    others = (kind for kind in _kinds(named) if not (isinstance(kind, Ref) and kind.name in known))
    return any(leads_to_fds(table, kind, known) for kind in others)


def _is_fd_set(named: NamedType | None) -> bool:
    return isinstance(named, CustomType) and named.name == FD_SET


def _kinds(named: StructType) -> Iterator[TypeExpr]:
    """The types of all members, also of those that variants have."""
    for fields in (named.fields, *(variant.fields for variant in named.variants)):
        yield from (member.type for member in fields)
