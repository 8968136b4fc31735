# SPDX-License-Identifier: GPL-2.0-only
"""Sources that are not written by this process: a mount (ours, or the kernel's tracefs), and a trace.dat.

Events are known by system and name, as ids differ; the records' layout is what their own `format` files say.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import re
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from tracefs.calls.stream import Merged
from tracefs.events import COMMON_FIELDS, REGISTRY, EventClass, Field, Registry
from tracefs.events.cmdlines import Task
from tracefs.events.field import TYPES
from tracefs.events.systems.sched import EXIT_CODE
from tracefs.export.day import CLOCKS, TimeOfDay
from tracefs.export.source import Source
from tracefs.export.tracing_data import LITTLE_ENDIAN, LONG_SIZE, MAGIC
from tracefs.syscalls.types import load

_FIELD = re.compile(r"\tfield:(.*?)(\w+)(\[.*?\])?;\toffset:(\d+);\tsize:(\d+);\tsigned:(\d);")
_OPTION_CLOCK = 4
Pages = Mapping[int, Callable[[], Iterator[bytes]]]
"""CPU -> its sub-buffers, once."""


class NotReadable(Exception):
    """What is there is no recording that can be read; the text says why, in one line."""


def registry(formats: Iterable[tuple[str, str]]) -> Registry:
    """Of events with these (system, text of the `format` file): ours with the ids and the fields of the texts."""
    found = Registry(())
    for system, text in formats:
        name, number = re.search(r"^name: (\S+)\nID: (\d+)$", text, re.M).groups()  # type: ignore[union-attr]
        fields = tuple(_fields(text))
        ours = REGISTRY.find(system, name)
        event = (
            replace(ours, id=int(number), fields=fields)
            if ours
            else EventClass(system, name, int(number), "task", fields, "")
        )
        if name == "sched_process_exit" and event.field(EXIT_CODE) is None:
            continue  # the kernel's does not say how
        with contextlib.suppress(ValueError):
            found.add(event)
    return found


def _fields(text: str) -> Iterator[Field]:
    common = {field.name for field in COMMON_FIELDS}
    for ctype, name, array, offset, size, signed in _FIELD.findall(text):
        field = Field(f"{ctype.strip()}{array}", name, int(offset), int(size), signed == "1")
        if name not in common and (not (field.is_array or field.is_dynamic) or field.element_type.strip() in TYPES):
            yield field


@dataclass(frozen=True)
class _About:
    """What a source has besides its pages."""

    subbuf_size: int
    clock: str
    registry: Registry
    tasks: dict[int, Task]


def _source(
    about: _About, pages: Pages, day: TimeOfDay | None = None, done: Callable[[], float] | None = None
) -> Source:
    tasks = about.tasks

    def comm(tid: int) -> str | None:
        return tasks[tid].comm.decode(errors="replace") if tid in tasks else None

    return Source(
        cpus=max(pages, default=0) + 1,
        subbuf_size=about.subbuf_size,
        clock=about.clock,
        pages=lambda: ((cpu, page) for cpu, each in pages.items() for page in each()),
        frames=lambda: Merged({cpu: each() for cpu, each in pages.items()}),
        now=None,
        lost=lambda: 0,
        day=day,
        registry=about.registry,
        table=load,
        format=lambda event: event.format(),
        tasks=lambda: list(tasks.values()),
        comm=comm,
        tgid=lambda tid: tasks[tid].tgid if tid in tasks else 0,
        pages_of=lambda: {cpu: each() for cpu, each in pages.items()},
        done=done,
    )


def _tasks(cmdlines: str, tgids: str = "") -> dict[int, Task]:
    """From the texts of saved_cmdlines and saved_tgids."""
    groups = {int(tid): int(tgid) for tid, tgid in (line.split() for line in tgids.splitlines())}
    named = (line.partition(" ") for line in cmdlines.splitlines() if line)
    return {int(tid): Task(int(tid), groups.get(int(tid), 0), comm.encode()) for tid, _, comm in named}


# -- a mount


def of_mount(directory: Path) -> Source:
    """What its buffer holds now, to be consumed; of an instance, too. Raises OSError."""
    root = directory if (directory / "saved_cmdlines").exists() else directory.parents[1]
    clock = _bracketed((directory / "trace_clock").read_text())
    size = int(re.search(r"size:(\d+)", (root / "events/header_page").read_text().rpartition("data")[2])[1]) + 16  # type: ignore[index]
    ours = "syscall" in (root / "available_tracers").read_text().split()
    texts = (
        (each.parts[-3], each.read_text())
        for each in (root / "events").glob("synthetic/*/format" if ours else "*/*/format")
    )
    events = registry(texts)
    for known in REGISTRY.by_id.values() if ours else ():
        events.add(known)
    tgids = root / "saved_tgids"
    about = _About(
        size,
        clock,
        events,
        _tasks((root / "saved_cmdlines").read_text(), tgids.read_text() if tgids.exists() else ""),
    )
    cpus = {int(each.name[3:]): each / "trace_pipe_raw" for each in (directory / "per_cpu").glob("cpu[0-9]*")}
    day = TimeOfDay(clock) if clock in CLOCKS else None
    return _source(about, {cpu: lambda raw=raw: _read(raw, size) for cpu, raw in sorted(cpus.items())}, day)  # type: ignore[misc]


def _read(raw: Path, size: int) -> Iterator[bytes]:
    fd = os.open(raw, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        with contextlib.suppress(BlockingIOError):
            while page := os.read(fd, size):
                yield page.ljust(size, b"\0")
    finally:
        os.close(fd)


def _bracketed(text: str) -> str:
    found = re.search(r"\[([\w-]+)\]", text)
    return found[1] if found else "local"


# -- a trace.dat


class _Reader:
    def __init__(self, data: bytes | mmap.mmap) -> None:
        self._data, self.at = data, 0

    def take(self, size: int) -> bytes:
        found = self._data[self.at : self.at + size]
        if len(found) < size:
            raise NotReadable("it ends in the middle")
        self.at += size
        return found

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def text(self) -> str:
        end = self._data.find(b"\0", self.at)
        if end < 0:
            raise NotReadable("it ends in the middle")
        return self.take(end - self.at + 1)[:-1].decode(errors="replace")

    def sized(self, size: int = 8) -> str:
        return self.take(self.number(size)).decode(errors="replace")


def of_trace_dat(path: Path) -> Source:
    """Versions 6 of trace.dat(5), and 7 where trace-cmd is there to convert it. Raises OSError, NotReadable."""
    with open(path, "rb") as file:
        if not os.fstat(file.fileno()).st_size:
            raise NotReadable("it is empty")
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    reader = _Reader(data)
    if data[: len(MAGIC)] != MAGIC:
        raise NotReadable("it is no trace.dat (`tracefs run --trace-dat`, `trace-cmd record`)")
    reader.take(len(MAGIC))
    version = reader.text()
    if version == "7":
        return _converted(path)
    if version != "6" or (reader.number(1), reader.number(1)) != (LITTLE_ENDIAN, LONG_SIZE):
        raise NotReadable(f"version {version} of trace.dat, or a machine of another kind")
    try:
        return _version_6(reader, data, path)
    except (AttributeError, ValueError) as error:
        raise NotReadable(f"it cannot be parsed: {error}") from None


def _version_6(reader: _Reader, data: mmap.mmap, path: Path) -> Source:
    size = reader.number(4)
    for _ in ("header_page", "header_event"):
        reader.text()
        reader.sized()
    formats = [("ftrace", reader.sized()) for _ in range(reader.number(4))]
    for _ in range(reader.number(4)):
        system = reader.text()
        formats += [(system, reader.sized()) for _ in range(reader.number(4))]
    reader.sized(4)  # symbols of the kernel's
    reader.sized(4)  # formats of its printk
    about = _About(size, "local", registry(formats), _tasks(reader.sized()))
    cpus = reader.number(4)
    kind = reader.take(10)
    if kind == b"options  \0":
        while option := reader.number(2):
            content = reader.sized(4)
            about = replace(about, clock=_bracketed(content)) if option == _OPTION_CLOCK else about
        kind = reader.take(10)
    if kind != b"flyrecord\0":
        raise NotReadable("its records are not where they should be")
    places = [struct.unpack("<QQ", reader.take(16)) for _ in range(cpus)]

    taken, whole = 0, sum(length for _, length in places) or 1

    def pages(offset: int, length: int) -> Iterator[bytes]:
        nonlocal taken
        for at in range(offset, offset + length, size):
            yield data[at : at + size]
            taken += size

    each = {cpu: partial(pages, *place) for cpu, place in enumerate(places)}
    return _source(about, each, _day(path, about.clock), lambda: min(taken / whole, 1))


def _day(path: Path, clock: str) -> TimeOfDay | None:
    """Where it was recorded since this machine started: the clocks that it has are those of now."""
    started = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    return TimeOfDay(clock) if clock in CLOCKS and path.stat().st_mtime > started else None


def _converted(path: Path) -> Source:
    if not shutil.which("trace-cmd"):
        raise NotReadable(
            "it is of version 7: trace-cmd convert --file-version 6 --compression none makes one that can be read"
        )
    with tempfile.NamedTemporaryFile(suffix=".dat") as file:
        command = [
            "trace-cmd",
            "convert",
            "--file-version",
            "6",
            "--compression",
            "none",
            "-i",
            str(path),
            "-o",
            file.name,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotReadable(f"trace-cmd convert: {(done.stderr.strip().splitlines() or ['failed'])[-1]}")
        return of_trace_dat(Path(file.name))
