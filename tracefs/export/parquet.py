# SPDX-License-Identifier: GPL-2.0-only
"""Parquet: a row a call, for engines that query many files of many hosts (docs/fleet.md). Needs pyarrow, the extra
`parquet`.

C fills the columns (native/columns.c), which Arrow takes as they are. Rows are in the order in which calls end; a row
group is a stretch of time, so that what its statistics say of `ts` lets a query skip it.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tracefs.calls.pairing import Happening
from tracefs.export import story
from tracefs.export._native import ffi, lib
from tracefs.export.forms import Wish
from tracefs.export.native.driver import ALL, Driver, is_ours
from tracefs.export.paths import paths
from tracefs.export.source import Source
from tracefs.syscalls import SYSCALLS
from tracefs.syscalls.types import load
from tracefs.syscalls.types.language.model import EnumType

ROWS = 1 << 17
"""Of a row group."""
DAY = 86_400 * 1_000_000_000
"""ns."""
_NAMES = {call.nr: call.uapi_name for call in SYSCALLS}
_WORDS = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema(
    [
        pa.field("host", _WORDS, nullable=False),
        pa.field("boot_id", _WORDS),
        pa.field("ts", pa.timestamp("ns", tz="UTC"), nullable=False),
        pa.field("dur", pa.int64()),
        pa.field("pid", pa.int32(), nullable=False),
        pa.field("tid", pa.int32(), nullable=False),
        pa.field("comm", _WORDS, nullable=False),
        pa.field("nr", pa.int32()),
        pa.field("name", _WORDS, nullable=False),
        pa.field("args", pa.map_(pa.string(), pa.string()), nullable=False),
        pa.field("regs", pa.list_(pa.uint64()), nullable=False),
        pa.field("ret", pa.int64()),
        pa.field("errno", pa.int16()),
        pa.field("error", _WORDS),
        pa.field("paths", pa.list_(pa.string()), nullable=False),
    ]
)
"""`dur` in ns, null of a call that has not ended; `errno` and its name `error` null where there was none; `regs`: the
registers; `paths`: what names it was given and what its descriptors stood for (with `-y`)."""


@dataclass(frozen=True)
class Origin:
    """Of what machine the rows are."""

    host: str
    boot_id: str | None


def here() -> Origin:
    boot_id = None
    with contextlib.suppress(OSError):
        boot_id = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return Origin(os.uname().nodename, boot_id)


class Rows:
    """What Python tells of the calls that C leaves, and of tasks."""

    def __init__(self, source: Source, columns: Any, pairs: Any) -> None:
        self._story = story.Story(source)
        self._columns, self._pairs = columns, pairs
        self._numbers: dict[int, int] = {}
        """Serial of a task -> its number."""
        self.tasks: list[tuple[int, int, str]] = []
        """By number: pid, tid, comm. A task that executes another program is another one."""

    def lines(self, happenings: Iterable[Happening]) -> Iterator[bytes]:
        for event in self._story.events(happenings):
            self._take(event)
        return iter(())

    def seen(self, now: int) -> None:
        self._story.seen(now)

    def lost(self, ts: int, cpu: int, count: int | None) -> bytes:
        return b""

    def end(self) -> Iterator[bytes]:
        for event in self._story.end():
            self._take(event)
        return iter(())

    def _take(self, event: story.Event) -> None:
        match event:
            case story.Called():
                self._call(event)
            case story.Began(_, task) | story.Ran(_, task, _):
                self.tasks.append((task.pid, task.tid, task.name[:15]))
                self._numbers[task.serial] = len(self.tasks)
                if not lib.ex_task(self._pairs, task.tid, len(self.tasks)):
                    raise MemoryError
            case story.Gone(_, task, _):
                lib.ex_task(self._pairs, task.tid, 0)
                self._numbers.pop(task.serial, None)

    def _call(self, call: story.Called) -> None:
        if call.number is None:
            return
        row = ffi.new("struct ex_row *")
        row.ts, row.dur = call.ts, call.end - call.ts if call.whole and call.end is not None else -1
        row.task, row.nr = self._numbers[call.task.serial] - 1, call.number
        row.ended = call.ret is not None
        row.ret = call.ret or 0
        row.error = -(call.ret or 0) if call.error else 0
        row.nregs, row.regs[0:6] = len(call.registers), [*call.registers, *[0] * (6 - len(call.registers))]
        lib.ex_columns_row(self._columns, row)
        for name, words in call.args:
            key, value = name.encode(), words.encode(errors="replace")
            lib.ex_columns_arg(self._columns, key, len(key), value, len(value))
        for path in paths(call):
            found = path.encode(errors="replace")
            lib.ex_columns_path(self._columns, found, len(found))


class Sink(Protocol):
    """Where tables go."""

    def put(self, table: Any, /) -> bytes:
        """What is to be written of it now, if that is written by who asked for it."""
        ...

    def end(self) -> bytes: ...

    def close(self) -> None: ...


class Stream:
    """One file, as bytes."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._writer: Any = _writer(self)

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    closed = False

    def flush(self) -> None: ...

    def put(self, table: Any) -> bytes:
        self._writer.write_table(table, row_group_size=ROWS)
        return self._taken()

    def end(self) -> bytes:
        if self._writer.is_open:
            self._writer.close()
        return self._taken()

    def _taken(self) -> bytes:
        data = b"".join(self._parts)
        self._parts.clear()
        return data

    def close(self) -> None: ...


