# SPDX-License-Identifier: GPL-2.0-only
"""What `trace-cmd report` shows of a mount's raw data are the words of its `trace`.

Without its plugins (-N): one of them has futex in words of its own.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.mount.test_trace_cmd import pytestmark as needs_trace_cmd
from tests.mount.test_trace_cmd import run
from tests.peers.test_libtraceevent import as_event
from tests.peers.test_recorded import ADDRESSES, PROGRAMS, UNSAID
from tests.peers.words import Comparison

pytestmark = needs_trace_cmd

LINE = re.compile(r"^ *(\S+)-\d+ +\[\d{3}\] (?:\S+ )? *(\d+\.\d{6}): +(\S.*)$", re.M)
REPORT = re.compile(r"^(\w+): +(.*)$")


@pytest.mark.parametrize("program", ["sockets", "controls"])
def test_a_report_has_the_words_of_trace(tmp_path: Path, program: str) -> None:
    subprocess.run(["gcc", "-O1", "-w", PROGRAMS / f"{program}.c", "-o", tmp_path / program], check=True)
    output = run(
        tmp_path,
        f"""
        t=/sys/kernel/tracing
        for option in syscall_arg_decode syscall_user_exit; do echo 1 > $t/options/$option; done
        echo 4096 > $t/buffer_size_kb
        trace-cmd start -e syscalls >&2
        sh -c 'echo $$ > /sys/kernel/tracing/set_event_pid; exec {tmp_path}/{program}' > /dev/null 2>&1 || true
        trace-cmd stop
        cat $t/trace
        echo =====
        trace-cmd extract -o {tmp_path}/trace.dat >&2
        trace-cmd report -N -i {tmp_path}/trace.dat
        """,
    )
    ours, theirs = (LINE.findall(part) for part in output.split("=====\n"))
    assert len(ours) > 200
    assert [line[:2] for line in ours] == [line[:2] for line in theirs]
    every = [
        Comparison(REPORT.sub(r"\1: \2", their), as_event(our))
        for (_, _, our), (_, _, their) in zip(ours, theirs, strict=True)
    ]
    assert [each for each in every if not each.alike()] == []
    assert {name for each in every for name in each.addresses} <= set(ADDRESSES)
    assert {name for each in every for name in each.unsaid} <= set(UNSAID)
