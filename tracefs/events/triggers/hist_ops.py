# SPDX-License-Identifier: GPL-2.0-only
"""From an expression to what C walks: a typed operand with its postfix program or its string source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from tracefs.events.event import EventClass
from tracefs.events.field import Field
from tracefs.events.triggers._hist import lib
from tracefs.events.triggers.errors import TriggerError
from tracefs.events.triggers.hist_expr import Binary, Const, Expr, FieldName, Negate, Var
from tracefs.events.triggers.synthetic import is_stack

Op = tuple[int, int, int, int, int]
"""code, size, sign, offset, arg of a struct hist_op."""

OPERATORS = {"+": lib.HIST_OP_ADD, "-": lib.HIST_OP_SUB, "*": lib.HIST_OP_MUL, "/": lib.HIST_OP_DIV}
GENERIC = {
    **dict.fromkeys(("common_cpu", "cpu", "CPU"), "common_cpu"),
    **dict.fromkeys(("common_comm", "comm", "COMM"), "common_comm"),
    **dict.fromkeys(("common_stacktrace", "stacktrace", "STACKTRACE"), "common_stacktrace"),
}
"""Names of what every event has, as filters have them, too; those without `common_` only where the event has no such
field."""
HITCOUNT = "hitcount"
STACK_SIZE = lib.HIST_STACK_MAX * 8
U64 = 1 << 64


@dataclass(frozen=True)
class Operand:
    """A compiled expression. For strings: source, offset, ref say where it lies; for numbers: ops compute it."""

    ctype: str
    size: int
    signed: bool
    ops: tuple[Op, ...] = ()
    string: int = lib.HIST_STRING_NONE
    offset: int = 0
    ref: int = 0
    stack: int = lib.HIST_STACK_NONE
    unit: str = ""
    """Of a time stamp: "ns" or "us"."""

    @property
    def is_string(self) -> bool:
        return bool(self.string != lib.HIST_STRING_NONE)

    def fill(self, target: Any, size: int | None = None) -> None:
        """Write into a cffi `struct hist_expr`."""
        for name, value in (
            ("string", self.string), ("stack", self.stack), ("offset", self.offset), ("ref", self.ref),
            ("size", self.size if size is None else size),
        ):  # fmt: skip
            setattr(target, name, value)
        for slot, (code, width, sign, offset, arg) in zip(target.ops, self.ops, strict=False):
            slot.code, slot.size, slot.sign, slot.offset, slot.arg = code, width, sign, offset, arg


def plain_name(event: EventClass, expr: Expr) -> Expr:
    """The same under the name that the kernel shows: `CPU` is common_cpu."""
    if isinstance(expr, FieldName) and event.field(expr.name) is None:
        return replace(expr, name=GENERIC.get(expr.name, expr.name))
    return expr


Lookup = Callable[[Var, bool], Operand]
"""Finds a variable; the flag says whether reading uses it up (it is an operand of an expression)."""


@dataclass
class Compiler:
    """Compiles expressions over one event's fields."""

    event: EventClass
    command: str
    lookup: Lookup
    nested: int = field(default=0, init=False)
    wants_stack: bool = field(default=False, init=False)
    """Whether the task's stack was named."""

    def compile(self, expr: Expr) -> Operand:
        """Raises TriggerError for unknown names and for operands that do not go together."""
        if isinstance(expr, Const):
            return Operand("u64", 8, False, ((lib.HIST_OP_CONST, 0, 0, 0, expr.value % U64),))
        if isinstance(expr, FieldName):
            return self._field(expr)
        if isinstance(expr, Var):
            return self.lookup(expr, self.nested > 0)
        self.nested += 1
        try:
            return self._negate(expr) if isinstance(expr, Negate) else self._binary(expr)
        finally:
            self.nested -= 1

    def _negate(self, expr: Negate) -> Operand:
        inner = self._number(expr.operand)
        return Operand("s64", 8, True, (*inner.ops, (lib.HIST_OP_NEG, 0, 0, 0, 0)), unit=inner.unit)

    def _binary(self, expr: Binary) -> Operand:
        left, right = self._number(expr.left), self._number(expr.right)
        if left.unit and right.unit and left.unit != right.unit:
            raise TriggerError("Timestamp units in expression don't match", self.command, str(expr.left))
        ops = (*left.ops, *right.ops, (OPERATORS[expr.operator], 0, 0, 0, 0))
        if len(ops) >= lib.HIST_OPS_MAX:
            raise TriggerError("Too many subexpressions (3 max)", self.command, str(expr))
        return Operand(left.ctype, left.size, left.signed, ops, unit=left.unit or right.unit)

    def _number(self, expr: Expr) -> Operand:
        operand = self.compile(expr)
        if operand.is_string or operand.stack:
            raise TriggerError("String type can not be an operand in expression", self.command, str(expr))
        return operand

    def _field(self, name: FieldName) -> Operand:
        if name.name == "common_timestamp":
            divisor = 1000 if name.modifier == "usecs" else 1
            op = (lib.HIST_OP_TIMESTAMP, 0, 0, 0, divisor)
            return Operand("u64", 8, False, (op,), unit="us" if divisor > 1 else "ns")
        found = self.event.field(name.name)
        generic = GENERIC.get(name.name) if found is None else None
        if generic == "common_stacktrace":
            self.wants_stack = True
            return Operand("unsigned long[]", STACK_SIZE, False, stack=lib.HIST_STACK_EVENT)
        if generic == "common_cpu":
            return Operand("unsigned int", 4, False, ((lib.HIST_OP_CPU, 0, 0, 0, 0),))
        if generic == "common_comm":
            return Operand("char[16]", 16, False, string=lib.HIST_STRING_COMM)
        if found is None and name.name == HITCOUNT:
            return Operand("u64", 8, False, ((lib.HIST_OP_CONST, 0, 0, 0, 1),))  # each event adds one
        if found is None:
            raise TriggerError("Couldn't find field", self.command, str(name))
        return self._modified(found, name)

    def _modified(self, found: Field, name: FieldName) -> Operand:
        operand = field_operand(found)
        if operand.stack and name.modifier in ("", "stacktrace"):
            return operand
        if (operand.is_string or operand.stack) and name.modifier:
            raise TriggerError("Invalid field modifier", self.command, name.modifier)
        if name.modifier == "execname" and name.name != "common_pid":
            raise TriggerError("Invalid field modifier", self.command, name.modifier)
        if name.modifier == "log2":
            return Operand("u64", 8, False, (*operand.ops, (lib.HIST_OP_LOG2, 0, 0, 0, 0)))
        if name.modifier == "buckets":
            return Operand("u64", 8, False, (*operand.ops, (lib.HIST_OP_BUCKET, 0, 0, 0, name.buckets)))
        return operand


def field_operand(found: Field) -> Operand:
    """A field as it lies in the record. Arrays of numbers read as their first 8 bytes, as the kernel's do."""
    if is_stack(found):
        return Operand(found.ctype, STACK_SIZE, False, stack=lib.HIST_STACK_FIELD, offset=found.offset)
    if found.is_data_loc:
        return Operand(found.ctype, lib.HIST_STRING_MAX, False, string=lib.HIST_STRING_DYNAMIC, offset=found.offset)
    if found.is_string and not found.is_string_pointer:
        size = found.size or lib.HIST_STRING_MAX
        return Operand(found.ctype, size, False, string=lib.HIST_STRING_FIXED, offset=found.offset)
    width = min(found.size, 8)
    op = (lib.HIST_OP_FIELD, width, int(found.signed), found.offset, 0)
    return Operand(found.ctype, width, found.signed, (op,))
