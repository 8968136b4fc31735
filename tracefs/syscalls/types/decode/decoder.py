# SPDX-License-Identifier: GPL-2.0-only
"""A call's registers, saved memory and result -> values (values.py), by the type tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from tracefs.syscalls.types.decode.members import Layout
from tracefs.syscalls.types.decode.objects import Objects, Scope
from tracefs.syscalls.types.decode.scalars import Scalars
from tracefs.syscalls.types.language.layout import holds_pointers, is_fd, unaliased
from tracefs.syscalls.types.language.model import HIDDEN, EnumType, Inline, Pointer, Ref, StructType, Table, TypeExpr
from tracefs.syscalls.types.language.rows import NETLINK, Rows, Signature
from tracefs.syscalls.types.language.widths import fit
from tracefs.syscalls.types.notation.values import Argument, Array, Call, Errno, Number, Value
from tracefs.syscalls.types.notation.values import Pointer as PointerValue
from tracefs.syscalls.types.saved.fds import Fds
from tracefs.syscalls.types.saved.memory import Memory

_MAX_ERRNO = 4095
_INTERRUPTED = (-4, *range(-516, -511))
"""Results of calls that a signal ended, also of those that the kernel makes again."""
_MOST_PLANS = 4096
_MOST_NUMBERS = 256


class Saved(NamedTuple):
    """What the event of one call holds besides registers: bytes by argument index, read at its enter and at its exit.

    An argument's bytes are raw or an image, as memory.py says.
    """

    enter: Mapping[int, bytes] = MappingProxyType({})
    exit: Mapping[int, bytes] = MappingProxyType({})
    fds_enter: Fds = MappingProxyType({})
    fds_exit: Fds = MappingProxyType({})
    """What descriptors stood for then."""
    netlink: int | None = None
    """The protocol of the netlink socket that the call was on, as far as that is known."""


_NOTHING = Saved()


@dataclass(frozen=True)
class Plan:
    """How the calls of one syscall are decoded whose arguments have the same types.

    `args`: index, name, type without aliases, whether it leads to pointers, and for a number what decodes it.

    `counted`: name, index and width of those that counts refer to; a name with * is what the argument points to.
    """

    signature: Signature
    args: tuple[tuple[int, str, TypeExpr, bool, Callable[[int], Value] | None], ...]
    counted: tuple[tuple[str, int, str], ...]


class Decoder:
    """Decodes by one table, which never changes: a changed table is a new decoder. For one thread."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._rows = Rows(table)
        self._scalars = Scalars(table)
        self._objects = Objects(table, self._scalars)
        errno = table.types.get("errno")
        self._plans: dict[int, Plan] = {}
        """By the identity of their signature, which they keep alive."""
        self._errno = {e.value: e.name for e in errno.entries} if isinstance(errno, EnumType) else {}

    def call(
        self,
        syscall: str,
        args: tuple[int, ...],
        saved: Saved | None = None,
        ret: int | None = None,
    ) -> Call:
        """Decode a call; `args` are the registers (of which only as many as the row has are shown), `ret` None at
        enter.

        A syscall without a row shows its registers in hex, named as they are counted.
        """
        saved = saved or _NOTHING
        plan = self._plan(syscall, args, saved, ret)
        if plan is None:
            shown = tuple(Argument(f"arg{i}", Number(value, "hex")) for i, value in enumerate(args))
            return Call(syscall, shown, None if ret is None else self.result(None, ret))
        scope: Scope | None = None
        values = []
        self._scalars.fds = saved.fds_enter
        for index, name, kind, nested, number in plan.args[: len(args)]:
            if number is not None:
                values.append(Argument(name, number(args[index])))
            elif isinstance(kind, Pointer) and args[index]:
                scope = scope or self._scope(plan, args, saved, ret)
                values.append(Argument(name, self._pointer(index, kind, nested, args[index], saved, scope)))
            elif isinstance(kind, Pointer):
                filled = kind.direction not in ("in", "ring")
                values.append(Argument(name, PointerValue(0, None, None, filled, kind.direction == "ring")))
        self._scalars.fds = saved.fds_exit
        result = None if ret is None else self.result(plan.signature.result, ret)
        self._scalars.fds = {}
        return Call(syscall, tuple(values), result)

    def plan(self, syscall: str, args: tuple[int, ...], saved: Saved, ret: int | None = None) -> Plan | None:
        """For who makes text without values between: the same object for the same kind of call."""
        return self._plan(syscall, args, saved, ret)

    def layout(self, named: StructType, data: bytes) -> Layout:
        """The members of a structure that holds `data`: the same object for the same members."""
        return self._objects.layout(named, data, {})

    def _plan(self, syscall: str, args: tuple[int, ...], saved: Saved, ret: int | None) -> Plan | None:
        """How each argument of a call with these registers is decoded, None if no table knows the syscall."""
        pointed = self._pointed(syscall, saved) if self._rows.is_by_pointed(syscall) else {}
        signature = self._rows.signature(
            syscall, args, saved.netlink, None if ret is None else fit(ret, "s64"), pointed
        )
        if signature is None:
            return None
        plan = self._plans.get(id(signature))
        if plan is None:
            if len(self._plans) > _MOST_PLANS:
                self._plans.clear()
            parts = []
            for index, (name, kind) in enumerate(signature.args):
                meant = unaliased(self.table, kind)
                pointer = isinstance(meant, Pointer)
                nested = isinstance(meant, Pointer) and holds_pointers(self.table, meant.target)
                parts.append((index, name, meant, nested, None if pointer else self._number_decoder(meant)))
            wanted = {source for _, _, meant, _, _ in parts for source in _sources(meant)}
            counted = []
            for index, name, meant, _, _ in parts:
                if name in wanted:
                    counted.append((name, index, self._objects.width(meant) or "u64"))
                if f"*{name}" in wanted and isinstance(meant, Pointer):
                    counted.append((f"*{name}", index, self._objects.width(meant.target) or "u64"))
            plan = self._plans[id(signature)] = Plan(signature, tuple(parts), tuple(counted))
        return plan

    def _pointed(self, syscall: str, saved: Saved) -> dict[str, int]:
        """The numbers that arguments point to, by *NAME: as the call left them, or as they went in."""
        found = {}
        for index, (name, kind) in enumerate(self._rows.linked(syscall)[0][1].args):
            meant = unaliased(self.table, kind)
            blob = saved.exit.get(index) or saved.enter.get(index)
            width = self._objects.width(meant.target) if isinstance(meant, Pointer) and not meant.counts else None
            if blob and width:
                found[f"*{name}"] = fit(int.from_bytes(blob[:8], "little"), width)
        return found

    def _number_decoder(self, kind: TypeExpr) -> Callable[[int], Value] | None:
        """Decodes a register; the same numbers come again and again. None for what is not shown."""
        if kind == HIDDEN:
            return None
        known: dict[int, Value] = {}

        def decode(raw: int) -> Value:
            found = known.get(raw)
            if found is None:
                found = self._objects.number(kind, raw) if isinstance(kind, Ref) else Number(raw, "hex")
                if len(known) < _MOST_NUMBERS:
                    known[raw] = found
            return found

        def descriptor(raw: int) -> Value:
            return self._objects.number(kind, raw) if self._scalars.fds and isinstance(kind, Ref) else decode(raw)

        return descriptor if is_fd(self.table, kind) else decode

    def number(self, kind: str, raw: int) -> Value:
        """A number of the named type."""
        return self._objects.number(Ref(kind), raw)

    def memory(self, kind: str, data: bytes) -> Value | None:
        """What `data` holds of the named type; None if that is too little of it."""
        return self._objects.value(Ref(kind), data, len(data), Scope({}, None, Memory()))

    def result(self, kind: TypeExpr | None, ret: int) -> Value:
        """The value of a return register: an error, or a number of type `kind`."""
        ret = fit(ret, "s64")
        if -_MAX_ERRNO <= ret < 0:
            return Errno(-ret, self._errno.get(-ret))
        if not isinstance(kind, Ref):
            return Number(ret)
        return self._objects.number(kind, ret)

    def _pointer(self, index: int, kind: Pointer, nested: bool, raw: int, saved: Saved, scope: Scope) -> Value:
        filled = scope.ret is not None and _fills(kind.direction, fit(scope.ret, "s64"))
        before = after = None
        if kind.direction in ("in", "inout", "ring"):
            before = self._target(kind, nested, raw, saved.enter.get(index), scope, scope.ret if scope.ret else None)
        if filled:
            self._scalars.fds = saved.fds_exit
            after = self._target(kind, nested, raw, saved.exit.get(index), scope, scope.ret)
            self._scalars.fds = saved.fds_enter
        if kind.direction == "ring":
            shown = before if isinstance(before, Array) and before.items else None
            return PointerValue(fit(raw, "u32"), shown, None, counted=True)
        return PointerValue(raw, before, after, kind.direction != "in")

    def _target(
        self, kind: Pointer, nested: bool, raw: int, blob: bytes | None, scope: Scope, ret: int | None
    ) -> Value | None:
        if blob is None:
            if scope.ret is None or not kind.counts or scope.within(Memory(), ret).count(kind.counts) != 0:
                return None
            blob = b""  # the call filled in nothing
        memory = Memory.image(blob) if nested else Memory.raw(raw, blob)
        return self._objects.target(kind, raw, scope.within(memory, ret))

    def _scope(self, plan: Plan, args: tuple[int, ...], saved: Saved, ret: int | None) -> Scope:
        """Numbers by name, for counts: arguments, and what pointers to a number point to (`*addrlen`)."""
        numbers: dict[str, int] = {} if saved.netlink is None else {NETLINK: saved.netlink}
        for name, index, width in plan.counted:
            if index >= len(args):
                continue
            if not name.startswith("*"):
                numbers[name] = fit(args[index], width)
                continue
            blobs = [blob for blob in (saved.enter.get(index), saved.exit.get(index)) if blob]
            if blobs:
                numbers[name] = min(fit(int.from_bytes(blob[:8], "little"), width) for blob in blobs)
        return Scope(numbers, ret, Memory())


def _fills(direction: str, ret: int) -> bool:
    """Whether a call with this result has written to a pointer of that direction."""
    if direction == "left":
        return ret in _INTERRUPTED
    return direction not in ("in", "ring") and ret >= 0


def _sources(expr: TypeExpr) -> Iterator[str]:
    """Names that counts in `expr` refer to."""
    while isinstance(expr, (Pointer, Inline)):
        yield from (count.source for count in expr.counts if isinstance(count.source, str))
        expr = expr.target
