# SPDX-License-Identifier: GPL-2.0-only
"""Synthetic events: definitions as the synthetic_events file takes and shows them, and the event classes of them.

Grammar and messages: Documentation/trace/histogram.rst, "synthetic_event_name field[;field]".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tracefs.events.event import EventClass
from tracefs.events.field import COMMON_SIZE, DATA_LOC, Field
from tracefs.events.triggers.errors import TriggerError

SYSTEM = "synthetic"
FIELDS_MAX = 64
STRING_MAX = 256
SLOT = 8
"""Every field starts at a multiple of 8, as in the kernel's synthetic records."""

TYPES: dict[str, tuple[int, bool, str]] = {
    "s8": (1, True, "%d"), "u8": (1, False, "%u"), "s16": (2, True, "%d"), "u16": (2, False, "%u"),
    "s32": (4, True, "%d"), "u32": (4, False, "%u"), "s64": (8, True, "%lld"), "u64": (8, False, "%llu"),
    "char": (1, True, "%d"), "unsigned char": (1, False, "%u"),
    "int": (4, True, "%d"), "unsigned int": (4, False, "%u"),
    "long": (8, True, "%ld"), "unsigned long": (8, False, "%lu"), "bool": (1, False, "%d"), "pid_t": (4, True, "%d"),
    "gfp_t": (4, False, "%x"),
}  # fmt: skip
"""Type -> bytes, signed, how it is printed."""

STACKS = ("long", "unsigned long")
"""With `[]`: a stack trace."""

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*$")


@dataclass(frozen=True)
class Definition:
    """One synthetic event; fields are (type, name), the type with its array part."""

    name: str
    fields: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return self.name + "\t" + "; ".join(f"{ctype} {name}" for ctype, name in self.fields)


def parse(text: str) -> Definition:
    """Parse `NAME TYPE FIELD[; TYPE FIELD]...`; raises TriggerError with the place of the fault.

    Semicolons between fields may be left out, but for the one place where the kernel counts: before the first there are
    three words at least.
    """
    form = TriggerError("Command must be of the form: <name> field[;field] ...", text)
    if len(text.partition(";")[0].split()) < 3:
        raise form
    head, *rest = text.split(maxsplit=1)
    if not NAME.match(head):
        raise TriggerError("Illegal name", text, head)
    fields = tuple(field for part in "".join(rest).split(";") for field in _fields(part.split(), text))
    if not fields:
        raise form
    if len(fields) > FIELDS_MAX:
        raise TriggerError("Too many fields", text)
    return Definition(head, fields)


def _fields(words: list[str], text: str) -> Iterator[tuple[str, str]]:
    while words:
        ctype, *words = words
        if ctype == "unsigned":
            if len(words) < 2:
                raise TriggerError("Incomplete type", text, ctype)
            ctype, words = f"{ctype} {words[0]}", words[1:]
        if not words:
            raise TriggerError("Invalid field", text, ctype)
        declared, *words = words
        element, bracket, bounds = ctype.partition("[")
        if bracket and "[" not in declared:  # `char[16] name`, as the file shows it, for `char name[16]`
            ctype, declared = element, f"{declared}[{bounds}"
        yield _field(ctype, declared, text)


def _field(ctype: str, declared: str, text: str) -> tuple[str, str]:
    name, bracket, bounds = declared.partition("[")
    if not NAME.match(name):
        raise TriggerError("Illegal name", text, declared)
    if bracket and ctype == "char" and (not bounds.endswith("]") or not _is_bound(bounds[:-1])):
        raise TriggerError("Invalid array specification", text, declared)
    if ctype not in TYPES or (bracket and ctype != "char" and not (ctype in STACKS and bounds == "]")):
        raise TriggerError("Invalid type", text, ctype.split()[-1])
    return ctype + bracket + bounds, name


def _is_bound(text: str) -> bool:
    return not text or (text.isdigit() and 0 < int(text) <= STRING_MAX)


def is_stack(field: Field) -> bool:
    """Whether a field of a synthetic event has a stack trace."""
    return field.is_data_loc and field.element_type in STACKS


def event_class(definition: Definition, number: int) -> EventClass:
    """The class of its records, with event id `number`."""
    fields, offset = [], COMMON_SIZE
    formats, values = [], []
    line = ""
    for ctype, name in definition.fields:
        element, bracket, bounds = ctype.partition("[")
        if bracket and element in STACKS:
            field = Field(f"{DATA_LOC}{ctype}", name, offset, 4, False)
            formats.append(f"{name}=%s")
            values.append(f"__get_stacktrace({name})")
        elif bracket and bounds == "]":
            field = Field(f"{DATA_LOC}{ctype}", name, offset, 4, True)
            formats.append(f"{name}=%s")
            values.append(f"__get_str({name})")
        elif bracket:
            field = Field(ctype, name, offset, int(bounds[:-1]), True)
            formats.append(f"{name}=%s")
            values.append(f"REC->{name}")
        else:
            size, signed, shown = TYPES[element]
            field = Field(ctype, name, offset, size, signed)
            formats.append(f"{name}={shown}")
            values.append(f"REC->{name}")
        fields.append(field)
        line += formats[-1] + ("" if is_stack(field) else " ")  # a stack ends its lines itself
        offset += (field.size + SLOT - 1) // SLOT * SLOT
    # As the kernel: `format` has commas between the fields, lines have not.
    print_fmt, line_fmt = (", ".join([f'"{template}"', *values]) for template in (", ".join(formats), line.rstrip(" ")))
    return EventClass(SYSTEM, definition.name, number, "task", tuple(fields), print_fmt, line_fmt=line_fmt)
