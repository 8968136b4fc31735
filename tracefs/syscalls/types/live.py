# SPDX-License-Identifier: GPL-2.0-only
"""The tables of one mount: those of the package, and what was written over them."""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from tracefs.syscalls.types.language.bounds import excess
from tracefs.syscalls.types.language.errors import TypeSyntaxError
from tracefs.syscalls.types.language.model import Inline, Pointer, Ref, Row, Table, TypeExpr
from tracefs.syscalls.types.language.rows import Rows
from tracefs.syscalls.types.language.show import show_rows, show_types
from tracefs.syscalls.types.language.syntax import parse
from tracefs.syscalls.types.loader import compile_rows, load

if TYPE_CHECKING:
    from tracefs.syscalls.types.printfmt.formats import PrintFormats

_LOCAL = "@"
"""Between the name of a type that one syscall has for itself, and that syscall's: no name in a text can have it."""


class LiveTypes:
    """Safe from any thread. `table` is replaced by a new one on each change, never changed in place."""

    def __init__(self, base: Table | None = None) -> None:
        self._given = base
        self._general = Table()
        self._own: dict[str, Table] = {}
        self._lock = threading.Lock()
        self._table: Table | None = None
        self._formats: PrintFormats | None = None
        self.on_change: list[Callable[[Table], None]] = []
        """Called with each new table, by the thread that wrote it."""

    @property
    def table(self) -> Table:
        """What holds now. The package's tables are read when they are first asked for: most mounts never do."""
        return self._table or self._base

    @property
    def print_formats(self) -> PrintFormats:
        """The table of now for binary consumers."""
        from tracefs.syscalls.types.printfmt.formats import PrintFormats  # most mounts never need it

        formats, table = self._formats, self.table
        if formats is None or formats.table is not table:
            formats = self._formats = PrintFormats(table)
        return formats

    @property
    def _base(self) -> Table:
        return self._given or load()

    def show(self, syscall: str | None = None) -> str:
        """All types; or the rows of one syscall, and the types that it has for itself."""
        table = self.table
        if syscall is None:
            return show_types(Table({name: kind for name, kind in table.types.items() if _LOCAL not in name}))
        own = self._own.get(syscall, Table())
        shown = self._base.merged(self._general).merged(Table(rows=own.rows))
        return show_types(own) + show_rows(shown.rows.get(syscall, ()))

    def write(self, text: str, syscall: str | None = None) -> None:
        """Add what `text` says, for all or for one syscall. TypeSyntaxError; then nothing has changed."""
        with self._lock:
            try:
                self._write(text, syscall)
            except RecursionError:
                raise TypeSyntaxError("nested too deeply", text, 0) from None

    def _write(self, text: str, syscall: str | None) -> None:
        base = self._base.merged(self._general)
        own = self._own.get(syscall, Table()) if syscall else self._general
        said = parse(text, base.merged(own) if syscall else base, syscall=syscall)
        joined = _joined(base, own, said)
        too_much = excess(base.merged(joined), said)
        if too_much:
            why, word = too_much
            raise TypeSyntaxError(why, text, max(text.find(word), 0))
        if syscall:
            self._set(self._general, {**self._own, syscall: joined}, text)
        else:
            self._set(joined, self._own, text)

    def reset(self, syscall: str | None = None) -> None:
        """Forget what was written, for all or for one syscall; of the others' what needs what is forgotten goes with
        it."""
        with self._lock:
            if syscall is None:
                own = {name: local for name, local in self._own.items() if _stands(_with_own(self._base, name, local))}
                self._set(Table(), own)
            else:
                self._set(self._general, {name: own for name, own in self._own.items() if name != syscall})

    def _set(self, general: Table, own: dict[str, Table], text: str = "") -> None:
        if (general, own) == (self._general, self._own):
            return
        table = self._base.merged(general)
        for syscall, local in own.items():
            table = _with_own(table, syscall, local)
        _check(table, text)
        self._general, self._own, self._table = general, own, table
        for told in tuple(self.on_change):
            told(table)


def _joined(base: Table, old: Table, new: Table) -> Table:
    """What was written before, and now: whole types and rows, so that extensions are of what they extended."""
    touched = {*old.types, *new.types, *(e.name for e in new.extensions), *(name for name, _ in new.struct_variants)}
    merged = base.merged(old).merged(new)
    types = {name: merged.types[name] for name in merged.types if name in touched}
    rows = dict(old.rows)
    for name, said in new.rows.items():
        rows[name] = (*rows.get(name, ()), *said) if said[0].partial else said
    return Table(types, rows)


def _with_own(table: Table, syscall: str, own: Table) -> Table:
    """`table` with the rows of one syscall, and its types under names that only they use."""
    rows = table.merged(Table(rows=own.rows)).rows.get(syscall, ())
    types = {name + _LOCAL + syscall: replace(kind, name=name + _LOCAL + syscall) for name, kind in own.types.items()}

    def local(expr: TypeExpr) -> TypeExpr:
        if isinstance(expr, Ref):
            return replace(expr, name=expr.name + _LOCAL + syscall) if expr.name in own.types else expr
        return replace(expr, target=local(expr.target)) if isinstance(expr, (Pointer, Inline)) else expr

    def renamed(row: Row) -> Row:
        args = tuple((name, local(kind)) for name, kind in row.args)
        return replace(row, args=args, result=None if row.result is None else local(row.result))

    return Table({**table.types, **types}, {**table.rows, syscall: tuple(map(renamed, rows))})


def _stands(table: Table) -> bool:
    try:
        _check(table, "")
    except TypeSyntaxError:
        return False
    return True


def _check(table: Table, text: str) -> None:
    """Refuse a table whose conditions name what nothing has, or that C cannot have: a read of `trace` must find no
    fault in it.

    Types in a circle never get here: see parse().
    """
    _check_conditions(table, text)
    try:
        compile_rows(table)
    except (ValueError, OverflowError, KeyError, AssertionError, RecursionError, MemoryError, struct.error) as error:
        raise TypeSyntaxError(f"cannot be compiled: {error}".rstrip(": "), text, 0) from None


def _check_conditions(table: Table, text: str) -> None:
    rows = Rows(table)
    for syscall in table.rows:
        try:
            rows.linked(syscall)
        except KeyError as error:
            symbol = str(error.args[0])
            raise TypeSyntaxError(f"no type names {symbol}", text, max(text.find(symbol), 0)) from None
