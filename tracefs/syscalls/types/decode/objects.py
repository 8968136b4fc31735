# SPDX-License-Identifier: GPL-2.0-only
"""Memory and a type -> a value: structures, arrays, strings, records, and what pointers in them lead to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tracefs.syscalls.types.decode import custom
from tracefs.syscalls.types.decode.members import Layout, Member, Members
from tracefs.syscalls.types.decode.scalars import Scalars
from tracefs.syscalls.types.language.layout import FD_SET, filled_at, fixed_size, unaliased
from tracefs.syscalls.types.language.model import (
    WIDTHS,
    Count,
    CustomType,
    Inline,
    Pointer,
    Records,
    Ref,
    StructType,
    Table,
    TypeExpr,
)
from tracefs.syscalls.types.language.rows import NETLINK, SIZEOF, Conditions, Test
from tracefs.syscalls.types.language.widths import ScalarType, fit, width_of
from tracefs.syscalls.types.notation.values import Array, Data, Number, Struct, Text, Value
from tracefs.syscalls.types.notation.values import Pointer as PointerValue
from tracefs.syscalls.types.saved.memory import Memory

_POINTER_BYTES = 8
_PAGE = 4096
_TEXTS = ("str", "pathname")
_DATA = (Ref("bytes"), Ref("octets"), Ref("chars"))
_MOST_ITEMS = 4096
_DEEPEST = 4


@dataclass
class Share:
    """Bytes of `ret` that buffers filled one after the other have not used yet."""

    left: int


SHOWN = 1 << 17
"""Bytes of memory that are shown of what one argument leads to: more than a record holds, so only memory that leads to
the same again and again has more. An element of an array costs _ELEMENT at least."""
_ELEMENT = 8


@dataclass
class Left:
    """Of SHOWN."""

    size: int = SHOWN

    def spend(self, wanted: int) -> bool:
        if wanted > self.size:
            return False
        self.size -= wanted
        return True

    def data(self, data: bytes) -> bytes:
        """As much of it as there is left for."""
        shown = data[: self.size]
        self.size -= len(shown)
        return shown


@dataclass(frozen=True)
class Scope:
    """What counts and conditions may refer to, and the memory that pointers lead to."""

    numbers: Mapping[str, int]
    ret: int | None
    memory: Memory
    share: Share = field(default_factory=lambda: Share(0))
    left: Left = field(default_factory=Left)
    depth: int = 0
    """How many pointers were followed to get here: memory may lead back to itself."""

    def within(self, memory: Memory, ret: int | None) -> Scope:
        return Scope(self.numbers, ret, memory, Share(max(fit(ret or 0, "s64"), 0)), Left(), self.depth)

    def with_fields(self, numbers: Mapping[str, int]) -> Scope:
        return replace(self, numbers={**self.numbers, **numbers})

    def count(self, counts: tuple[Count, ...]) -> int | None:
        """The smallest of `counts`, None if none of them is known."""
        known = [found for found in map(self._one, counts) if found is not None]
        return min(known) if known else None

    def _one(self, count: Count) -> int | None:
        source = count.source
        if isinstance(source, int):
            found: int | None = source
        elif source == "ret":
            found = None if self.ret is None else fit(self.ret, "s64")
        elif source.startswith("share("):
            wanted = self.numbers.get(source[6:-1], 0)
            found = min(wanted, self.share.left)
            self.share.left -= found
        else:
            found = self.numbers.get(source)
        return None if found is None else max(-(-found * count.multiply // count.divide), 0) + count.plus


class Objects:
    """Decodes memory by one table."""

    def __init__(self, table: Table, scalars: Scalars) -> None:
        self._table = table
        self._scalars = scalars
        self._conditions: Conditions | None = None
        self._linked: dict[str, list[tuple[Test, ...]]] = {}
        self._members = Members(table, scalars)

    def width(self, expr: TypeExpr) -> str | None:
        """The width of a plain number type, else None."""
        expr = unaliased(self._table, expr)
        if not isinstance(expr, Ref) or expr.name not in self._table.types:
            return None
        return width_of(self._table, expr)

    def number(self, ref: Ref, raw: int) -> Value:
        """A register."""
        expr = unaliased(self._table, ref)
        if isinstance(expr, Ref) and expr.name in self._table.types:
            named = self._table.types[expr.name]
            if isinstance(named, ScalarType):
                return self._scalars.decode(named, raw, expr.width)
            if isinstance(named, CustomType):
                size = min(named.size or 8, 8)
                return custom.decode(named.name, (raw & ((1 << 8 * size) - 1)).to_bytes(size, "little"))
        return Number(raw, "ptr" if isinstance(expr, Pointer) else "hex")

    def target(self, pointer: Pointer, address: int, scope: Scope) -> Value | None:
        """What `address` points to, None if it was not saved."""
        target = unaliased(self._table, pointer.target)
        count = scope.count(pointer.counts)
        if isinstance(target, Ref) and target.name in _TEXTS:
            return self._string(address, count, scope, target.name == "pathname")
        if isinstance(target, Ref) and target.name == "strings":
            return self._strings(address, scope)
        element = fixed_size(self._table, target)
        if element is None:
            if count is None:
                count = self._open_size(target)
            if not count and isinstance(target, Ref) and isinstance(self._table.types.get(target.name), StructType):
                return None
            data = scope.memory.read(address, count, target in _DATA) if count else b""
            return None if data is None else self.value(target, data, count, scope, address)
        size = element if not pointer.counts else element * min(count or 0, _MOST_ITEMS)
        if pointer.counts and count == 0:
            return Array(())
        data = scope.memory.read(address, size)
        if data is None:
            return None
        if not pointer.counts:
            return self.value(target, data, element, scope, address) if data else None
        return self._array(target, data, element, count or 0, scope, address)

    def value(self, expr: TypeExpr, data: bytes, size: int, scope: Scope, at: int = 0) -> Value | None:
        """`data`, of what were `size` bytes of type `expr` at address `at`; None if too little of it was saved."""
        expr = unaliased(self._table, expr)
        if isinstance(expr, Pointer):
            return self._pointer(expr, data, scope)
        if isinstance(expr, Inline):
            return self._inline(expr, data, size, scope, at)
        if isinstance(expr, Records):
            return self._records(expr, data, size, scope, at)
        if expr.name in ("bytes", "octets"):
            return Data(scope.left.data(data[:size]), size, expr.name == "octets")
        if expr.name in ("chars", *_TEXTS):
            return _text(data, len(data) >= size, scope, expr.name == "pathname")
        named = self._table.resolve(expr)
        if isinstance(named, StructType):
            return self._struct(named, data, size, scope, at)
        if isinstance(named, CustomType):
            if named.name == FD_SET and self._scalars.fds:
                bits = int.from_bytes(data[:size], "little")
                return custom.fd_set(
                    [self._scalars.plain(fd, "fd") for fd in range(bits.bit_length()) if bits >> fd & 1]
                )
            return custom.decode(named.name, data[:size]) if len(data) >= named.size else None
        if not isinstance(named, ScalarType):
            return None
        width = WIDTHS[expr.width or named.width][0]
        if len(data) < width:
            return None
        return self._scalars.decode(named, int.from_bytes(data[:width], "little"), expr.width)

    def _open_size(self, target: TypeExpr) -> int:
        named = self._table.types.get(target.name) if isinstance(target, Ref) else None
        return named.size if isinstance(named, StructType) else 1 << 20

    def _string(self, address: int, count: int | None, scope: Scope, whole: bool = False) -> Value | None:
        data = scope.memory.read(address, 1 << 20 if count is None else count, data=True)
        if data is None:
            return None
        return _text(data, count is not None and len(data) >= count, scope, whole)

    def _strings(self, address: int, scope: Scope) -> Value | None:
        """A vector of pointers to strings; what is not complete ends in a count of at least one more."""
        data = scope.memory.read(address, _POINTER_BYTES * _MOST_ITEMS)
        if data is None:
            return None
        items: list[Value] = []
        for at in range(0, len(data) - 7, _POINTER_BYTES):
            pointer = int.from_bytes(data[at : at + 8], "little")
            if not scope.left.spend(_ELEMENT):
                break
            if pointer == 0:
                return Array(tuple(items))
            items.append(self._string(pointer, None, scope) or PointerValue(pointer))
        ended = (address + len(data)) % _PAGE == 0
        return Array(tuple(items), more=1, fault=address + len(items) * _POINTER_BYTES if ended else 0)

    def _pointer(self, expr: Pointer, data: bytes, scope: Scope) -> Value | None:
        if len(data) < _POINTER_BYTES:
            return None
        address = int.from_bytes(data[:_POINTER_BYTES], "little")
        if not address or scope.depth >= _DEEPEST:
            return PointerValue(address)
        return PointerValue(address, self.target(expr, address, replace(scope, depth=scope.depth + 1)))

    def _inline(self, expr: Inline, data: bytes, size: int, scope: Scope, at: int) -> Value | None:
        target = unaliased(self._table, expr.target)
        element = fixed_size(self._table, target)
        count = scope.count(expr.counts)
        if element is None:
            length = size if count is None else min(count, size)
            if target == Ref("chars") and count and len(data) >= length and b"\0" not in data[:length]:
                return _text(data[: length - 1], False, scope, False)  # nobody ends it
            return self.value(target, data[:length], length, scope, at)
        return self._array(target, data, element, size // element if count is None else count, scope)

    def _array(self, target: TypeExpr, data: bytes, element: int, count: int, scope: Scope, address: int = 0) -> Array:
        """`address`: where it stands, 0 within a structure. It ends before `count` where the next page could not be
        read."""
        items: list[Value] = []
        while len(items) < count and (len(items) + 1) * element <= len(data):
            start = len(items) * element
            if not scope.left.spend(max(element, _ELEMENT)):
                break
            found = self.value(target, data[start : start + element], element, scope, address and address + start)
            if found is None:
                break
            items.append(found)
        ended = address and len(items) < count and (address + len(data)) % _PAGE == 0
        return Array(tuple(items), count - len(items), address + len(items) * element if ended else 0)

    def _records(self, expr: Records, data: bytes, size: int, scope: Scope, address: int) -> Value:
        """Also the last, of which only the beginning was saved. Memory that none fits into is data."""
        items: list[Value] = []
        named = self._table.resolve(expr.target)
        assert isinstance(named, StructType)
        member = next(found for found in named.fields if found.name == expr.length)
        width = WIDTHS[self.width(member.type) or "u32"][0]
        at = 0
        known = min(len(data), size)
        if 0 < size < named.size:
            return Data(scope.left.data(data[:size]), size, self._members.has_apart(named))
        while at + named.size <= known:
            length = int.from_bytes(data[at + member.offset : at + member.offset + width], "little")
            shown = max(length, named.size)
            if not scope.left.spend(named.size):
                break
            last = self._struct(
                named, data[at : min(at + shown, known)], min(shown, size - at), scope, address and address + at
            )
            items.append(last)
            at += -(-shown // expr.align) * expr.align
            if length < named.size:  # it says nothing of where the next one is
                return Array(tuple(items), more=1 if not last.apart and size - at >= named.size else 0)
        if items and last.apart and 0 < size - at < named.size:
            items.append(Data(scope.left.data(data[at:size]), size - at))
        return Array(tuple(items), more=1 if at < size and size - at >= named.size else 0)

    def _struct(self, named: StructType, data: bytes, size: int, scope: Scope, at: int = 0) -> Struct:
        """Members that lie within `size`; those beyond the data that was saved are left out."""
        numbers = {NETLINK: scope.numbers[NETLINK]} if NETLINK in scope.numbers else {}
        rest: tuple[tuple[str, Value], ...] = ()
        if named.open:
            numbers[SIZEOF] = size
        if named.zeroed and len(data) >= min(size, named.size):
            rest = _rest(data, named.size)
            data, size = data[: named.size].ljust(named.size, b"\0"), named.size
        members = self.layout(named, data, numbers)
        filled = filled_at(named)
        if filled is not None and filled + 4 <= len(data):
            scope.share.left = int.from_bytes(data[filled : filled + 4], "little")
        inner = scope.with_fields(numbers) if numbers and members.others else scope
        fields: list[tuple[str, Value]] = []
        complete = True
        known = len(data)
        for member in members.shown:
            offset = member.offset
            if offset >= size:
                continue
            found: Value | None
            if member.apart and self._unreadable(member, data, size, at):
                found = PointerValue(at + offset)
            elif member.apart and offset + member.size > size:
                found = Data(scope.left.data(data[offset:size]), size - offset)
            elif member.number is None:
                length = member.size or size - offset
                found = self.value(member.type, data[offset : offset + length], length, inner, at and at + offset)
            elif offset + member.size <= known:
                found = member.number(member.raw(data))
            elif named.open and offset < known == size:
                found = Data(data[offset:], size - offset, octets=True)
            else:
                found = None
            if found is None:
                complete = False
            else:
                fields.append((member.name, found))
        if members.moments and len(fields) == len(members.shown):
            for sec, nsec in members.moments:
                seconds, parts = fields[sec][1], fields[nsec][1]
                if isinstance(seconds, Number) and isinstance(parts, Number):
                    fields[sec] = (fields[sec][0], replace(seconds, nsec=parts.value))
        beyond = self._beyond(named, data, size, at) if named.grows and size > named.size else None
        return Struct(named.name, (*fields, *rest), complete, members.apart, beyond)

    @staticmethod
    def _beyond(named: StructType, data: bytes, size: int, at: int) -> tuple[int, Data | None] | None:
        """What a caller has behind the members that are known: of a newer kernel, as far as it is not 0."""
        rest = data[named.size : size]
        if len(data) < min(size, named.size + _PAGE) and at and (at + len(data)) % _PAGE == 0:
            return named.size, None
        return (named.size, Data(rest, len(rest), octets=True)) if any(rest) else None

    def _unreadable(self, member: Member, data: bytes, size: int, at: int) -> bool:
        """Whether what follows a header goes on, as one object, to a page that could not be read: of no use to the
        kernel."""
        end = min(member.offset + member.size, size) if member.size else size
        if len(data) >= end or not at or (at + len(data)) % _PAGE or isinstance(member.type, (Records, Inline)):
            return False
        named = self._table.types.get(member.type.name) if isinstance(member.type, Ref) else None
        return not (isinstance(named, StructType) and self._members.has_apart(named))

    def layout(self, named: StructType, data: bytes, numbers: dict[str, int]) -> Layout:
        """The members that a structure has where it holds `data`; those that others refer to are put into `numbers`."""
        members = self._members.of(named, ())
        for member in members.counted:
            member.note(data, numbers)
        if named.variants:
            holding: tuple[int, ...] = ()
            for index, tests in enumerate(self.tests(named)):
                if all(test.name in numbers and test.holds(numbers[test.name]) for test in tests):
                    holding += (index,)
                    members = self._members.of(named, holding)
                    for member in members.counted:
                        member.note(data, numbers)
        return members

    def tests(self, named: StructType) -> list[tuple[Test, ...]]:
        """What each variant of `named` is tested by, in their order."""
        if named.name not in self._linked:
            if self._conditions is None:
                self._conditions = Conditions(self._table)
            every = [*named.fields, *(member for variant in named.variants for member in variant.fields)]

            def types(name: str) -> list[TypeExpr]:
                return [member.type for member in every if member.name == name]

            self._linked[named.name] = [self._conditions.link(v.conditions, types) for v in named.variants]
        return self._linked[named.name]


def _text(data: bytes, all_is_there: bool, scope: Scope, whole: bool) -> Text:
    """What stands before the NUL."""
    found, nul, _ = data.partition(b"\0")
    shown = scope.left.data(found)
    return Text(shown, (bool(nul) or all_is_there) and len(shown) == len(found), whole)


def _rest(data: bytes, start: int) -> tuple[tuple[str, Value], ...]:
    """What a caller has behind the members that are known, as far as that is not 0: a member."""
    found = data[start:]
    note = f"bytes {start}..{len(data) - 1}"
    return (("extra_data", Data(found, len(found), octets=True, note=note)),) if any(found) else ()
