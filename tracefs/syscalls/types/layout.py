# SPDX-License-Identifier: GPL-2.0-only
"""Sizes of types in memory, and which of them hold pointers."""

from __future__ import annotations

from tracefs.syscalls.types.model import (
    WIDTHS,
    Alias,
    CustomType,
    Inline,
    Pointer,
    Records,
    Ref,
    StructType,
    Table,
    TypeExpr,
)
from tracefs.syscalls.types.scalars import ScalarType


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


def holds_pointers(table: Table, expr: TypeExpr) -> bool:
    """True if what `expr` stands for, in memory, leads to more memory: then it is saved as an image."""
    expr = unaliased(table, expr)
    if isinstance(expr, Pointer):
        return True
    if isinstance(expr, Inline):
        return holds_pointers(table, expr.target)
    if isinstance(expr, Records):
        return False
    if expr.name == "strings":
        return True
    named = table.types.get(expr.name)
    if not isinstance(named, StructType):
        return False
    members = [*named.fields, *(member for variant in named.variants for member in variant.fields)]
    return any(holds_pointers(table, member.type) for member in members)
