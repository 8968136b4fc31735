# SPDX-License-Identifier: GPL-2.0-only
"""Table -> the block of memory that C walks; table.h says what is in it.

The engine asks of a row: which arguments are pointers, in which direction, what they point to and how long it is. The
renderer walks the same types over what was saved. Both take the block as it is, so that a changed table is a new block:

    compiled = compile_table(load(), {257: "openat", ...})
    lib.use(ffi.from_buffer(compiled.block), ...)

Where the length of a pointer's target comes from: `size` of the target type, times the smallest of the pointer's
numbers (none: one); of a TT_STR its NUL, or those bytes if they come first; of a TT_STRINGS its NULL.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from tracefs.syscalls.types.block.kept import Compiled
from tracefs.syscalls.types.language.layout import (
    data_behind,
    filled_at,
    fixed_size,
    holds_fds,
    holds_pointers,
    is_fd,
    unaliased,
)
from tracefs.syscalls.types.language.model import (
    HIDDEN,
    STYLES,
    WIDTHS,
    Count,
    CustomType,
    EnumType,
    Field,
    FlagsType,
    Inline,
    IntType,
    Macro,
    Pointer,
    Records,
    Ref,
    Row,
    StructType,
    SubField,
    Table,
    TypeExpr,
    unknown_of,
)
from tracefs.syscalls.types.language.rows import NETLINK as NETLINK_NAME
from tracefs.syscalls.types.language.rows import SIZEOF, Conditions, Rows, Test
from tracefs.syscalls.types.language.widths import ScalarType, fit, width_of

NONE = 0xFFFFFFFF
KINDS = (
    "hidden", "int", "enum", "flags", "custom", "struct", "pointer", "array", "records", "str", "strings", "bytes", "chars",
)  # fmt: skip
"""enum tt_kind."""
DIRECTIONS = {"in": 1, "out": 2, "inout": 3, "left": 4, "ring": 9}
CONSTANT, ARGUMENT, POINTED, FIELD, RESULT, SHARE, NETLINK, UNKNOWN, SIZE = range(9)
OPEN, HOLDS_POINTERS, HOLDS_FDS, NAMES_ZERO, ENDS_IN_DATA, PATH, HAS_APART, GROWS = 1, 2, 4, 8, 16, 32, 64, 128

TYPE = struct.Struct("<BBBBBBBBIIIIIIII")
ZEROED_MOST = 256
"""TT_ZEROED_MOST."""
ENTRY = struct.Struct("<QQII")
MEMBER = struct.Struct("<IIII")
BITS, APART = 1 << 31, 1 << 30
"""TT_BITS, TT_APART."""
NUMBER = struct.Struct("<BBBBBxHIII")
CHOICE = struct.Struct("<QQ")
CHOICES = struct.Struct("<II")
TEST = struct.Struct("<BBBBBxHIIIII")
ARG = struct.Struct("<III")
VARIANT = struct.Struct("<IIIII")
ROW = struct.Struct("<IIIIIII")
LENGTH = struct.Struct("<I")
"""Before each string."""
STRING_SPARE = 34
"""TT_STRING_SPARE."""
HEADER = struct.Struct("<II" + "II" * 10)

_WHOLE = (1 << 64) - 1


def compile_table(table: Table, names: Mapping[int, str]) -> Compiled:
    """The rows of the syscalls in `names` (number -> name), and all that they use."""
    return _Compiler(table).compile(names)


class Number(NamedTuple):
    """The first part of a struct tt_number: all that says where it comes from."""

    source: int
    width: int = 0
    is_signed: int = 0
    operand: int = 0
    shift: int = 0
    bits: int = 0

    def packed(self, multiply: int = 1, divide: int = 1, plus: int = 0) -> bytes:
        return NUMBER.pack(
            self.source, self.width, self.is_signed, self.shift, self.bits, plus, self.operand, multiply, divide
        )


_UNKNOWN = Number(UNKNOWN)
Source = Callable[[str], Number]
"""What a name in a count or condition stands for: of a row's arguments, or of a structure's members."""


class _Compiler:
    def __init__(self, table: Table) -> None:
        self._table = table
        self._rows = Rows(table)
        self._conditions = Conditions(table)
        self._strings = bytearray()
        self._string_at: dict[str, int] = {}
        self._types: list[bytes] = []
        self._known: dict[object, int] = {}
        self._entries: list[bytes] = []
        self._members: list[bytes] = []
        self._numbers: list[bytes] = []
        self._choices: list[bytes] = []
        self._tests: list[bytes] = []
        self._args: list[bytes] = []
        self._variants: list[bytes] = []
        self._customs: list[str] = []
        self._holds_fds = partial(holds_fds, table, known={})
        self._holds_pointers = partial(holds_pointers, table, known={})

    def compile(self, names: Mapping[int, str]) -> Compiled:
        rows = [ROW.pack(NONE, 0, 0, NONE, 0, 0, 0)] * (max(names, default=-1) + 1)
        for nr, name in names.items():
            if name in self._table.rows:
                rows[nr] = self._row(name)
        errors = self._type(Ref("errno"), _nothing) if "errno" in self._table.types else NONE
        arrays = (
            self._types, self._entries, self._members, self._numbers, self._choices, self._tests, self._args,
            self._variants, rows,
        )  # fmt: skip
        body = bytearray()
        places: list[int] = []
        for array in arrays:
            body += bytes(-len(body) % 8)
            places += (HEADER.size + len(body), len(array))
            body += b"".join(array)
        places += (HEADER.size + len(body), len(self._strings))
        body += self._strings + bytes(STRING_SPARE)
        header = HEADER.pack(HEADER.size + len(body), 0, *places)
        return Compiled(header + bytes(body), tuple(self._customs), errors)

    # -- rows -----------------------------------------------------------------------------------------------------

    def _row(self, syscall: str) -> bytes:
        linked = self._rows.linked(syscall)
        base = linked[0][1]
        index = {name: i for i, (name, _) in enumerate(base.args)}
        types = dict(base.args)

        def source(name: str) -> Number:
            if name == "ret":
                return Number(RESULT, 8, 1)
            if name.startswith("netlink("):
                asked = name.removeprefix("netlink(").removesuffix(")")
                return Number(NETLINK, 8, 1, index[asked]) if asked in index else _UNKNOWN
            pointed = name.startswith("*")
            plain = name[1:] if pointed else name
            if plain not in index:
                return _UNKNOWN
            expr = types[plain]
            if pointed and isinstance(expr, Pointer):
                return Number(POINTED, *self._width(expr.target), index[plain])
            return Number(ARGUMENT, *self._width(expr), index[plain])

        args = self._add(self._args, self._packed_args(base, index, source))
        variants = [
            VARIANT.pack(
                *self._add(self._tests, [self._test(test, source) for test in tests]),
                *self._add(self._args, self._packed_args(row, index, source)),
                self._result(row, source),
            )
            for tests, row in linked[1:]
        ]
        by_pointed = int(any(test.name.startswith("*") for tests, _ in linked[1:] for test in tests))
        return ROW.pack(
            self._name(syscall), *args, self._result(base, source), *self._add(self._variants, variants), by_pointed
        )

    def _packed_args(self, row: Row, index: Mapping[str, int], source: Source) -> list[bytes]:
        known = [(name, expr) for name, expr in row.args if name in index]
        return [ARG.pack(self._name(name), index[name], self._type(expr, source)) for name, expr in known]

    def _result(self, row: Row, source: Source) -> int:
        return NONE if row.result is None else self._type(row.result, source)

    def _test(self, test: Test, source: Source) -> bytes:
        choices = self._add(self._choices, [CHOICE.pack(value, mask) for value, mask in test.choices])
        return source(test.name).packed() + CHOICES.pack(*choices)

    # -- types ----------------------------------------------------------------------------------------------------

    def _type(self, expr: TypeExpr, source: Source) -> int:
        """The index of `expr`; names in its counts are looked up in `source`."""
        expr = unaliased(self._table, expr)
        if not isinstance(expr, Ref):
            return self._new(expr, self._compound(expr, source))
        if expr in self._known:
            return self._known[expr]
        named = self._table.types.get(expr.name)
        if isinstance(named, StructType):
            return self._struct(expr, named)
        if isinstance(named, ScalarType):
            made = self._scalar(expr, named)
        elif isinstance(named, CustomType):
            self._customs.append(named.name)
            made = self._pack(
                "custom",
                name=named.name,
                first=len(self._customs) - 1,
                size=named.size,
                flags=HOLDS_FDS * self._holds_fds(expr),
            )
        else:
            made = self._built_in(expr)
        return self._new(expr, made)

    def _built_in(self, expr: Ref) -> bytes:
        if expr.name == "pathname":
            return self._pack("str", flags=PATH)
        if expr.name == "octets":
            return self._pack("bytes")
        return self._pack("hidden" if expr == HIDDEN else expr.name)

    def _compound(self, expr: TypeExpr, source: Source) -> bytes:
        flags = HOLDS_POINTERS * self._holds_pointers(expr) + HOLDS_FDS * self._holds_fds(expr)
        if isinstance(expr, Pointer):
            counts = self._add(self._numbers, [self._number(count, source) for count in expr.counts])
            target = self._type(expr.target, source)
            direction = DIRECTIONS[expr.direction]
            return self._pack("pointer", None, *counts, target, 8, direction, HOLDS_POINTERS)
        if isinstance(expr, Inline):
            counts = self._add(self._numbers, [self._number(count, source) for count in expr.counts])
            size = fixed_size(self._table, expr) or 0
            return self._pack("array", None, *counts, self._type(expr.target, source), size, flags=flags)
        assert isinstance(expr, Records)
        named = self._table.resolve(expr.target)
        assert isinstance(named, StructType)
        length = self._field(named.fields, expr.length).packed()
        counts = self._add(self._numbers, [length])
        return self._pack("records", None, *counts, self._type(expr.target, source), 0, flags=flags, align=expr.align)

    def _struct(self, ref: Ref, named: StructType) -> int:
        number = self._new(ref, b"")  # first, since its members may point to its own kind
        every = [*named.fields, *(member for variant in named.variants for member in variant.fields)]

        def source(name: str) -> Number:
            if name in (NETLINK_NAME, SIZEOF):
                return Number(NETLINK, 8, 1) if name == NETLINK_NAME else Number(SIZE, 8)
            return self._field(every, name)

        def types(name: str) -> list[TypeExpr]:
            return [member.type for member in every if member.name == name]

        members = self._add(self._members, self._packed_members(named.fields, source))
        variants = []
        for variant in named.variants:
            tests = [self._test(test, source) for test in self._conditions.link(variant.conditions, types)]
            replaced = self._packed_members(variant.fields, source)
            variants.append(VARIANT.pack(*self._add(self._tests, tests), *self._add(self._members, replaced), NONE))
        flags = OPEN * named.open | GROWS * named.grows | HOLDS_POINTERS * self._holds_pointers(ref)
        flags |= HOLDS_FDS * self._holds_fds(ref)
        head = data_behind(named)
        flags |= ENDS_IN_DATA * (head is not None) | HAS_APART * any(member.apart for member in every)
        if named.zeroed and named.size > ZEROED_MOST:
            raise ValueError(f"a structure of which what is left out is 0 has at most {ZEROED_MOST} bytes")
        placed = self._add(self._variants, variants)
        self._types[number] = self._pack(
            "struct",
            named.name,
            *members,
            NONE,
            named.size,
            0,
            flags,
            align=head or 0,
            variants=placed,
            filled=filled_at(named),
            zeroed=named.zeroed,
        )
        return number

    def _packed_members(self, fields: Iterable[Field], source: Source) -> list[bytes]:
        return [
            MEMBER.pack(
                self._name(f", {f.name}="),
                f.offset,
                self._type(f.type, source),
                APART * f.apart | (BITS | f.shift << 8 | f.bits if f.bits else fixed_size(self._table, f.type) or 0),
            )
            for f in fields
        ]

    def _scalar(self, ref: Ref, named: ScalarType) -> bytes:
        width = ref.width or named.width
        entries: list[bytes] = []
        macros: list[bytes] = []
        names_zero = False
        if isinstance(named, EnumType):
            names: dict[int, str] = {}
            for value in named.entries:
                names.setdefault(fit(value.value, width), value.name)
            entries = [ENTRY.pack(v & _WHOLE, _WHOLE, self._name(names[v]), NONE) for v in sorted(names)]
            macros = [packed for macro in named.macros for packed in self._macro(macro)]
        elif isinstance(named, FlagsType):
            for entry in named.entries:
                name = NONE if entry.name is None else self._name(entry.name)
                if isinstance(entry, SubField):
                    entries.append(ENTRY.pack(0, entry.mask, name, self._type(entry.type, _nothing)))
                else:
                    entries.append(ENTRY.pack(entry.value, entry.mask, name, NONE))
                    names_zero |= fit(entry.value, width) == 0
        kind = type(named).__name__.removesuffix("Type").lower()
        return self._pack(
            kind,
            named.name,
            *self._add(self._entries, entries),
            size=WIDTHS[width][0],
            width=width,
            style=named.style,
            variants=self._add(self._entries, macros),
            flags=HOLDS_FDS * is_fd(self._table, ref) | NAMES_ZERO * names_zero,
            unknown="" if isinstance(named, IntType) else unknown_of(named),
        )

    def _macro(self, macro: Macro) -> Iterator[bytes]:
        """Itself, with how many parts follow it, and those."""
        yield ENTRY.pack(macro.value, macro.mask, self._name(macro.name), len(macro.parts))
        for part in macro.parts:
            yield ENTRY.pack(0, part.mask, NONE, self._type(part.type, _nothing))

    # -- parts ----------------------------------------------------------------------------------------------------

    def _number(self, count: Count, source: Source) -> bytes:
        if isinstance(count.source, int):
            found = Number(CONSTANT, operand=count.source)
        elif count.source.startswith("share("):
            found = source(count.source[6:-1])._replace(source=SHARE)
        else:
            found = Number(RESULT, 8, 1) if count.source == "ret" else source(count.source)
        return found.packed(count.multiply, count.divide, count.plus)

    def _field(self, fields: Iterable[Field], name: str) -> Number:
        member = next((member for member in fields if member.name == name), None)
        if member is None:
            return _UNKNOWN
        return Number(FIELD, *self._width(member.type), member.offset, member.shift, member.bits)

    def _width(self, expr: TypeExpr) -> tuple[int, int]:
        """(bytes, is_signed) of a plain number, (0, 0) of all else."""
        expr = unaliased(self._table, expr)
        if not isinstance(expr, Ref) or expr.name not in self._table.types:
            return 0, 0
        width = width_of(self._table, expr)
        return (WIDTHS[width][0], int(WIDTHS[width][1])) if width else (0, 0)

    def _pack(
        self, kind: str, name: str | None = None, first: int = 0, n: int = 0, target: int = NONE, size: int = 0,
        direction: int = 0, flags: int = 0, *, width: str = "", style: str = "dec", align: int = 0,
        variants: tuple[int, int] = (0, 0), unknown: str = "", filled: int | None = None, zeroed: bool = False,
    ) -> bytes:  # fmt: skip
        size_of, signed = WIDTHS[width] if width else (0, False)
        number, named = KINDS.index(kind), NONE if name is None else self._name(name)
        return TYPE.pack(
            number,
            size_of,
            signed,
            STYLES.index(style),
            direction,
            flags,
            align,
            zeroed,
            named,
            first,
            n,
            target,
            size,
            *variants,
            self._name(unknown) if unknown else NONE if filled is None else filled,
        )

    def _new(self, key: TypeExpr, packed: bytes) -> int:
        self._types.append(packed)
        if isinstance(key, Ref):
            self._known[key] = len(self._types) - 1
        return len(self._types) - 1

    def _name(self, text: str) -> int:
        if text not in self._string_at:
            string = text.encode()
            self._string_at[text] = len(self._strings) + LENGTH.size
            self._strings += LENGTH.pack(len(string)) + string + b"\0"
        return self._string_at[text]

    @staticmethod
    def _add(array: list[bytes], items: list[bytes]) -> tuple[int, int]:
        """Append; return (index of the first, how many)."""
        array += items
        return len(array) - len(items), len(items)


def _nothing(name: str) -> Number:
    return _UNKNOWN
