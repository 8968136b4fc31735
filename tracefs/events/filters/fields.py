# SPDX-License-Identifier: GPL-2.0-only
"""What a name in a filter stands for: a field of the record, or something about the CPU and the task."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from tracefs.events.event import EventClass
from tracefs.events.field import Field


class Kind(Enum):
    """How a field is compared."""

    NUMBER = auto()
    CHARS = auto()
    """Characters in place: char[16]."""
    DYNAMIC_CHARS = auto()
    """Characters behind a __data_loc or __rel_loc."""
    CHAR_POINTER = auto()
    """Characters in the task's memory."""
    COMM = auto()
    """The task's name when the event happens; in no record."""
    CPU = auto()
    """The CPU that the event happens on; in no record."""
    CPUMASK = auto()
    """A CPU mask behind a __data_loc."""
    NOTHING = auto()
    """stacktrace: a name for triggers; as a number it matches nothing."""


STRINGS = frozenset({Kind.CHARS, Kind.DYNAMIC_CHARS, Kind.CHAR_POINTER, Kind.COMM})


@dataclass(frozen=True)
class Operand:
    """The left side of a term."""

    kind: Kind
    field: Field


def _generic(kind: Kind, ctype: str, name: str, signed: bool) -> Operand:
    return Operand(kind, Field(ctype, name, 0, 0, signed))


GENERIC = {
    operand.field.name: operand
    for operand in (
        _generic(Kind.CPU, "int", "CPU", True),
        _generic(Kind.CPU, "int", "cpu", True),
        _generic(Kind.CPU, "int", "common_cpu", True),
        _generic(Kind.COMM, "char *", "COMM", False),
        _generic(Kind.COMM, "char *", "comm", False),
        _generic(Kind.NOTHING, "char *", "stacktrace", False),
        _generic(Kind.NOTHING, "char *", "STACKTRACE", False),
    )
}
"""What every event has though no record does; an event's own field of the same name comes first."""


def kind_of(field: Field) -> Kind:
    """How a field of a record is compared."""
    if field.is_dynamic and "char" in field.ctype:
        return Kind.DYNAMIC_CHARS
    if field.is_dynamic and "cpumask_t" in field.ctype:
        return Kind.CPUMASK
    if field.is_string_pointer:
        return Kind.CHAR_POINTER
    return Kind.CHARS if field.is_string else Kind.NUMBER


def operand(event: EventClass, name: str) -> Operand | None:
    """What `name` stands for in filters of the event."""
    field = event.field(name)
    if field is not None and field in event.fields:
        return Operand(kind_of(field), field)
    if name in GENERIC:
        return GENERIC[name]
    return Operand(kind_of(field), field) if field is not None else None
