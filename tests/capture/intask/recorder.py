# SPDX-License-Identifier: GPL-2.0-only
"""Builds recorder_driver: the recorder that runs in tasks, beside the engine's own, in one process."""

from __future__ import annotations

import runpy
import struct
import subprocess
from pathlib import Path

from tracefs.capture.engine import _described
from tracefs.capture.policy.native import Inner
from tracefs.syscalls import SYSCALLS
from tracefs.syscalls.types.loader import compiled

ROOT = Path(__file__).parents[3]
BUILD = runpy.run_path(str(ROOT / "tracefs/capture/intask/build.py"))
ENGINE = runpy.run_path(str(ROOT / "ringbuf/sources.py"))
ROOMS = ("record", "payload", "task")
EVENTS = ("cmdlines", "filter", "glob", "task_memory",
          "triggers/hist", "triggers/hist_map", "triggers/hist_value", "triggers/trigger")  # fmt: skip
PARTS = 16
"""ROOM in recorder_driver.c."""


def blob(directory: Path) -> Path:
    """recorder.elf, made in that directory, with recorder.bin beside it."""
    made = BUILD["build"](directory)
    assert isinstance(made, Path)
    return made


def driver(directory: Path) -> list[str]:
    """The command that the driver's mode and its argument are to be appended to; all it needs is made in that
    directory."""
    blob(directory)
    (directory / "types").write_bytes(compiled().block)
    (directory / "rows").write_bytes(b"".join(_rows()))
    sources = [
        "tests/capture/intask/recorder_driver.c",
        "tracefs/capture/intask/control.c",
        *(str(path.relative_to(ROOT)) for room in ROOMS for path in (ROOT / "tracefs/capture" / room).glob("*.c")),
        *ENGINE["SOURCES"],
        *(f"tracefs/events/{name}.c" for name in EVENTS),
        "tracefs/syscalls/types/block/walk.c",
    ]
    flags = [*ENGINE["CFLAGS"], "-mfsgsbase", f"-I{ROOT}"]
    program = directory / "recorder_driver"
    subprocess.run(["gcc", *flags, *sources, "-o", str(program)], cwd=ROOT, check=True)
    return [str(program), *(str(directory / name) for name in ("recorder.bin", "types", "rows"))]


def _part(part: Inner) -> bytes:
    return struct.pack("<BBBx5H", part.arg, part.kind, part.steps, *(*part.step, 0, 0, 0)[:3], part.at, part.size)


def _rows() -> list[bytes]:
    """struct row of the driver, for each call."""
    rows = []
    for call in SYSCALLS:
        row = _described(call)
        counts = [len(parts) for parts in row.parts]
        assert max(counts) <= PARTS
        parts = b"".join(b"".join(map(_part, parts)).ljust(PARTS * 14, b"\0") for parts in row.parts)
        rows.append(struct.pack("<i8B", row.nr, row.nargs, *row.saved, *row.fds, row.asked, *counts) + parts)
    return rows