class Partitions:
    """A directory of any number of hosts: date=2026-11-29/host=NAME/FIRST.parquet, where FIRST is the first row's time
    of that day and what makes the name one of its own. A file is whole when it has its name."""

    def __init__(self, directory: Path, origin: Origin) -> None:
        self._directory, self._host = directory, origin.host
        self._open: dict[int, tuple[Any, Path, Path]] = {}
        """Day -> its writer, what its file is called now, and then."""

    def put(self, table: Any) -> bytes:
        stamps = table["ts"].cast(pa.int64())
        first, last = pc.min(stamps).as_py() // DAY, pc.max(stamps).as_py() // DAY
        for day in range(first, last + 1):
            rows = table
            if first != last:
                rows = table.filter(pc.and_(pc.greater_equal(stamps, day * DAY), pc.less(stamps, (day + 1) * DAY)))
            if rows.num_rows:
                self._writer(day, rows).write_table(rows, row_group_size=ROWS)
        for day in [each for each in self._open if each < first]:
            self._finish(day)
        return b""

    def _writer(self, day: int, rows: Any) -> Any:
        if day not in self._open:
            date = time.strftime("%Y-%m-%d", time.gmtime(day * DAY // 1_000_000_000))
            directory = self._directory / f"date={date}" / f"host={quote(self._host, safe='')}"
            directory.mkdir(parents=True, exist_ok=True)
            name = f"{rows['ts'][0].value}-{os.getpid()}.parquet"
            self._open[day] = _writer(str(directory / f".{name}.part")), directory / f".{name}.part", directory / name
        return self._open[day][0]

    def _finish(self, day: int) -> None:
        writer, now, then = self._open.pop(day)
        writer.close()
        now.replace(then)

    def end(self) -> bytes:
        for day in list(self._open):
            self._finish(day)
        return b""

    def close(self) -> None:
        self.end()


def _writer(where: Any) -> Any:
    return pq.ParquetWriter(
        where,
        SCHEMA,
        compression="zstd",
        use_dictionary=True,
        write_statistics=["ts", "dur", "pid", "tid", "comm", "nr", "name", "ret", "errno", "error", "host", "boot_id"],
        write_page_index=True,
        store_schema=True,
    )


class Batches:
    """An Export: what `sink` makes of tables of about ROWS rows."""

    held = False

    def __init__(self, source: Source, origin: Origin, sink: Sink) -> None:
        self._source, self._origin, self._sink = source, origin, sink
        self._columns = ffi.gc(lib.ex_columns_new(), lib.ex_columns_free)
        mine = bytearray(1024)
        for call in SYSCALLS:
            mine[call.nr] = ALL if call.uapi_name in story.TOLD else 0
        pairs = ffi.gc(lib.ex_columns_pairs(self._columns, is_ours(source), bytes(mine)), lib.ex_pairs_free)
        self._rows = Rows(source, self._columns, pairs)
        self._driver = Driver(source, pairs, self._rows, lib.ex_columns_rows(self._columns), lambda: b"", ROWS)
        errno = load().types.get("errno")
        self._errors = {entry.value: entry.name for entry in errno.entries} if isinstance(errno, EnumType) else {}
        self._names: list[str] = [_NAMES.get(number, f"syscall_{number}") for number in range(1024)]

    def take(self, last: bool) -> bytes:
        rows = lib.ex_columns_rows(self._columns)
        while True:
            before = rows[0]
            self._driver.take(last)
            if rows[0] >= ROWS or (last and rows[0] and rows[0] == before):
                if out := self._sink.put(self._table()):
                    return out
            elif rows[0] == before:
                return self._sink.end() if last else b""

    def close(self) -> None:
        self._sink.close()

    def _table(self) -> Any:
        rows = lib.ex_columns_rows(self._columns)[0]
        task = self._array(lib.EX_TASK, pa.int32(), rows)
        pids, tids, comms = zip(*self._rows.tasks, strict=True)
        ended = pc.equal(self._array(lib.EX_ENDED, pa.uint8(), rows), 1)
        dur, ret = self._array(lib.EX_DUR, pa.int64(), rows), self._array(lib.EX_RET, pa.int64(), rows)
        errno = self._array(lib.EX_ERRNO, pa.int16(), rows)
        number = self._array(lib.EX_NR, pa.int32(), rows)
        made = pa.Table.from_arrays(
            [
                _same(self._origin.host, rows),
                _same(self._origin.boot_id, rows),
                pc.add(self._array(lib.EX_TS, pa.int64(), rows), self._ahead()).cast(SCHEMA.field("ts").type),
                pc.if_else(pc.greater_equal(dur, 0), dur, None),
                pa.array(pids, pa.int32()).take(task),
                pa.array(tids, pa.int32()).take(task),
                _named(task, comms),
                pc.if_else(pc.less(number, len(self._names)), number, None),
                _named(number, self._names),
                self._args(rows),
                pa.ListArray.from_arrays(
                    self._array(lib.EX_REG_AT, pa.int32(), rows + 1), self._array(lib.EX_REGS, pa.uint64())
                ),
                pc.if_else(ended, ret, None),
                pc.if_else(pc.not_equal(errno, 0), errno, None),
                _named(pc.if_else(pc.not_equal(errno, 0), errno.cast(pa.int32()), None), self._error_names()),
                self._paths(rows),
            ],
            schema=SCHEMA,
        )
        lib.ex_columns_clear(self._columns)
        return made

    def _array(self, which: int, kind: Any, count: int | None = None) -> Any:
        """A copy: the column's memory is used again."""
        column = lib.ex_columns_column(self._columns, which)
        data = pa.py_buffer(ffi.buffer(column.memory, column.size)[:])
        return pa.Array.from_buffers(kind, column.size * 8 // kind.bit_width if count is None else count, [None, data])

    def _strings(self, at: int, bytes_of: int) -> Any:
        places = lib.ex_columns_column(self._columns, at)
        words = lib.ex_columns_column(self._columns, bytes_of)
        buffers = [None, *(pa.py_buffer(ffi.buffer(each.memory, each.size)[:]) for each in (places, words))]
        return pa.Array.from_buffers(pa.string(), places.size // 4 - 1, buffers)

    def _args(self, rows: int) -> Any:
        keys = lib.ex_columns_keys(self._columns)
        names = ffi.buffer(keys.memory, keys.size)[:].decode().split("\0")[:-1] if keys.size else []
        key = pa.array(names, pa.string()).take(self._array(lib.EX_KEY, pa.int32()))
        words = self._strings(lib.EX_WORD_AT, lib.EX_WORDS)
        return pa.MapArray.from_arrays(self._array(lib.EX_ARG_AT, pa.int32(), rows + 1), key, words)

    def _paths(self, rows: int) -> Any:
        at = self._array(lib.EX_PATHS_AT, pa.int32(), rows + 1)
        return pa.ListArray.from_arrays(at, self._strings(lib.EX_PATH_AT, lib.EX_PATHS))

    def _error_names(self) -> list[str]:
        return [self._errors.get(number, str(number)) for number in range(4096)]

    def _ahead(self) -> int:
        """How far the time of day is ahead of the source's clock, ns."""
        at = lib.ex_columns_column(self._columns, lib.EX_TS)
        first = ffi.cast("int64_t *", at.memory)[0]
        return self._source.day(first) - first if self._source.day else 0


def _same(value: str | None, rows: int) -> Any:
    index = pa.array([None if value is None else 0], pa.int32())
    return pa.DictionaryArray.from_arrays(
        index.take(pa.array([0] * rows, pa.int32())), pa.array([value or ""], pa.string())
    )


def _named(index: Any, names: Iterable[str]) -> Any:
    """By number; those that are asked for are the dictionary, each once."""
    encoded = index.dictionary_encode()
    known = list(names)
    values = [known[number] if number < len(known) else str(number) for number in encoded.dictionary.to_pylist()]
    unique = {name: at for at, name in enumerate(dict.fromkeys(values))}
    again = pa.array([unique[name] for name in values], pa.int32())
    return pa.DictionaryArray.from_arrays(again.take(encoded.indices), pa.array(unique, pa.string()))


def make(source: Source, wish: Wish, file: int) -> Batches:
    """The form."""
    origin = here()
    origin = Origin(wish.host or origin.host, origin.boot_id if source.day else None)
    return Batches(source, origin, Partitions(wish.directory, origin) if wish.directory else Stream())
