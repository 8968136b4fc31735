# SPDX-License-Identifier: GPL-2.0-only
"""Table -> the text that parse() takes: what a `types` file shows."""

from __future__ import annotations

from collections.abc import Iterable

from tracefs.syscalls.types.language.model import (
    WHOLE,
    Alias,
    Condition,
    Count,
    CustomType,
    Entry,
    EnumType,
    Field,
    FlagsType,
    Inline,
    IntType,
    Macro,
    NamedType,
    Pointer,
    Records,
    Ref,
    Row,
    SubField,
    Table,
    TypeExpr,
)

_COLUMNS = 120


def show_types(table: Table) -> str:
    """Every type, one or more lines each; what follows the first is indented."""
    return "".join(_type(named) for named in table.types.values())


def show_rows(rows: Iterable[Row]) -> str:
    """A syscall's row and what is written over it, one a line."""
    return "".join(_row(row) + "\n" for row in rows)


def expression(expr: TypeExpr) -> str:
    """`inout(flock)`."""
    if isinstance(expr, Ref):
        return f"{expr.name}.{expr.width}" if expr.width else expr.name
    if isinstance(expr, Records):
        return f"records({expression(expr.target)}, {expr.length}, {expr.align})"
    kind = expr.direction if isinstance(expr, Pointer) else "array"
    assert isinstance(expr, (Pointer, Inline))
    return f"{kind}({', '.join([expression(expr.target), *map(_count, expr.counts)])})"


def _count(count: Count) -> str:
    scale = f"*{count.multiply}" if count.multiply != 1 else f"/{count.divide}" if count.divide != 1 else ""
    return f"{count.source}{scale}{f'+{count.plus}' if count.plus else ''}"


def _type(named: NamedType) -> str:
    if isinstance(named, Alias):
        return f"alias {named.name} {expression(named.type)}\n"
    if isinstance(named, CustomType):
        return f"custom {named.name} {named.size}\n"
    if isinstance(named, IntType):
        return f"int {named.name} {named.width} {named.style}\n"
    if isinstance(named, EnumType):
        words = [f"{entry.name}={_value(entry.value, named.style)}" for entry in named.entries]
        words += [_macro(macro) for macro in named.macros]
        return _lines(f"enum {named.name} {named.width} {named.style}", _unknown(named) + words)
    if isinstance(named, FlagsType):
        words = [_flag(entry, named.style) for entry in named.entries]
        return _lines(f"flags {named.name} {named.width} {named.style}", _unknown(named) + words)
    ctype = f" <{named.ctype}>" if named.ctype else ""
    size = f"{named.size}{'+' * (named.open + named.grows)}{'0' * named.zeroed}"
    text = _lines(f"struct {named.name} {size}{ctype}", _fields(named.fields))
    for variant in named.variants:
        text += _lines(f"struct {named.name}{_conditions(variant.conditions)}", _fields(variant.fields))
    return text


def _unknown(named: EnumType | FlagsType) -> list[str]:
    return [] if named.unknown is None else [f"?{named.unknown or '-'}"]


def _lines(head: str, words: list[str]) -> str:
    """The statement on one line if it fits, else its words on lines of their own."""
    whole = " ".join([head, *words])
    if len(whole) <= _COLUMNS:
        return whole + "\n"
    body: list[str] = []
    for word in words:  # that have spaces within brackets
        if body and len(body[-1]) + len(word) < _COLUMNS - 4:
            body[-1] += " " + word
        else:
            body.append(word)
    return "\n    ".join([head, *body]) + "\n"


def _fields(fields: Iterable[Field]) -> list[str]:
    return [
        f"{'+' * field.apart}{field.name}@{field.offset}{_bits(field)}:{expression(field.type)}" for field in fields
    ]


def _bits(field: Field) -> str:
    return f".{field.shift}{f'+{field.bits}' if field.bits > 1 else ''}" if field.bits else ""


def _macro(macro: Macro) -> str:
    parts = ",".join(f"@{part.mask:#x}:{expression(part.type)}" for part in macro.parts)
    return f"{macro.name}={macro.value:#x}/{macro.mask:#x}({parts})"


def _flag(entry: Entry | SubField, style: str) -> str:
    if isinstance(entry, SubField):
        return f"{entry.name or ''}@{_value(entry.mask, style)}:{expression(entry.type)}"
    own = WHOLE if entry.value == 0 else entry.value
    mask = "" if entry.mask == own else "/*" if entry.mask == WHOLE else f"/{_value(entry.mask, style)}"
    return f"{entry.name}={_value(entry.value, style)}{mask}"


def _value(value: int, style: str) -> str:
    if value > WHOLE // 2:
        return str(value - WHOLE - 1)
    if value < 8 or style == "dec":
        return str(value)
    return f"0{value:o}" if style == "oct" else hex(value)


def _conditions(conditions: Iterable[Condition]) -> str:
    shown = " ".join(each.relation.join([each.name, *["|".join(each.names)] * bool(each.names)]) for each in conditions)
    return f"[{shown}]" if shown else ""


def _row(row: Row) -> str:
    head = [] if row.partial and not row.conditions else [row.syscall + _conditions(row.conditions)]
    words = [*head, *(f"{name}:{expression(kind)}" for name, kind in row.args)]
    return " ".join(words + ([] if row.result is None else ["->", expression(row.result)]))
