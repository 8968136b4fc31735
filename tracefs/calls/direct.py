# SPDX-License-Identifier: GPL-2.0-only
"""Calls straight to text, with no values between: most arguments are numbers, texts, data or structures of numbers.

What a notation (strace's, JSON's) makes of these is its own printer's: of a number when it first comes, of a structure
once, as a pattern with a place for each member. Calls with anything else (lists, memory that leads to more, descriptors
with paths, netlink) are for the decoder and the printer, as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from tracefs.calls.notation import Notation, around, kept, place
from tracefs.calls.patterns import Patterns
from tracefs.calls.records import Show, records
from tracefs.syscalls.types import Decoder, Saved
from tracefs.syscalls.types.decode.decoder import Plan
from tracefs.syscalls.types.language.layout import unaliased
from tracefs.syscalls.types.language.model import Count, Pointer, Records, Ref, StructType
from tracefs.syscalls.types.language.widths import fit
from tracefs.syscalls.types.notation.values import Argument, Data, Text, Value
from tracefs.syscalls.types.notation.values import Pointer as PointerValue

_MOST = 1024
"""Kinds of calls that are known at once."""
Blobs = Mapping[int, bytes]
Make = Callable[[int, Blobs, Blobs, int, tuple[int, ...]], str | None]
"""(raw, saved at enter, saved at exit, result, all arguments) -> text; None: not to be told directly."""
Size = Callable[[int, tuple[int, ...]], int]
"""(result, all arguments) -> bytes."""


class _Direct(NamedTuple):
    plan: Plan
    """Kept, so that its identity stays its own."""
    args: tuple[tuple[int, Make], ...]
    result: Callable[[int], str]


class Direct:
    """By one decoder, in one notation."""

    def __init__(self, decoder: Decoder, notation: Notation) -> None:
        self._decoder, self._notation = decoder, notation
        self._patterns = Patterns(decoder, notation)
        self._known: dict[int, _Direct] = {}

    def call(self, syscall: str, args: tuple[int, ...], saved: Saved, ret: int) -> tuple[list[str], str] | None:
        """The texts of the arguments and of the result of a call that has ended; None: not to be told directly."""
        if saved.fds_enter or saved.fds_exit or saved.netlink is not None:
            return None
        plan = self._decoder.plan(syscall, args, saved, ret)
        if plan is None:
            return None
        direct = self._known.get(id(plan))
        if direct is None or direct.plan is not plan:
            if len(self._known) > _MOST:
                self._known.clear()
            direct = self._known[id(plan)] = self._direct(syscall, plan)
        shown = []
        enter, leave = saved.enter, saved.exit
        for index, make in direct.args:
            if index >= len(args):
                break
            text = make(args[index], enter, leave, ret, args)
            if text is None:
                return None
            shown.append(text)
        return shown, direct.result(ret)

    def _direct(self, syscall: str, plan: Plan) -> _Direct:
        args: list[tuple[int, Make]] = []
        if not self._notation.takes(syscall):
            args.append((0, _never))
        for index, name, kind, image, number in plan.args:
            if number is not None:
                args.append((index, self._number(syscall, name, number)))
            elif isinstance(kind, Pointer):
                args.append((index, self._pointer(syscall, plan, index, name, kind, image)))
        result = plan.signature.result
        return _Direct(plan, tuple(args), kept(lambda ret: self._notation.result(self._decoder.result(result, ret))))

    def _number(self, syscall: str, name: str, number: Callable[[int], Value]) -> Make:
        show = kept(lambda raw: self._notation.argument(syscall, Argument(name, number(raw))))
        return lambda raw, enter, leave, ret, args: show(raw)

    def _pointer(self, syscall: str, plan: Plan, index: int, name: str, kind: Pointer, image: bool) -> Make:
        """What it leads to, where that was saved and is of one direction; else the address."""
        if kind.direction == "ring":
            return _never
        out, filled = kind.direction == "out", kind.direction != "in"
        size = _size(plan, kind)
        show = None if image or kind.direction in ("inout", "left") else self._target(syscall, name, kind, size)
        address = kept(
            lambda raw: self._notation.argument(syscall, Argument(name, PointerValue(raw, None, None, filled)))
        )

        def make(raw: int, enter: Blobs, leave: Blobs, ret: int, args: tuple[int, ...]) -> str | None:
            if not raw or (out and ret < 0):
                return address(raw)
            if show is None:
                return None
            blob, bytes_there = (leave if out else enter).get(index), size(ret, args) if size else 1
            if blob is None and bytes_there:
                return None
            return show(raw, blob or b"", bytes_there)

        return make

    def _target(self, syscall: str, name: str, kind: Pointer, size: Size | None) -> Show | None:
        """Of numbers of bytes that are not plain, and of all that is counted in other ways: None."""
        meant = unaliased(self._decoder.table, kind.target)
        if isinstance(meant, Records):
            return records(self._decoder, self._notation, syscall, name, meant) if size else None
        if not isinstance(meant, Ref):
            return None
        value = self._notation.value
        before, after = around(self._notation.argument(syscall, Argument(name, PointerValue(1, place(0)))))
        if meant.name in ("str", "pathname") and not kind.counts:
            whole = meant.name == "pathname"

            def text(raw: int, blob: bytes, there: int) -> str:
                data, nul, _ = blob.partition(b"\0")
                return f"{before}{value(Text(data, bool(nul), whole))}{after}"

            return text
        if meant.name in ("bytes", "octets") and size:
            octets = meant.name == "octets"
            return lambda raw, blob, there: f"{before}{value(Data(blob[:there], there, octets))}{after}"
        named = self._decoder.table.types.get(meant.name)
        if not isinstance(named, StructType) or named.open or kind.counts:
            return None
        show = self._patterns.target(syscall, name, named)
        return lambda raw, blob, there: show(blob)


def _never(raw: int, enter: Blobs, leave: Blobs, ret: int, args: tuple[int, ...]) -> None:
    return None


def _size(plan: Plan, kind: Pointer) -> Size | None:
    """How many bytes a plain count says: the result, or one argument's number."""
    if len(kind.counts) != 1:
        return None
    count = kind.counts[0]
    if count == Count("ret"):
        return (lambda ret, args: max(ret, 0)) if kind.direction == "out" else None
    found = next((each for each in plan.counted if each[0] == count.source), None)
    if found is None or found[0].startswith("*") or count != Count(count.source):
        return None
    _, index, width = found
    return lambda ret, args: max(fit(args[index], width), 0)
