# SPDX-License-Identifier: GPL-2.0-only
"""Fields of a record, and the C layout that puts them at their offsets."""

from __future__ import annotations

from typing import NamedTuple

DATA_LOC = "__data_loc "
DYNAMIC_PREFIXES = (DATA_LOC, "__rel_loc ")

TYPES: dict[str, tuple[int, bool]] = {
    "bool": (1, False),
    "char": (1, False),
    "unsigned char": (1, False),
    "short": (2, True),
    "unsigned short": (2, False),
    "int": (4, True),
    "pid_t": (4, True),
    "unsigned int": (4, False),
    "long": (8, True),
    "unsigned long": (8, False),
    "u64": (8, False),
}
"""C type -> bytes, and whether `format` calls it signed (char counts as unsigned there)."""


class Field(NamedTuple):
    """One field of a record. offset and size in bytes from the start of the record, common fields included."""

    ctype: str
    """With its array part: "char[16]", "__data_loc char[]"."""
    name: str
    offset: int
    size: int
    signed: bool

    @property
    def is_data_loc(self) -> bool:
        """Four bytes in the record: offset in the low half, length in the high half, of bytes that follow it."""
        return self.ctype.startswith(DATA_LOC)

    @property
    def is_dynamic(self) -> bool:
        """Behind a __data_loc or a __rel_loc (its offset counts from the end of the field itself)."""
        return self.ctype.startswith(DYNAMIC_PREFIXES)

    @property
    def is_array(self) -> bool:
        """Several values in place ("char[16]", "unsigned long[6]", "char[]" up to the record's end)."""
        return "[" in self.ctype and not self.is_dynamic

    @property
    def is_string(self) -> bool:
        """Characters: in place, behind a __data_loc, or behind a pointer into the task."""
        return ("char" in self.ctype and "[" in self.ctype) or self.is_string_pointer

    @property
    def is_string_pointer(self) -> bool:
        """A pointer to characters in the task's memory."""
        return self.ctype in ("char *", "const char *")

    @property
    def element_type(self) -> str:
        """The type without its array part."""
        return self.ctype.partition("[")[0].removeprefix(DATA_LOC)

    def format_line(self) -> str:
        """The field's line in a `format` file."""
        if self.is_array:
            element, bracket, bounds = self.ctype.partition("[")
            declaration = f"{element} {self.name}{bracket}{bounds}"
        else:
            declaration = f"{self.ctype} {self.name}"
        return f"\tfield:{declaration};\toffset:{self.offset};\tsize:{self.size};\tsigned:{int(self.signed)};\n"


COMMON_FIELDS = (
    Field("unsigned short", "common_type", 0, 2, False),
    Field("unsigned char", "common_flags", 2, 1, False),
    Field("unsigned char", "common_preempt_count", 3, 1, False),
    Field("int", "common_pid", 4, 4, True),
)
COMMON_SIZE = 8
"""Bytes of the fields that every record starts with (struct ev_common of record.h)."""


def place(ctype: str, name: str, offset: int) -> Field:
    """The field at the first aligned offset from `offset` on. KeyError for a type that TYPES lacks."""
    if ctype.startswith(DATA_LOC):
        size, align, signed = 4, 4, False
    else:
        element, bracket, bounds = ctype.partition("[")
        align, signed = TYPES[element]
        count = int(bounds.rstrip("]") or 0) if bracket else 1
        size, signed = align * count, signed and not bracket
    return Field(ctype, name, (offset + align - 1) // align * align, size, signed)


def layout(*declarations: tuple[str, str]) -> tuple[Field, ...]:
    """Lay (C type, name) pairs out behind the common fields as a C compiler does."""
    fields: list[Field] = []
    offset = COMMON_SIZE
    for ctype, name in declarations:
        fields.append(place(ctype, name, offset))
        offset = fields[-1].offset + fields[-1].size
    return tuple(fields)
