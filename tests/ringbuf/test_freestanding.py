# SPDX-License-Identifier: GPL-2.0-only
"""What a writer inside a traced task is made of compiles without libc: no call out, nothing writable, no vector
registers."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WRITER = ("ringbuf/write.c", "ringbuf/claim.c", "ringbuf/clock.c")
FILTER = ("tracefs/events/filter.c", "tracefs/events/glob.c")
SAVING = (
    "tracefs/capture/payload/gather.c",
    "tracefs/capture/payload/put.c",
    "tracefs/capture/payload/parts.c",
    "tracefs/syscalls/types/block/walk.c",
)
FLAGS = (
    *("-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-mcx16", "-I."),
    *("-ffreestanding", "-fPIC", "-nostdlib", "-mgeneral-regs-only", "-fvisibility=hidden", "-fno-stack-protector"),
)
PLAIN_C = {"memcpy", "memset", "memmove", "memcmp", "memchr", "memmem", "strnlen", "__popcountdi2"}
"""Functions of their arguments alone: each program brings its own."""
HANDED_IN = {
    # how a task's memory is read (payload/memory.h): from outside with process_vm_readv(2), from inside otherwise
    *("cap_memory_want", "cap_memory_fetch", "cap_memory_copy"),
    # what descriptors stand for (payload/fds.h)
    *("cap_fds_begin", "cap_fds_within"),
    # strings behind a record's pointers, for filters with .ustring (events/task_memory.c)
    "task_read_string",
}


def compiled(sources: tuple[str, ...], tmp_path: Path) -> Path:
    """All of them as one object file."""
    objects = []
    for source in sources:
        objects.append(str(tmp_path / (source.replace("/", "_") + ".o")))
        subprocess.run(["gcc", *FLAGS, "-c", source, "-o", objects[-1]], cwd=ROOT, check=True)
    whole = tmp_path / "whole.o"
    subprocess.run(["ld", "-r", "-o", str(whole), *objects], check=True)
    return whole


def output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("sources", "missing"),
    [(WRITER, set()), ((*WRITER, *FILTER, *SAVING), HANDED_IN)],
    ids=["writer", "writer, filter and saving code"],
)
def test_freestanding_code_needs_nothing_and_writes_to_nothing_of_its_own(
    sources: tuple[str, ...], missing: set[str], tmp_path: Path
) -> None:
    whole = compiled(sources, tmp_path)
    undefined = {line.split()[-1] for line in output("nm", "-u", str(whole)).splitlines()}
    assert undefined <= PLAIN_C | missing
    sections = re.findall(
        r"^ *\[ *\d+\] (\S+) +\S+ +\S+ +\S+ (\S+) \S+ +(\S+)", output("readelf", "-SW", str(whole)), re.M
    )
    assert ".text" in {name for name, _, _ in sections}
    assert [name for name, size, flags in sections if "W" in flags and int(size, 16)] == []
    assert not re.findall(r"%[xyz]mm\d|%st\b", output("objdump", "-d", str(whole)))
