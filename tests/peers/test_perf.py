# SPDX-License-Identifier: GPL-2.0-only
"""`perf script` shows records of ours in our lines' words, from the perf.data file that `tracefs run --perf` writes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.export.sources import source
from tests.mount.mounting import TRACEFS
from tests.peers.test_libtraceevent import words
from tests.peers.test_memory import invented_records
from tests.peers.test_recorded import ADDRESSES, PROGRAMS, UNSAID
from tests.peers.words import WORDS_LOST, Comparison
from tests.tree.traced import Traced
from tracefs.events.cmdlines import Task
from tracefs.export.forms import Wish
from tracefs.export.perf_data import PerfData
from tracefs.render import Renderer
from tracefs.syscalls.types.live import LiveTypes
from tracefs.tree.event_files import format_text

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


Record = tuple[int, int, bytes]
"""Time, CPU, bytes."""


def write(path: Path, records: Iterable[Record], task: Task) -> None:
    """A file with these records, all of one task."""
    types = LiveTypes()
    tasks = {task.pid: task.tgid}
    events = source(
        format=lambda event: format_text(event, types), tasks=lambda: [task], tgid=lambda tid: tasks.get(tid, 0)
    )
    file = os.open(path, os.O_WRONLY | os.O_CREAT)
    data = PerfData(events, Wish(), file)
    os.write(file, data.samples(records))
    data.close()
    os.close(file)


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
@WORDS_LOST
def test_a_recorded_program(tmp_path: Path) -> None:
    program, file = tmp_path / "sockets", tmp_path / "perf.data"
    subprocess.run(["gcc", "-O1", "-w", PROGRAMS / "sockets.c", "-o", program], check=True)
    traced = Traced()
    traced.write("buffer_size_kb", "4096")
    traced.write("options/syscall_user_exit", "1")
    traced.write("events/syscalls/enable", "1")
    traced.run(str(program))
    buffer = traced.top.buffer
    records = sorted((e.ts, cpu, e.data) for cpu in range(buffer.cpus) for e in buffer.iterate(cpu))
    time, cpu, first = records[0]
    tid = int.from_bytes(first[4:8], "little")
    write(file, records, Task(tid, tid, b"sockets"))
    traced.files.shutdown()
    lines = show(file)
    every = compare(lines, [record for _, _, record in records])
    assert len(every) > 200
    assert [each for each in every if not each.alike()] == []
    assert {name for each in every for name in each.addresses} <= set(ADDRESSES)
    assert {name for each in every for name in each.unsaid} <= set(UNSAID)
    assert lines[0][:4] == ("sockets", str(tid), f"{cpu:03}", f"{time // 1000 / 1e6:.6f}")


@pytest.mark.usefixtures("perf")
@WORDS_LOST
def test_bytes_behind_every_pointer(tmp_path: Path) -> None:
    records = [data[:4] + (7).to_bytes(4, "little") + data[8:] for data in invented_records(3)]
    file = tmp_path / "perf.data"
    write(file, [(1000 * i, 0, data) for i, data in enumerate(records, 1)], Task(7, 7, b"made"))
    assert [each for each in compare(show(file), records) if not each.alike()] == []


@pytest.mark.usefixtures("perf")
def test_what_run_writes(tmp_path: Path) -> None:
    """Of each task its own name, in the order of time, whichever CPU it was on."""
    file = tmp_path / "perf.data"
    command = ["run", "--perf", "-w", str(file), "-e", "sys_enter_execve", "-e", "sched_process_exit"]
    script = "/bin/echo one | /bin/cat > /dev/null; exec /bin/true last"
    subprocess.run([*TRACEFS, *command, "--", "sh", "-c", script], check=True, timeout=60)
    command = ["perf", "script", "-f", "-i", str(file), "-F", "comm,event,trace"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    started = [line for line in lines if "execve" in line]
    assert re.sub(r"0x\w+", "0x", started[0]).startswith(
        f'true syscalls:sys_enter_execve: filename: "{shutil.which("sh")}", argv: ["sh", "-c", "{script[:48]}'
    )
    assert 'echo syscalls:sys_enter_execve: filename: "/bin/echo", argv: ["/bin/echo", "one"], envp: 0x' in "\n".join(
        re.sub(r"envp: 0x\w+", "envp: 0x", line) for line in started
    )
    assert re.fullmatch(
        r"true sched:sched_process_exit: comm=true pid=\d+ prio=\d+ group_dead=true exit_code=0x0", lines[-1]
    )
