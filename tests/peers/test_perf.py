# SPDX-License-Identifier: GPL-2.0-only
"""`perf script` shows records of ours in our lines' words, from a perf.data file with our `format` files in it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.peers.perfdata import Record, perf_data
from tests.peers.test_libtraceevent import words
from tests.peers.test_memory import invented_records
from tests.peers.test_recorded import ADDRESSES, PROGRAMS, UNSAID
from tests.peers.words import Comparison
from tests.tree.traced import Traced
from tracefs.render import Renderer

LINE = re.compile(r"^ *(\S+) +(\d+) \[(\d{3})\] +(\d+\.\d{6}): +syscalls:(.*)$")
NOISE = re.compile(r"'trace' not valid for [\w-]+ events\. Ignoring\.\n")
"""What perf says of other kinds of events, whatever the file."""


def show(file: Path) -> list[tuple[str, ...]]:
    """Name, TID, CPU, time and text of each sample."""
    command = ["perf", "script", "-f", "-i", str(file), "-F", "comm,tid,cpu,time,event,trace"]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False, env={**os.environ, "PAGER": "cat"})
    assert (done.returncode, NOISE.sub("", done.stderr.decode())) == (0, "")
    lines = done.stdout.decode(errors="backslashreplace").splitlines()
    return [match.groups() for line in lines if (match := LINE.match(line))]


@pytest.fixture(scope="module")
def perf() -> None:
    """Skips where perf is not installed, or was built without libtraceevent: then it has no formats."""
    if not shutil.which("perf"):
        pytest.skip("NO PERF: it is not installed (Debian: linux-perf)")
    built = subprocess.run(["perf", "version", "--build-options"], capture_output=True, text=True, check=False).stdout
    if re.search(r"libtraceevent: \[ *OFF", built):
        pytest.skip("NO LIBTRACEEVENT IN PERF: it was built without")


def compare(perf_lines: list[tuple[str, ...]], records: list[bytes]) -> list[Comparison]:
    renderer = Renderer()
    return [Comparison(line[4], words(renderer, record)) for line, record in zip(perf_lines, records, strict=True)]


@pytest.mark.usefixtures("perf")
def test_a_recorded_program(formats: Path, tmp_path: Path) -> None:
    program, file = tmp_path / "sockets", tmp_path / "perf.data"
    subprocess.run(["gcc", "-O1", "-w", PROGRAMS / "sockets.c", "-o", program], check=True)
    traced = Traced()
    traced.write("buffer_size_kb", "4096")
    traced.write("options/syscall_user_exit", "1")
    traced.write("events/syscalls/enable", "1")
    traced.run(str(program))
    buffer = traced.top.buffer
    records = sorted(Record(e.ts, cpu, e.data) for cpu in range(buffer.cpus) for e in buffer.iterate(cpu))
    traced.files.shutdown()
    file.write_bytes(perf_data(formats, records, {records[0].tid: "sockets"}))
    lines = show(file)
    every = compare(lines, [record.data for record in records])
    assert len(every) > 200
    assert [each for each in every if not each.alike()] == []
    assert {name for each in every for name in each.addresses} <= set(ADDRESSES)
    assert {name for each in every for name in each.unsaid} <= set(UNSAID)
    first = records[0]
    where = (str(first.tid), f"{first.cpu:03}", f"{first.time // 1000 / 1e6:.6f}")
    assert lines[0][:4] == ("sockets", *where)


@pytest.mark.usefixtures("perf")
def test_bytes_behind_every_pointer(formats: Path, tmp_path: Path) -> None:
    records = [data[:4] + (7).to_bytes(4, "little") + data[8:] for data in invented_records(3)]
    file = tmp_path / "perf.data"
    file.write_bytes(perf_data(formats, [Record(1000 * i, 0, data) for i, data in enumerate(records, 1)], {7: "made"}))
    assert [each for each in compare(show(file), records) if not each.alike()] == []
