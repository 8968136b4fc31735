# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's own tracefs, to compare with."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tracefs.events import EventClass
from tracefs.events.systems.sched import EXIT_CODE
from tracefs.events.systems.signal import SIGINFO


def without_ours(event: EventClass) -> EventClass:
    """Without what is ours alone: how a task ended, a signal's siginfo, and what is saved of a task's memory, which the
    kernel has from 6.19 on, and never at the exit of a call."""
    if event.syscall is None:
        ours = (EXIT_CODE, SIGINFO)
        print_fmt = event.print_fmt.replace(f" {EXIT_CODE}=0x%x", "").replace(f", REC->{EXIT_CODE}", "")
        return replace(
            event, fields=tuple(field for field in event.fields if field.name not in ours), print_fmt=print_fmt
        )
    fields = [field for field in event.fields if not field.is_data_loc]
    return replace(event, fields=tuple(fields[:2] if event.kind == "exit" else fields))


def mounted_tracefs() -> Path | None:
    """Where /proc/mounts says that a tracefs is mounted."""
    rows = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    return next((Path(row[1]) for row in rows if row[2] == "tracefs"), None)


@pytest.fixture(scope="session")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A real tracefs with syscall events: the one that is mounted, or one mounted for the tests."""
    if os.geteuid() != 0:
        pytest.skip("the kernel's tracefs needs root")
    found = mounted_tracefs()
    if found is not None and (found / "events" / "syscalls").is_dir():
        yield found
        return
    place = tmp_path_factory.mktemp("oracle")
    if subprocess.run(["mount", "-t", "tracefs", "nodev", place], stderr=subprocess.DEVNULL).returncode != 0:
        pytest.skip("no tracefs can be mounted here")
    try:
        if not (place / "events" / "syscalls").is_dir():
            pytest.skip("this kernel has no events/syscalls (CONFIG_FTRACE_SYSCALLS)")
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


@pytest.fixture
def instance(oracle: Path) -> Iterator[Path]:
    """An instance of the real tracefs, of this test alone."""
    directory = oracle / "instances" / f"tests-events-{os.getpid()}"
    directory.mkdir()
    try:
        yield directory
    finally:
        directory.rmdir()
