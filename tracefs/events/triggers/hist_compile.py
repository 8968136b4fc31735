# SPDX-License-Identifier: GPL-2.0-only
"""Makes a histogram of a hist trigger's text: names looked up, sizes known, the C table built."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from tracefs.events.event import EventClass
from tracefs.events.triggers import hist_text
from tracefs.events.triggers._hist import ffi, lib
from tracefs.events.triggers.errors import TriggerError
from tracefs.events.triggers.hist_actions import ActionCompiler
from tracefs.events.triggers.hist_expr import Binary, Expr, FieldName, Negate, Var, parse
from tracefs.events.triggers.hist_ops import HITCOUNT, Compiler, Operand, plain_name
from tracefs.events.triggers.hist_text import HistText


class Surroundings(Protocol):
    """What a trigger can name in its instance."""

    def event(self, system: str, name: str) -> EventClass | None: ...

    def synthetic(self, name: str) -> EventClass | None: ...

    def histograms(self, event: EventClass | None = None) -> Iterable[Histogram]:
        """Those of one event, or all."""
        ...

    def add_helper(self, event: EventClass, command: str, like: Histogram) -> Histogram:
        """A histogram, with the filter of another, that only serves another one's action, and goes with the one that
        asked for it."""
        ...


@dataclass(frozen=True)
class Column:
    """A key, a value or a variable."""

    expr: Expr
    operand: Operand
    name: str = ""
    """Of a variable."""
    offset: int = 0
    """Of a key, in the table's key bytes."""

    @property
    def modifier(self) -> str:
        return self.expr.modifier if isinstance(self.expr, FieldName) else ""

    @property
    def label(self) -> str:
        """As an entry's line names it: the field without its modifier, a variable without its dollar, else all of
        it."""
        if isinstance(self.expr, FieldName) or (isinstance(self.expr, Var) and not self.expr.system):
            return self.expr.name
        return str(self.expr)

    @property
    def key_size(self) -> int:
        return self.operand.size if self.operand.is_string or self.operand.stack else 8


@dataclass
class Histogram:
    """A hist trigger that was accepted. `table` is the C side; it lives as long as this object."""

    event: EventClass
    text: HistText
    command: str
    keys: list[Column] = field(default_factory=list)
    vals: list[Column] = field(default_factory=list)
    variables: list[Column] = field(default_factory=list)
    references: list[tuple[Histogram, int, bool]] = field(default_factory=list)
    """(table, variable, used up by reading) of other histograms."""
    saved: list[int] = field(default_factory=list)
    """Variables that save() keeps, in its order."""
    traced: list[EventClass] = field(default_factory=list)
    """Synthetic events that actions write."""
    wants_stack: bool = False
    """Whether it is to be given the task's stack."""
    table: Any = None

    @property
    def address(self) -> int:
        """Of the struct hist."""
        return int(ffi.cast("uintptr_t", self.table))

    @property
    def uses_time(self) -> bool:
        """Whether it keeps time stamps, so that the instance's clock is its own."""
        return any("common_timestamp" in str(column.expr) for column in (*self.variables, *self.vals, *self.keys))

    def variable(self, name: str) -> int | None:
        """The index of a variable that the trigger's author named."""
        return next((i for i, column in enumerate(self.variables) if column.name == name), None)

    def add_variable(self, column: Column) -> int:
        if len(self.variables) == lib.HIST_VARS_MAX:
            raise TriggerError("Too many variables defined", self.command, column.name)
        self.variables.append(column)
        return len(self.variables) - 1


def compile_histogram(command: str, event: EventClass, around: Surroundings) -> Histogram:
    """`command` is the text after `hist:` without its filter. Raises TriggerError."""
    text = hist_text.parse(command)
    histogram = Histogram(event, text, command)
    lookup = Lookup(histogram, around)
    compiler = Compiler(event, command, lookup.find)
    _keys(histogram, compiler)
    for name, written in text.variables:
        if any(each.variable(name) is not None for each in (histogram, *around.histograms(event))):
            raise TriggerError("Variable already defined", command, name)
        expr = parse(written, command)
        histogram.add_variable(Column(expr, compiler.compile(expr), name))
    _vals(histogram, compiler)
    _check_sort(histogram)
    actions = ActionCompiler(histogram, around, compiler)
    compiled = [actions.compile(action) for action in text.actions]
    histogram.wants_stack = compiler.wants_stack
    histogram.table = _build(histogram, compiled)
    return histogram


@dataclass
class Lookup:
    """Finds variables: the trigger's own first, then those of other histograms of the instance."""

    histogram: Histogram
    around: Surroundings

    def find(self, var: Var, once: bool) -> Operand:
        own = None if var.system else self.histogram.variable(var.name)
        if own is not None:
            return _variable_operand(self.histogram.variables[own].operand, own, own_table=True)
        matches = [
            (other, index)
            for other in self.around.histograms()
            if (index := other.variable(var.name)) is not None
            and (not var.system or (other.event.system, other.event.name) == (var.system, var.event))
        ]
        if not matches:
            raise TriggerError("Couldn't find variable", self.histogram.command, str(var))
        if len(matches) > 1:
            message = "Variable name not unique, need to use fully qualified name (subsys.event.var) for variable"
            raise TriggerError(message, self.histogram.command, str(var))
        return self.refer(*matches[0], once=once)

    def refer(self, table: Histogram, index: int, once: bool) -> Operand:
        return refer(self.histogram, table, index, once)


