# SPDX-License-Identifier: GPL-2.0-only
"""Compiles the event classes of a registry into the C tables of render.h."""

from __future__ import annotations

from typing import Any

from tracefs.events import EventClass, Field, Registry
from tracefs.events.cmdlines import Cmdlines
from tracefs.render._render import ffi, lib
from tracefs.render.printfmt.compile import Op, Piece, compile_print_fmt
from tracefs.syscalls import COMPAT_NAMES

MAX_FIELDS = 64
"""RN_MAX_FIELDS of render.h."""

KINDS = {
    "enter": lib.RN_ENTER,
    "exit": lib.RN_EXIT,
    "raw_enter": lib.RN_RAW_ENTER,
    "raw_exit": lib.RN_RAW_EXIT,
    "task": lib.RN_TASK,
    "print": lib.RN_PRINT,
    "raw_data": lib.RN_RAW_DATA,
    "user_stack": lib.RN_USER_STACK,
    "kernel_stack": lib.RN_KERNEL_STACK,
}
PRINTED_BY_KIND = frozenset({"enter", "exit", "print", "raw_data", "user_stack", "kernel_stack"})
"""Kinds whose text C knows; the others print themselves by their print fmt."""
NUMBER_SIZES = (1, 2, 4, 8)


def field_kind(field: Field) -> int:
    """enum rn_field_kind of a field."""
    if field.is_data_loc:
        kind = lib.RN_DATA_LOC if field.is_string else lib.RN_OPAQUE
    elif field.is_string_pointer:
        kind = lib.RN_USER_STRING
    elif field.is_array:
        kind = lib.RN_STRING if field.is_string else lib.RN_OPAQUE
    else:
        kind = lib.RN_NUMBER if field.size in NUMBER_SIZES else lib.RN_OPAQUE
    return int(kind)


class Table:
    """A struct rn_table, and everything that it points to, alive as long as this object."""

    def __init__(self, registry: Registry, cmdlines: Cmdlines | None) -> None:
        tasks = cmdlines.struct if cmdlines else ffi.NULL
        self._alive: list[Any] = [tasks]
        self._texts: dict[str, Any] = {}
        self._fields: dict[tuple[Field, ...], Any] = {}
        self._kinds: dict[tuple[str, int], int] = {}
        by_id = self._keep(ffi.new("struct rn_class *[]", max(registry.by_id, default=0) + 1))
        for event in list(registry.by_id.values()):
            by_id[event.id] = self._class(event)
        names = self._keep(ffi.new("char *[]", max(COMPAT_NAMES, default=0) + 1))
        for number, name in COMPAT_NAMES.items():
            names[number] = self._text(name)
        self.address: Any = self._keep(ffi.new("struct rn_table *"))
        self.address.id_count, self.address.by_id = len(by_id), by_id
        self.address.compat_count, self.address.compat_names = len(names), names
        self.address.cmdlines = ffi.cast("struct cmdlines *", int(ffi.cast("uintptr_t", tasks)))

    def _keep(self, data: Any) -> Any:
        self._alive.append(data)
        return data

    def _text(self, text: str) -> Any:
        if text not in self._texts:
            self._texts[text] = ffi.new("char[]", text.encode())
        return self._texts[text]

    def _class(self, event: EventClass) -> Any:
        if len(event.fields) > MAX_FIELDS:
            raise ValueError(f"{event.name}: more than {MAX_FIELDS} fields")
        made = self._keep(ffi.new("struct rn_class *"))
        made.id, made.kind, made.field_count = event.id, KINDS[event.kind], len(event.fields)
        made.name = self._text(event.name)
        made.syscall = self._text(event.syscall.name if event.syscall else "")
        made.fields = self._fields_of(tuple(event.fields))
        if event.kind == "enter" and event.syscall:
            made.args = len(event.syscall.params)
        if event.kind not in PRINTED_BY_KIND:
            made.program = self._program(compile_print_fmt(event))
        return made

    def _fields_of(self, fields: tuple[Field, ...]) -> Any:
        """Made once for all events that have the same."""
        made = self._fields.get(fields)
        if made is None:
            rows = [
                (
                    self._text(field.name),
                    self._text(field.ctype),
                    field.offset,
                    field.size,
                    self._kind(field),
                    field.signed,
                )
                for field in fields
            ]
            made = self._fields[fields] = ffi.new("struct rn_field[]", rows)
        return made

    def _kind(self, field: Field) -> int:
        """Found out once for all fields of one C type."""
        key = field.ctype, field.size
        if key not in self._kinds:
            self._kinds[key] = field_kind(field)
        return self._kinds[key]

    def _program(self, pieces: tuple[Piece, ...]) -> Any:
        made = self._keep(ffi.new("struct rn_program *"))
        made.piece_count = len(pieces)
        made.pieces = self._keep(ffi.new("struct rn_piece[]", len(pieces)))
        for piece, slot in zip(pieces, made.pieces[0 : len(pieces)], strict=True):
            slot.literal, slot.literal_length = self._text(piece.literal), len(piece.literal.encode())
            slot.conversion = piece.conversion.encode() or b"\0"
            slot.left, slot.zero = "-" in piece.flags, "0" in piece.flags
            slot.alternate, slot.plus, slot.space = "#" in piece.flags, "+" in piece.flags, " " in piece.flags
            slot.size, slot.width, slot.precision = piece.size, piece.width, piece.precision
            slot.op_count = len(piece.ops)
            slot.ops = self._keep(ffi.new("struct rn_op[]", len(piece.ops)))
            for op, place in zip(piece.ops, slot.ops[0 : len(piece.ops)], strict=True):
                self._op(place, op)
        return made

    def _op(self, slot: Any, op: Op) -> None:
        slot.code = getattr(lib, f"RN_OP_{op.code}")
        slot.number, slot.size, slot.flag = op.number, op.size, op.signed
        slot.text = self._text(op.text) if op.code in ("TEXT", "FLAGS") else ffi.NULL
        slot.count = len(op.symbols) if op.symbols else len(op.text.encode())
        slot.symbols = self._keep(ffi.new("struct rn_symbol[]", len(op.symbols)))
        for symbol, (value, name) in zip(slot.symbols[0 : len(op.symbols)], op.symbols, strict=True):
            symbol.value, symbol.name = value, self._text(name)
