# SPDX-License-Identifier: GPL-2.0-only
"""What trace-cmd and KernelShark show of a mount's raw data are the words of its `trace`.

trace-cmd without its plugins (-N): one of them has futex in words of its own.
"""

from __future__ import annotations

import ctypes.util
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.mount.test_trace_cmd import pytestmark as needs_trace_cmd
from tests.mount.test_trace_cmd import run
from tests.peers import kshark
from tests.peers.test_libtraceevent import as_event
from tests.peers.test_recorded import ADDRESSES, PROGRAMS, UNSAID
from tests.peers.words import WORDS_LOST, Comparison

pytestmark = needs_trace_cmd

LINE = re.compile(r"^ *(\S+)-\d+ +\[\d{3}\] (?:\S+ )? *(\d+\.\d{6}): +(\S.*)$", re.M)
REPORT = re.compile(r"^(\w+): +(.*)$")


@dataclass(frozen=True)
class Recorded:
    ours: list[tuple[str, str, str]]
    """Name, time and text of each line of `trace`."""
    report: list[tuple[str, str, str]]
    file: Path


@pytest.fixture(scope="module", params=["sockets", "controls"])
def recorded(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Recorded:
    """A program's calls, read as text and taken by trace-cmd."""
    place = tmp_path_factory.mktemp("recorded")
    program, file = place / request.param, place / "trace.dat"
    subprocess.run(["gcc", "-O1", "-w", PROGRAMS / f"{request.param}.c", "-o", program], check=True)
    output = run(
        place,
        f"""
        t=/sys/kernel/tracing
        for option in syscall_arg_decode syscall_user_exit; do echo 1 > $t/options/$option; done
        echo 4096 > $t/buffer_size_kb
        trace-cmd start -e syscalls >&2
        sh -c 'echo $$ > /sys/kernel/tracing/set_event_pid; exec {program}' > /dev/null 2>&1 || true
        trace-cmd stop
        cat $t/trace
        echo =====
        trace-cmd extract -o {file} >&2
        trace-cmd report -N -i {file}
        """,
    )
    ours, report = (LINE.findall(part) for part in output.split("=====\n"))
    assert len(ours) > 200
    return Recorded(ours, report, file)


def assert_alike(theirs: list[str], recorded: Recorded) -> None:
    ours = [as_event(text) for _, _, text in recorded.ours]
    every = [Comparison(*pair) for pair in zip(theirs, ours, strict=True)]
    assert [each for each in every if not each.alike()] == []
    assert {name for each in every for name in each.addresses} <= set(ADDRESSES)
    assert {name for each in every for name in each.unsaid} <= set(UNSAID)


@WORDS_LOST
def test_a_report_of_trace_cmd(recorded: Recorded) -> None:
    assert [line[:2] for line in recorded.report] == [line[:2] for line in recorded.ours]
    assert_alike([REPORT.sub(r"\1: \2", text) for _, _, text in recorded.report], recorded)


def test_the_info_column_of_kernelshark(recorded: Recorded) -> None:
    if not ctypes.util.find_library("kshark"):
        pytest.skip("NO KERNELSHARK: its library is not installed (Debian: libkshark2)")
    command = [sys.executable, kshark.__file__, str(recorded.file)]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert_alike(done.stdout.decode(errors="backslashreplace").split("\0")[:-1], recorded)