def refer(histogram: Histogram, table: Histogram, index: int, once: bool) -> Operand:
    """An operand that reads another table's variable; the same one is read once per event, whatever refers to it."""
    for at, (known, var, _) in enumerate(histogram.references):
        if known is table and var == index:
            histogram.references[at] = (table, index, once or histogram.references[at][2])
            return _variable_operand(table.variables[index].operand, at, own_table=False)
    if len(histogram.references) == lib.HIST_REFS_MAX:
        raise TriggerError("Too many variables defined", histogram.command)
    histogram.references.append((table, index, once))
    return _variable_operand(table.variables[index].operand, len(histogram.references) - 1, own_table=False)


def _variable_operand(of: Operand, index: int, own_table: bool) -> Operand:
    if of.is_string:
        source = lib.HIST_STRING_VAR if own_table else lib.HIST_STRING_REF
        return Operand(of.ctype, of.size, False, string=source, ref=index)
    if of.stack:
        return replace(of, stack=lib.HIST_STACK_VAR if own_table else lib.HIST_STACK_REF, ref=index, offset=0)
    code = lib.HIST_OP_VAR if own_table else lib.HIST_OP_REF
    return Operand(of.ctype, of.size, of.signed, ((code, 0, 0, 0, index),), unit=of.unit)


def _refers(expr: Expr) -> bool:
    if isinstance(expr, Binary):
        return _refers(expr.left) or _refers(expr.right)
    return isinstance(expr, Var) or (isinstance(expr, Negate) and _refers(expr.operand))


def _named_field(histogram: Histogram, expr: Expr) -> Expr:
    """The field that `$name` stands for, where the trigger itself says `name=FIELD`: so a key can be used by its
    actions."""
    written = dict(histogram.text.variables).get(expr.name) if isinstance(expr, Var) and not expr.system else None
    named = parse(written, histogram.command) if written else None
    return named if isinstance(named, FieldName) else expr


def _keys(histogram: Histogram, compiler: Compiler) -> None:
    command, written = histogram.command, histogram.text.keys
    if len(written) > hist_text.KEYS_MAX:
        raise TriggerError("", command)
    offset = 0
    for word in written:
        expr = plain_name(histogram.event, _named_field(histogram, parse(word, command)))
        if _refers(expr):
            raise TriggerError("Using variable references in keys not supported", command, word)
        if isinstance(expr, FieldName) and expr.modifier in ("percent", "graph"):
            raise TriggerError("Invalid field modifier", command, expr.modifier)
        column = Column(expr, compiler.compile(expr), offset=offset)
        offset += column.key_size
        histogram.keys.append(column)
    if offset > lib.HIST_KEY_SIZE_MAX:
        raise TriggerError("", command)


def _vals(histogram: Histogram, compiler: Compiler) -> None:
    for word in histogram.text.vals:
        if word == HITCOUNT:
            continue
        expr = plain_name(histogram.event, parse(word, histogram.command))
        operand = compiler.compile(expr)
        refused = isinstance(expr, FieldName) and expr.modifier in ("execname", "syscall", "log2", "stacktrace")
        if operand.is_string or operand.stack or refused:
            raise TriggerError("Invalid field modifier" if refused else "", histogram.command, word)
        histogram.vals.append(Column(expr, operand))
    if not histogram.vals and not histogram.text.hitcount:
        message = "Non-hitcount value is required for 'nohitcount'"
        raise TriggerError(message, histogram.command, code=errno.ENOENT)
    if len(histogram.vals) > lib.HIST_VALS_MAX:
        raise TriggerError("", histogram.command)


def _check_sort(histogram: Histogram) -> None:
    names = {str(column.expr) for column in (*histogram.keys, *histogram.vals)}
    names |= {column.label for column in (*histogram.keys, *histogram.vals)} | {"hitcount"}
    for word in histogram.text.sort:
        name = word
        for modifier in (".descending", ".ascending"):
            name = name.removesuffix(modifier)
        if name in names:
            continue
        field_name, dot, _ = name.partition(".")
        message = "Invalid sort modifier" if dot and field_name in names else "Sort field must be a key or a val"
        raise TriggerError(message, histogram.command, word)


def _build(histogram: Histogram, actions: list[Any]) -> Any:
    """The C table; MemoryError where there is no memory for it."""
    spec = ffi.new("struct hist_spec *")
    spec.size = histogram.text.size
    spec.nkeys, spec.nvals, spec.nvars = len(histogram.keys), len(histogram.vals), len(histogram.variables)
    spec.nrefs, spec.nactions = len(histogram.references), len(actions)
    for slot, column in zip(spec.keys, histogram.keys, strict=False):
        column.operand.fill(slot, column.key_size)
    for slot, column in zip(spec.vals, histogram.vals, strict=False):
        column.operand.fill(slot)
    for slot, column in zip(spec.vars, histogram.variables, strict=False):
        column.operand.fill(slot)
    for slot, (table, var, once) in zip(spec.refs, histogram.references, strict=False):
        slot.table, slot.var, slot.once = table.table, var, once
    for index, action in enumerate(actions):
        spec.actions[index] = action[0]
    table = lib.hist_new(spec)
    if table == ffi.NULL:
        raise MemoryError("histogram")
    return ffi.gc(table, lib.hist_free)
