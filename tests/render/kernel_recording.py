# SPDX-License-Identifier: GPL-2.0-only
"""What the kernel recorded, as text and as raw pages: the one is what rendering the other has to give."""

from __future__ import annotations

import ctypes
import os
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from tracefs.events import REGISTRY
from tracefs.events.cmdlines import Cmdlines
from tracefs.render import Options, Renderer
from tracefs.render.header import header

LAYOUT_OPTIONS = ("irq-info", "record-tgid", "latency-format", "verbose", "raw", "hex", "bin", "fields", "context-info",
                  "annotate", "sym-addr")  # fmt: skip
DEFAULT_OPTIONS = frozenset({"irq-info", "context-info", "annotate"})
SCRIPT = """
ls / > /dev/null
trap : USR1; kill -USR1 $$
(exit 3) & wait $!
echo from the shell > trace_marker
cat /etc/passwd > /dev/null
sleep 0.02
"""
PAGE = 4096
PAGE_HEADER = struct.Struct("<QQ")
COMMIT_MASK = 0xFFFFF
PADDING, TIME_EXTEND, TIME_STAMP = 29, 30, 31


def events_of_page(page: bytes) -> Iterator[tuple[int, bytes]]:
    """(time stamp, record) of each event, by events/header_page and header_event alone."""
    ts, commit = PAGE_HEADER.unpack_from(page)
    at, end = PAGE_HEADER.size, PAGE_HEADER.size + (commit & COMMIT_MASK)
    while at < end:
        (word,) = struct.unpack_from("<I", page, at)
        kind, delta = word & 31, word >> 5
        (following,) = struct.unpack_from("<I", page, at + 4) if at + 8 <= len(page) else (0,)
        if kind in (TIME_EXTEND, TIME_STAMP):
            long = delta | following << 27
            ts = long if kind == TIME_STAMP else ts + long
            at += 8
        elif kind == PADDING:
            if not delta:
                return
            ts += delta
            at += 4 + following
        else:
            ts += delta
            start, size = (at + 8, following - 4) if kind == 0 else (at + 4, 4 * kind)
            yield ts, page[start : start + size]
            at = start + size


@dataclass(frozen=True)
class Event:
    """One event of the kernel. type: the kernel's id, which the record no longer has."""

    ts: int
    cpu: int
    type: int
    record: bytes


@dataclass(frozen=True)
class Task:
    comm: str
    tgid: int


