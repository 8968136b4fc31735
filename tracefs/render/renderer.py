# SPDX-License-Identifier: GPL-2.0-only
"""Lines from buffers: what opens of `trace` and `trace_pipe` read."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any

from tracefs.events import REGISTRY, Registry
from tracefs.events.cmdlines import Cmdlines
from tracefs.render._render import ffi, lib
from tracefs.render.header import header
from tracefs.render.options import Options
from tracefs.render.reader import Reader, cpu_number
from tracefs.render.table import Table
from tracefs.render.typed.types import Types
from tracefs.syscalls.types.loader import compile_rows, compiled

if TYPE_CHECKING:
    from tracefs.syscalls.types import Table as TypeTable

RECORD_ROOM = 1 << 18
"""More bytes than a line takes besides the characters that its record holds."""
LONGEST_BYTE = 4
"""Characters that a byte of a record becomes at most: "\\033"."""


class Renderer:
    """The compiled event classes and the task names. One per mount."""

    def __init__(self, registry: Registry = REGISTRY, cmdlines: Cmdlines | None = None) -> None:
        self.registry = registry
        self.cmdlines = cmdlines
        self._table: Table | None = None
        self._source: Callable[[], TypeTable] | None = None
        self._types: Types | None = None
        self._making = Lock()

    @property
    def table(self) -> Table:
        """Made when it is first needed: recording need not wait for it."""
        with self._making:
            if self._table is None:
                self._table = Table(self.registry, self.cmdlines)
            return self._table

    def types(self, options: Options) -> Types | None:
        """What arguments are printed by, made when it is first needed; None where `options` do not ask for it."""
        if not options.syscall_arg_decode:
            return None
        with self._making:
            if self._types is None:
                self._types = Types(compile_rows(self._source()) if self._source else compiled())
            return self._types

    def use_types(self, source: Callable[[], TypeTable]) -> None:
        """Print by the tables that `source` gives from the next read on, also what is in buffers already; else by the
        package's."""
        with self._making:
            self._source, self._types = source, None

    def refresh(self) -> None:
        """Take over changes of the registry: events in buffers are printed by it from the next read on."""
        with self._making:
            self._table = Table(self.registry, self.cmdlines)

    def names_changed(self) -> None:
        """The names of tasks are in another struct from the next read on; who reads now keeps the table of the old
        one."""
        with self._making:
            self._table = None

    def header(self, options: Options, entries: int, written: int, cpus: int) -> bytes:
        """The lines before the first event."""
        return header(options, entries, written, cpus)

    def format_record(self, record: bytes, ts: int, cpu: int, options: Options | None = None) -> str:
        """The line of one record, its newline included."""
        return self.line(record, ts, cpu, options or Options()).decode(errors="backslashreplace")

    def line(
        self, record: bytes, ts: int, cpu: int, options: Options, next_ts: int | None = None, index: int = 0
    ) -> bytes:
        """As format_record, of a record among others: next_ts is the following one's, index counts from 0."""
        place = ffi.new("struct rn_place *", {"ts": ts, "next_ts": ts if next_ts is None else next_ts})
        place.cpu, place.index = cpu, index
        room = RECORD_ROOM + LONGEST_BYTE * len(record)
        text = ffi.new("char[]", room)
        table, types = self.table, self.types(options)
        size = lib.rn_record(table.address, options.compiled(types), record, len(record), place, text, room)
        return bytes(ffi.buffer(text, size))


class Lines:
    """One open file's lines. Reads may come from several threads; the GIL is released while they render."""

    def __init__(self, renderer: Renderer, reader: Reader, options: Options, lines: Any) -> None:
        if not lines:
            raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
        self._renderer = renderer
        self._reader = reader
        self._options = options
        self._lines = ffi.gc(lines, lib.rn_lines_free)
        self._lock = Lock()
        self._room = ffi.new("char[]", 1)

    def _compiled(self) -> tuple[Any, Types | None]:
        """How lines look now: a struct rn_options, and what it needs to be kept."""
        types = self._renderer.types(self._options)
        return self._options.compiled(types), types

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; b"" where there are none (any more, or yet)."""
        with self._lock:
            if len(self._room) < size:
                self._room = ffi.new("char[]", size)
            table, (compiled, _types) = self._renderer.table, self._compiled()
            count = lib.rn_lines_read(self._lines, table.address, compiled, self._room, size)
            return bytes(ffi.buffer(self._room, count))

    def drain(self, fd: int) -> int:
        """Write all that there is now to fd; bytes written. OSError of the write that failed."""
        with self._lock:
            table, (compiled, _types) = self._renderer.table, self._compiled()
            count = int(lib.rn_lines_drain(self._lines, table.address, compiled, fd))
        if count < 0:
            raise OSError(-count, os.strerror(-count))
        return count

    def close(self) -> None:
        """Free it now rather than when it is collected: before its buffer is closed."""
        with self._lock:
            ffi.release(self._lines)


class Iterator(Lines):
    """An open of `trace`: header, then the events of now, not consumed. Merged over the CPUs, or one CPU's."""

    def __init__(self, renderer: Renderer, reader: Reader, options: Options, cpu: int | None = None) -> None:
        buffer = reader.buffer
        text = renderer.header(options, reader.entries(), buffer.written(), buffer.cpus)
        lines = lib.rn_trace_new(reader.address, cpu_number(cpu), text, len(text))
        super().__init__(renderer, reader, options, lines)


class Pipe(Lines):
    """An open of `trace_pipe`: consumes what it reads. Opens share the events; a line begun is finished here."""

    def __init__(self, renderer: Renderer, reader: Reader, options: Options, cpu: int | None = None) -> None:
        super().__init__(renderer, reader, options, lib.rn_pipe_new(reader.address, cpu_number(cpu)))
