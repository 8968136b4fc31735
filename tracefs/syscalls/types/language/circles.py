# SPDX-License-Identifier: GPL-2.0-only
"""Types that contain themselves: no memory holds them and no walk over them ends, so no table may have one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tracefs.syscalls.types.language.model import (
    Alias,
    FlagsType,
    Inline,
    NamedType,
    Pointer,
    Ref,
    StructType,
    SubField,
    TypeExpr,
)


def circle(names: Iterable[str], types: Mapping[str, NamedType]) -> str | None:
    """The first of `names` whose type contains itself, None if none does. A structure may point to its own kind."""
    return next((name for name in names if _contains(name, types)), None)


def _contains(wanted: str, types: Mapping[str, NamedType]) -> bool:
    seen: set[str] = set()
    left = [wanted]
    while left:
        for name in _parts(types.get(left.pop())):
            if name == wanted:
                return True
            if name not in seen:
                seen.add(name)
                left.append(name)
    return False


def _parts(named: NamedType | None) -> Iterator[str]:
    """Names of the types that stand within `named`."""
    if isinstance(named, Alias):
        yield from _names(named.type, through_pointers=True)
    elif isinstance(named, FlagsType):
        yield from (entry.type.name for entry in named.entries if isinstance(entry, SubField))
    elif isinstance(named, StructType):
        for fields in (named.fields, *(variant.fields for variant in named.variants)):
            for member in fields:
                yield from _names(member.type, through_pointers=False)


def _names(expr: TypeExpr, through_pointers: bool) -> Iterator[str]:
    if isinstance(expr, Ref):
        yield expr.name
    elif isinstance(expr, Inline) or through_pointers or not isinstance(expr, Pointer):
        yield from _names(expr.target, through_pointers)