class Instance:
    """A tracefs instance of the kernel that records a shell script and some markers."""

    def __init__(self, top: Path, directory: Path) -> None:
        self.top = top
        self.directory = directory

    def read(self, name: str) -> bytes:
        return (self.directory / name).read_bytes()

    def write(self, name: str, data: str | bytes) -> None:
        fd = os.open(self.directory / name, os.O_WRONLY | os.O_TRUNC)
        try:
            os.write(fd, data.encode() if isinstance(data, str) else data)
        finally:
            os.close(fd)

    def set_options(self, options: frozenset[str]) -> None:
        for name in LAYOUT_OPTIONS:
            self.write("trace_options", name if name in options else f"no{name}")

    def switch(self, on: bool) -> None:
        """All events that ours and the kernel have in common."""
        for event in REGISTRY.by_id.values():
            path = self.directory / "events" / event.system / event.name / "enable"
            if path.exists():
                path.write_text("1" if on else "0")

    def record(self, clock: str = "local", *more_options: str) -> None:
        """A shell with children, signals and all its syscalls; then markers of this process, and odd arguments."""
        self.write("trace_clock", clock)
        for option in ("event-fork", "record-tgid", *more_options):
            self.write("trace_options", option)
        go, signal_go = os.pipe()
        child = os.fork()
        if child == 0:
            os.read(go, 1)
            os.chdir(self.directory)
            odd_calls()
            os.execv("/bin/sh", ["sh", "-c", SCRIPT])
        self.write("set_event_pid", str(child))
        self.switch(True)
        os.write(signal_go, b"x")
        os.waitpid(child, 0)
        self.switch(False)
        for marker in (b"no newline", b"with\nnewline\n", b"a" * 900):
            self.write("trace_marker", marker)
        for raw in (b"\7\0\0\0abcdefghijkl", b"\7\0\0\0", b"\xff\xff\xff\xff\xfe"):
            self.write("trace_marker_raw", raw)
        self.write("tracing_on", "0")
        os.close(go)
        os.close(signal_go)

    def tasks(self) -> dict[int, Task]:
        """saved_cmdlines and saved_tgids, which all instances share."""
        tgids = dict(map(int, line.split()) for line in (self.top / "saved_tgids").read_text().splitlines())
        found = {}
        for line in (self.top / "saved_cmdlines").read_bytes().decode(errors="replace").splitlines():
            pid, _, comm = line.partition(" ")
            found[int(pid)] = Task(comm, tgids.get(int(pid), 0))
        return found

    def text(self, name: str = "trace") -> tuple[bytes, dict[int, Task]]:
        """A file, and the names that held while it was read: others on this machine trace, too."""
        while True:
            before = self.tasks()
            text = self.read(name)
            if self.tasks() == before:
                return text, before

    @cached_property
    def ids(self) -> dict[int, int]:
        """The kernel's ids -> ours."""
        found = {}
        for event in REGISTRY.by_id.values():
            path = self.top / "events" / event.system / event.name / "format"
            if path.exists():
                found[int(re.search(r"^ID: (\d+)$", path.read_text(), re.MULTILINE)[1])] = event.id
        return found

    def consume(self) -> list[Event]:
        """All events in the order of `trace`, from the raw pages; consumes them."""
        events = []
        for cpu in range(os.cpu_count() or 1):
            fd = os.open(self.directory / f"per_cpu/cpu{cpu}/trace_pipe_raw", os.O_RDONLY | os.O_NONBLOCK)
            try:
                while page := read_page(fd):
                    for ts, record in events_of_page(page):
                        (kind,) = struct.unpack_from("<H", record)
                        ours = struct.pack("<H", self.ids[kind]) + record[2:]
                        events.append(Event(ts, cpu, kind, ours))
            finally:
                os.close(fd)
        return sorted(events, key=lambda event: (event.ts, event.cpu))


def read_page(fd: int) -> bytes:
    try:
        return os.read(fd, PAGE)
    except BlockingIOError:
        return b""


def odd_calls() -> None:
    """Syscalls with arguments at the edges of the formats, and without an event."""
    syscall = ctypes.CDLL(None).syscall
    for value in (8, 9, 10, 15, 16, 0x1FFFFFFFF, 2**63, 2**64 - 100, 2**64 - 1):
        arguments = (257, value, 0, value, value)
        syscall(*map(ctypes.c_ulong, arguments))
    for number in (39, 334, 999, 1231, 0x40000001, 9999999):
        syscall(ctypes.c_ulong(number), ctypes.c_ulong(0))


def options_of(names: frozenset[str], clock: str = "local") -> Options:
    options = Options(clock=clock)
    for name in LAYOUT_OPTIONS:
        assert options.set(name, name in names)
    return options


def renderer_with(tasks: dict[int, Task]) -> Renderer:
    cmdlines = Cmdlines(max(1, len(tasks)))
    for pid, task in tasks.items():
        cmdlines.save(pid, task.tgid, task.comm.encode())
    return Renderer(cmdlines=cmdlines)


def rendered(events: list[Event], options: Options, tasks: dict[int, Task], model: str) -> bytes:
    """What `trace` says of these events by our renderer."""
    renderer = renderer_with(tasks)
    lines = [header(options, len(events), len(events), os.cpu_count() or 1, model)]
    following = [event.ts for event in events[1:]] + [events[-1].ts]
    for index, (event, next_ts) in enumerate(zip(events, following, strict=True)):
        lines.append(renderer.line(event.record, event.ts, event.cpu, options, next_ts, index))
    return b"".join(lines)


def time_start(text: bytes, events: list[Event]) -> int:
    """When the buffer was emptied, in ns: from the rounded times of a verbose latency-format text."""
    low, high = 0, 2**64
    times = re.findall(rb"^ .*? \[[0-9a-f]+\] (\d+)\.(\d{3})ms", text, re.MULTILINE)
    for event, (msec, usec) in zip(events, times, strict=True):
        exact = event.ts - 1000 * int(msec + usec)
        low, high = max(low, exact - 499), min(high, exact + 500)
    assert low <= high, "no start fits all times"
    return (low + high) // 2


def started_at(options: Options, start: int) -> Options:
    return replace(options, time_start=start)
