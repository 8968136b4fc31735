# SPDX-License-Identifier: GPL-2.0-only
"""A tracer that is killed before its K-th ptrace operation, for K from 1 up, leaves what it traced unharmed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.capture.harness.kill import WORKLOADS

ROOT = Path(__file__).parents[2]


def run(directory: Path, *arguments: str, timeout: float = 100) -> list[dict[str, object]]:
    """The outcomes of one run of the harness, which is a process of its own: it reaps for all below it."""
    command = [sys.executable, "-m", "tests.capture.harness.kill", "--json", "--build", str(directory), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout)
    assert done.returncode in (0, 1), done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def harms(outcomes: Sequence[dict[str, object]]) -> str:
    return "\n".join(f"{one['case']}\n  {one['harm']}" for one in outcomes if one["harm"])


def killed(outcomes: Sequence[dict[str, object]]) -> int:
    return sum(bool(one["killed"]) for one in outcomes)


@pytest.mark.parametrize("workload", WORKLOADS)
def test_killed_before_each_operation_while_attached(workload: str, programs: Path) -> None:
    outcomes = run(programs, workload, "--how", "attach", "--kills", "30")
    assert harms(outcomes) == ""
    assert killed(outcomes) >= 25


@pytest.mark.parametrize("workload", ["threads", "fork", "exec_chain", "signals_queued", "jobs_threads"])
def test_killed_before_each_operation_while_attaching_and_detaching(workload: str, programs: Path) -> None:
    outcomes = run(programs, workload, "--how", "churn", "--kills", "20", "--first", "5")
    assert harms(outcomes) == ""
    assert killed(outcomes) >= 15


@pytest.mark.parametrize("workload", ["fork", "exec_chain", "signals_queued", "vfork"])
def test_killed_before_each_operation_on_a_program_it_started(workload: str, programs: Path) -> None:
    outcomes = run(programs, workload, "--how", "spawn", "--kills", "20")
    assert harms(outcomes) == ""
    assert killed(outcomes) >= 15


@pytest.mark.parametrize("workload", ["threads", "fork"])
def test_killed_before_each_operation_on_a_program_that_stops_at_few_calls(workload: str, programs: Path) -> None:
    """Its calls that its filter names fail from then on; but nobody is left stopped, traced or bound to a CPU."""
    outcomes = run(programs, workload, "--how", "seccomp", "--kills", "10", "--first", "5")
    assert harms(outcomes) == ""
    assert killed(outcomes) >= 8


@pytest.mark.parametrize("death", ["--random", "--term"])
@pytest.mark.parametrize("workload", ["threads", "exec_chain", "signals_queued"])
def test_ended_from_outside_at_any_moment(workload: str, death: str, programs: Path) -> None:
    outcomes = run(programs, workload, "--how", "churn", "--kills", "10", "--random", death)
    assert harms(outcomes) == ""


WAYS = (
    "--how attach",
    "--how churn",
    "--how spawn",
    "--how seccomp",
    "--how churn --random",
    "--how churn --random --term",
)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("workload", WORKLOADS)
def test_hundreds_of_deaths_each_way(workload: str, way: str, programs: Path) -> None:
    outcomes = run(programs, workload, *way.split(), "--kills", "200", "--seed", "1", timeout=1800)
    assert harms(outcomes) == ""


@pytest.mark.skipif(not shutil.which("strace"), reason="compares with strace")
def test_harness_sees_the_signals_that_a_killed_strace_loses(programs: Path) -> None:
    for seed in range(5):
        how = ("--tracer", "strace", "--kills", "15", "--seed", str(seed))
        if harms(run(programs, "signals_queued", "sigchld", *how)):
            return
    pytest.fail("75 killed straces, and no lost signal seen: the harness is blind")
