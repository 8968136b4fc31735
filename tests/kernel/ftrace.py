# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's own syscall events of one process and its children, recorded in a tracefs instance of our own."""

from __future__ import annotations

import contextlib
import os
import re
import struct
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tests.kernel import pages


@dataclass(frozen=True)
class Call:
    """One side of a syscall as either tracer recorded it: arguments of an enter, the return value of an exit."""

    kind: str
    name: str
    values: tuple[int, ...]
    at: tuple[int, int] = field(default=(0, 0), compare=False)
    """When, in nanoseconds, and the CPU whose buffer has it."""

    def __str__(self) -> str:
        return f"{self.name} {self.kind} {' '.join(f'{value & (1 << 64) - 1:x}' for value in self.values)}"


Sequences = dict[int, list[Call]]
"""Task -> its calls in order."""


class Ftrace:
    """`with Ftrace(pid) as kernel:` records; `kernel.sequences()` reads what was recorded."""

    def __init__(self, pid: int, size_kb: int = 128 * 1024) -> None:
        self.pid, self.size_kb = pid, size_kb

    def __enter__(self) -> Ftrace:
        self.mount = Path(tempfile.mkdtemp(prefix="oracle-"))
        subprocess.run(["mount", "-t", "tracefs", "none", str(self.mount)], check=True)
        self.path = self.mount / "instances" / f"differential-{os.getpid()}-{self.pid}"
        self.path.mkdir()
        self.write("trace_clock", "mono")
        self.write("buffer_size_kb", str(self.size_kb))
        self.write("options/event-fork", "1")
        self.write("set_event_pid", str(self.pid))
        self.write("events/syscalls/enable", "1")
        self.formats = self._formats()
        return self

    def __exit__(self, *_: object) -> None:
        self.write("events/syscalls/enable", "0")
        with contextlib.suppress(OSError):
            self.path.rmdir()
        subprocess.run(["umount", str(self.mount)], check=True)
        self.mount.rmdir()

    def write(self, name: str, text: str) -> None:
        (self.path / name).write_text(text + "\n")

    def _formats(self) -> dict[int, tuple[str, str, int]]:
        """Event id -> (enter or exit, syscall, number of 8-byte values after the syscall number)."""
        found = {}
        for path in (self.mount / "events/syscalls").glob("sys_*/format"):
            match = re.fullmatch(r"sys_(enter|exit)_(\w+)", path.parent.name)
            if match:
                text = path.read_text()
                number = re.search(r"^ID: (\d+)", text, re.M)
                assert number
                found[int(number[1])] = (match[1], match[2], text.count("size:8;"))
        return found

    @property
    def names(self) -> set[str]:
        """The syscalls that this kernel has events for."""
        return {name for _, name, _ in self.formats.values()}

    def sequences(self) -> Sequences:
        """Per task what was recorded; raises ValueError if the kernel lost events."""
        merged: list[tuple[int, int, Call]] = []
        for cpu in sorted((self.path / "per_cpu").iterdir()):
            fd = os.open(cpu / "trace_pipe_raw", os.O_RDONLY | os.O_NONBLOCK)
            try:
                with contextlib.suppress(BlockingIOError):
                    while page := os.read(fd, 4096):
                        merged += self._calls(page, int(cpu.name.removeprefix("cpu")))
            finally:
                os.close(fd)
        calls: Sequences = {}
        for _, tid, call in sorted(merged, key=lambda item: item[0]):
            calls.setdefault(tid, []).append(call)
        return calls

    def _calls(self, page: bytes, cpu: int) -> list[tuple[int, int, Call]]:
        calls = []
        for time, payload in pages.events(page):
            number, _, _, tid = struct.unpack_from("<HBBi", payload)
            if number in self.formats:
                kind, name, count = self.formats[number]
                values = struct.unpack_from(f"<{count}Q", payload, 16)
                calls.append((time, tid, Call(kind, name, values, (time, cpu))))
        return calls
