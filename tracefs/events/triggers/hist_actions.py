# SPDX-License-Identifier: GPL-2.0-only
"""Actions of hist triggers: onmatch, onmax and onchange with a synthetic event, save() or snapshot()."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tracefs.events.event import EventClass
from tracefs.events.field import Field
from tracefs.events.triggers._hist import ffi, lib
from tracefs.events.triggers.errors import TriggerError
from tracefs.events.triggers.hist_expr import FieldName, Var, atom
from tracefs.events.triggers.hist_ops import Compiler, Operand
from tracefs.events.triggers.hist_text import ActionText
from tracefs.events.triggers.synthetic import is_stack

if TYPE_CHECKING:
    from tracefs.events.triggers.hist_compile import Histogram, Surroundings

UNSET = Operand("u64", 0, False)
"""A variable that only an action sets."""

HANDLERS = {"onmatch": lib.HIST_ON_MATCH, "onmax": lib.HIST_ON_MAX, "onchange": lib.HIST_ON_CHANGE}


class ActionCompiler:
    """Compiles the actions of one trigger into cffi `struct hist_action`s."""

    def __init__(self, histogram: Histogram, around: Surroundings, compiler: Compiler) -> None:
        self.histogram, self.around, self.compiler = histogram, around, compiler
        self.command = histogram.command

    def compile(self, action: ActionText) -> Any:
        """A new struct; raises TriggerError."""
        struct = ffi.new("struct hist_action *")
        struct.handler = HANDLERS[action.handler]
        matched = self._matched_event(action) if action.handler == "onmatch" else None
        if action.handler != "onmatch":
            self._watch(struct, action)
        if action.name == "save":
            self._save(struct, action)
        elif action.name == "snapshot":
            if action.handler == "onmatch":
                raise TriggerError("Handler doesn't support action", self.command, action.name)
            struct.what = lib.HIST_SNAPSHOT
        else:
            self._trace(struct, action, matched)
        return struct

    def _matched_event(self, action: ActionText) -> EventClass:
        system, dot, name = action.argument.partition(".")
        if not dot or not system or not name:
            message = "Missing subsystem" if not dot else "Invalid subsystem or event name"
            raise TriggerError(message, self.command, action.argument)
        event = self.around.event(system, name)
        if event is None:
            raise TriggerError("Invalid subsystem or event name", self.command, action.argument)
        return event

    def _watch(self, struct: Any, action: ActionText) -> None:
        if not action.argument.startswith("$"):
            raise TriggerError(
                "For onmax(x) or onchange(x), x must be a variable", self.command, f"({action.argument}", skip=1
            )
        name = action.argument[1:]
        if self.histogram.variable(name) is None:
            raise TriggerError("Couldn't find onmax or onchange variable", self.command, action.argument)
        self.compiler.compile(Var(name)).fill(struct.value)
        prefix = {"onmax": "max", "onchange": "changed"}[action.handler]
        struct.watched = self._hidden(prefix, UNSET)

    def _hidden(self, label: str, operand: Operand) -> int:
        """A variable of no name that `$` could find."""
        from tracefs.events.triggers.hist_compile import Column

        return self.histogram.add_variable(Column(FieldName(label), operand))

    # ---- save(field,...) ----

    def _save(self, struct: Any, action: ActionText) -> None:
        if action.handler == "onmatch":
            raise TriggerError("Handler doesn't support action", self.command, action.name)
        if not action.params:
            raise TriggerError("No params found for save()", self.command, action.name)
        if self.histogram.saved:
            raise TriggerError("Can't have more than one save() action per hist", self.command, action.text)
        args = self._args(struct, len(action.params))
        struct.what = lib.HIST_SAVE
        for arg, param in zip(args, action.params, strict=True):
            operand = self.compiler.compile(atom(param, self.command))
            if operand.stack:  # the kernel shows an address of its own
                raise TriggerError("Couldn't find field", self.command, param)
            operand.fill(arg.expr)
            kept = Operand(operand.ctype, 0, operand.signed, string=operand.string)
            arg.offset = self._hidden(param, kept)
            self.histogram.saved.append(arg.offset)

    # ---- synthetic events ----

    def _trace(self, struct: Any, action: ActionText, matched: EventClass | None) -> None:
        name, params = action.name, action.params
        if name == "trace":
            if not params:
                raise TriggerError("Couldn't find synthetic event", self.command, action.text)
            name, params = params[0], params[1:]
        event = self.around.synthetic(name)
        if event is None:
            raise TriggerError("Couldn't find synthetic event", self.command, name)
        if len(params) != len(event.fields):
            message = "Param count doesn't match synthetic event field count"
            raise TriggerError(message, self.command, name)
        struct.what, struct.event = lib.HIST_TRACE, event.id
        self.histogram.traced.append(event)
        struct.fixed_size = max((f.offset + f.size for f in event.fields), default=8)
        args = self._args(struct, len(params))
        for arg, param, target in zip(args, params, event.fields, strict=True):
            operand = self._param(param, matched)
            self._check_type(operand, target, param)
            operand.fill(arg.expr, target.size)
            arg.offset, arg.dynamic = target.offset, target.is_data_loc

    def _param(self, param: str, matched: EventClass | None) -> Operand:
        path = param.split(".")
        if matched is not None and path[:-1] == [matched.system, matched.name] and not path[-1].startswith("$"):
            return self._field_of_match(path[-1], matched)
        expr = atom(param, self.command)
        if isinstance(expr, FieldName) and matched is not None and not self._has_field(expr):
            return self._field_of_match(param, matched)
        return self.compiler.compile(expr)

    def _has_field(self, name: FieldName) -> bool:
        return name.name.startswith("common_") or self.histogram.event.field(name.name) is not None

    def _field_of_match(self, param: str, matched: EventClass) -> Operand:
        """A bare field of the matched event: another histogram there keeps it, under the keys of the one we match."""
        from tracefs.events.triggers.hist_compile import refer

        if matched.field(param) is None:
            raise TriggerError("Couldn't find field", self.command, param)
        for model in self.around.histograms(matched):
            sizes = [column.key_size for column in model.keys]
            if sizes == [column.key_size for column in self.histogram.keys]:
                keys = ",".join(str(column.expr) for column in model.keys)
                name = f"synthetic_{param}"
                known = [each for each in self.around.histograms(matched) if each.variable(name) is not None]
                helper = known[0] if known else self.around.add_helper(matched, f"keys={keys}:{name}={param}", model)
                index = helper.variable(name)
                assert index is not None
                return refer(self.histogram, helper, index, once=False)
        raise TriggerError("Matching event histogram not found", self.command, param)

    def _check_type(self, operand: Operand, target: Field, param: str) -> None:
        wants_string = "char" in target.ctype and "[" in target.ctype
        same = operand.is_string == wants_string and bool(operand.stack) == is_stack(target)
        if same and not wants_string and not operand.stack:
            same = operand.size == target.size and operand.signed == target.signed
        if not same:
            message = "Param type doesn't match synthetic event field type"
            raise TriggerError(message, self.command, param)

    def _args(self, struct: Any, count: int) -> list[Any]:
        if count > lib.HIST_ARGS_MAX:
            raise TriggerError("Too many action params", self.command)
        self._kept = [*getattr(self, "_kept", []), ffi.new("struct hist_arg[]", max(count, 1))]
        struct.nargs, struct.args = count, self._kept[-1]
        return [self._kept[-1][i] for i in range(count)]
