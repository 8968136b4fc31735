# SPDX-License-Identifier: GPL-2.0-only
"""libtraceevent, which trace-cmd, perf and KernelShark read events with: a small program that uses it."""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tracefs.events import HEADER_EVENT, HEADER_PAGE, REGISTRY
from tracefs.syscalls.types.live import LiveTypes
from tracefs.tree.event_files import format_text

SOURCE = Path(__file__).with_name("libtraceevent.c")
SUBBUF = 4096


@dataclass(frozen=True)
class Peer:
    program: Path

    def count(self, events: Path) -> int:
        """Formats in a directory like events/, all of which it understands."""
        return int(self._run(events).stdout)

    def records(self, events: Path, records: Iterable[bytes]) -> list[str]:
        """`EVENT: TEXT` of each."""
        data = b"".join(struct.pack("<I", len(record)) + record for record in records)
        return self._lines(self._run(events, "records", data=data))

    def pages(self, events: Path, pages: bytes) -> list[str]:
        """`EVENT: TEXT` of all records of sub-buffers."""
        return self._lines(self._run(events, "pages", str(SUBBUF), data=pages))

    def _lines(self, done: subprocess.CompletedProcess[bytes]) -> list[str]:
        return done.stdout.decode(errors="backslashreplace").split("\0")[:-1]

    def _run(self, events: Path, *more: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        done = subprocess.run([self.program, events, *more], input=data, capture_output=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        return done


@pytest.fixture(scope="session")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Peer:
    if not shutil.which("pkg-config") or subprocess.run(["pkg-config", "--exists", "libtraceevent"]).returncode:
        pytest.skip("NO LIBTRACEEVENT: its headers are not installed (Debian: libtraceevent-dev, pkg-config)")
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "libtraceevent"], capture_output=True, text=True, check=True
    ).stdout.split()
    program = tmp_path_factory.mktemp("peer") / "libtraceevent"
    subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", SOURCE, "-o", program, *flags], check=True)
    return Peer(program)


def write_formats(directory: Path, types: LiveTypes) -> Path:
    """What events/ has for such a program."""
    (directory / "header_page").write_text(HEADER_PAGE(SUBBUF))
    (directory / "header_event").write_text(HEADER_EVENT)
    for event in REGISTRY.by_id.values():
        place = directory / event.system / event.name
        place.mkdir(parents=True)
        (place / "format").write_text(format_text(event, types))
    return directory


@pytest.fixture(scope="session")
def formats(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_formats(tmp_path_factory.mktemp("events"), LiveTypes())
