# SPDX-License-Identifier: GPL-2.0-only
"""The tables themselves as JSON, for programs that read raw events."""

from __future__ import annotations

from typing import Any

from tracefs.syscalls.table import SYSCALLS, Syscall
from tracefs.syscalls.types.language.layout import unaliased
from tracefs.syscalls.types.language.model import (
    HIDDEN,
    Alias,
    CustomType,
    EnumType,
    Field,
    FlagsType,
    NamedType,
    Pointer,
    Row,
    StructType,
    SubField,
    Table,
    TypeExpr,
)
from tracefs.syscalls.types.language.show import expression
from tracefs.syscalls.types.language.widths import fit


def metadata(whole: Table) -> dict[str, Any]:
    """The table for other programs: every syscall with its number and arguments, every type with its values.

    A type expression is its text (`out(bytes, ret)`), or null where nothing is shown.
    """
    return {
        "syscalls": [_syscall(whole, each, whole.rows.get(each.name, ())) for each in SYSCALLS],
        "types": {name: _type(named) for name, named in whole.types.items()},
    }


def _syscall(whole: Table, each: Syscall, rows: tuple[Row, ...]) -> dict[str, Any]:
    types = dict(rows[0].args) if rows else {}
    args = [{"name": p.name, "ctype": p.ctype, "type": _expression(types.get(p.name, HIDDEN))} for p in each.params]
    shown: dict[str, Any] = {"nr": each.nr, "name": each.name, "uapi_name": each.uapi_name, "args": args}
    pointers = ["*" in p.ctype or isinstance(unaliased(whole, types.get(p.name, HIDDEN)), Pointer) for p in each.params]
    shown["pointers"] = sum(1 << index for index, is_pointer in enumerate(pointers) if is_pointer)
    if rows:
        shown["result"] = _expression(rows[0].result or HIDDEN)
    if rows[1:]:
        shown["variants"] = [
            {
                "when": {test.name: list(test.names) for test in row.conditions},
                "args": {name: _expression(kind) for name, kind in row.args},
                **({"result": _expression(row.result)} if row.result else {}),
            }
            for row in rows[1:]
        ]
    return shown


def _expression(kind: TypeExpr) -> str | None:
    return None if kind == HIDDEN else expression(kind)


def _type(named: NamedType) -> dict[str, Any]:
    kind = type(named).__name__.removesuffix("Type").lower()
    if isinstance(named, Alias):
        return {"kind": kind, "type": expression(named.type)}
    if isinstance(named, CustomType):
        return {"kind": kind, "size": named.size}
    if isinstance(named, StructType):
        shown: dict[str, Any] = {
            "kind": kind,
            "size": named.size,
            "open": named.open,
            "members": _members(named.fields),
        }
        if named.variants:
            shown["variants"] = [
                {"when": {t.name: list(t.names) for t in v.conditions}, "members": _members(v.fields)}
                for v in named.variants
            ]
        return shown
    shown = {"kind": kind, "width": named.width, "style": named.style}
    if isinstance(named, FlagsType):
        shown["flags"] = [
            {"name": e.name, "mask": e.mask, "type": expression(e.type)}
            if isinstance(e, SubField)
            else {"name": e.name, "value": e.value, "mask": e.mask}
            for e in named.entries
        ]
    elif isinstance(named, EnumType):
        shown["values"] = [{"name": e.name, "value": fit(e.value, named.width)} for e in named.entries]
        if named.macros:
            shown["macros"] = [
                {"name": e.name, "value": e.value, "mask": e.mask}
                | {"parts": [{"mask": part.mask, "type": expression(part.type)} for part in e.parts]}
                for e in named.macros
            ]
    return shown


def _members(members: tuple[Field, ...]) -> list[dict[str, Any]]:
    return [
        {"name": m.name, "offset": m.offset, "type": _expression(m.type)}
        | ({"shift": m.shift, "bits": m.bits} if m.bits else {})
        for m in members
    ]
