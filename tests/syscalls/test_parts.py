# SPDX-License-Identifier: GPL-2.0-only
"""Every path of syscalls/parts.tbl leads somewhere by the type tables."""

from __future__ import annotations

import pytest

from tracefs.syscalls.types import Table, load
from tracefs.syscalls.types.decode.custom import SUN_PATH
from tracefs.syscalls.types.language.layout import unaliased
from tracefs.syscalls.types.language.model import CustomType, Inline, Pointer, Ref, StructType, TypeExpr
from tracefs.syscalls.types.saved.parts import MOST_STEPS, Part, parts
from tracefs.syscalls.types.saved.pointers import masks, positions

TABLE = load()
EVERY = [(syscall, when, part) for syscall in TABLE.rows for when in ("enter", "exit") for part in parts(syscall, when)]


def member(table: Table, kind: TypeExpr, at: int) -> TypeExpr:
    """What stands at an offset within something of that type, or within one of several."""
    kind = unaliased(table, kind)
    if kind == Ref("strings"):
        return Pointer("in", Ref("str"))
    assert isinstance(kind, Ref)
    struct = table.resolve(kind)
    assert isinstance(struct, StructType)
    found = max((f for f in struct.fields if f.offset <= at % struct.size), key=lambda f: f.offset)
    nested = unaliased(table, found.type)
    inner = table.types.get(nested.name) if isinstance(nested, Ref) else None
    if isinstance(inner, StructType):
        return member(table, nested, at % struct.size - found.offset)
    assert found.offset == at % struct.size
    return nested


def target(table: Table, part: Part, kind: TypeExpr) -> TypeExpr:
    for at in (None, *part.steps):
        kind = unaliased(table, kind if at is None else member(table, kind, at))
        assert isinstance(kind, Pointer), part
        kind = kind.target
    return unaliased(table, kind)


@pytest.mark.parametrize(("syscall", "when", "part"), EVERY, ids=[part.field for _, _, part in EVERY])
def test_a_path_leads_to_what_its_kind_says(syscall: str, when: str, part: Part) -> None:
    names = [name for name, _ in TABLE.rows[syscall][0].args]
    mask = masks(syscall).enter if when == "enter" else masks(syscall).exit
    assert names.index(part.arg) in positions(mask)
    assert len(part.steps) <= MOST_STEPS
    found = target(TABLE, part, dict(TABLE.rows[syscall][0].args)[part.arg])
    if part.kind == "text":
        text = member(TABLE, found, part.at)
        assert isinstance(text, Inline)
        assert (text.target, text.counts[0].source) == (Ref("chars"), part.size)
    if part.kind == "unix":
        struct = TABLE.resolve(found) if isinstance(found, Ref) else None
        assert isinstance(struct, StructType)
        kinds = [f.type.target if isinstance(f.type, Inline) else f.type for v in struct.variants for f in v.fields]
        kinds = [TABLE.types.get(kind.name) for kind in kinds if isinstance(kind, Ref)]
        assert CustomType(SUN_PATH, 0) in kinds


def test_fields_have_names_of_their_own() -> None:
    for syscall in TABLE.rows:
        for when in ("enter", "exit"):
            names = [part.field for part in parts(syscall, when)] + [
                f"__{n}_val" for n, _ in TABLE.rows[syscall][0].args
            ]
            assert len(names) == len(set(names)), syscall
