# SPDX-License-Identifier: GPL-2.0-only
"""
Processes that trace a workload until they are killed: the engine, or another tracer for comparison.

Each is forked from a process that has all modules loaded already, so that a thousand of them cost little.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tracefs.syscalls import by_name

SPAWNING = ("spawn", "seccomp")
"""Ways in which the tracer starts the workload."""
FEW = (by_name["set_robust_list"].nr,)
"""Calls that every new task makes. (Those that make tasks or wait stop it, too.)"""
KILL_AT = "TRACEFS_KILL_AT"
"""The engine kills itself before its n-th ptrace operation, where this names n."""


@dataclass(frozen=True)
class Job:
    """What a tracer is to do."""

    how: str
    """"attach" to a running workload; "spawn" it; "seccomp": the same with a filter, so that it stops at few calls;
    "churn": attach and detach without end."""
    target: int
    """Attach: the workload's pid."""
    argv: Sequence[str]
    """Spawn: the workload."""
    env: dict[str, str]
    kill_at: int
    """0: not by itself."""
    seed: int


def _trace(job: Job, in_task: bool) -> None:
    from tests.capture.harness.engines import OFF, ON, new_engine

    stop = False

    def on_term(*_: object) -> None:
        nonlocal stop
        stop = True

    signal.signal(signal.SIGTERM, on_term)
    if job.kill_at:
        os.environ[KILL_AT] = str(job.kill_at)
    say = lambda line: print(line, file=sys.stderr, flush=True)  # noqa: E731
    engine, sink, _ = new_engine(job.target or os.getpid(), say, in_task=in_task)
    engine.want(sink, ON)
    if job.how in SPAWNING:
        engine.spawn(list(job.argv), env=job.env, only=FEW if job.how == "seccomp" else None)
    choose = random.Random(job.seed)
    while not stop:
        time.sleep(choose.uniform(0, 0.006) if job.how == "churn" else 0.05)
        if job.how == "churn":
            engine.want(sink, OFF if choose.random() < 0.5 else ON)
    engine.stop()


def start_engine(job: Job, log: int, in_task: bool = False) -> int:
    """Forks the engine's process; its pid. What it says goes to `log`. SIGTERM ends it in order."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        os.setsid()
        os.dup2(log, 1)
        os.dup2(log, 2)
        _trace(job, in_task)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stderr.flush()
        os._exit(status)


def start_strace(job: Job, log: int) -> int:
    """strace in the same place: shows that the harness sees what a tracer does wrong."""
    command = ["strace", "-f", "-qq", "-o", "/dev/null"]
    command += ["-p", str(job.target)] if job.how != "spawn" else list(job.argv)
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.execvpe(command[0], command, job.env)
    finally:
        os._exit(127)


def start_in_task(job: Job, log: int) -> int:
    """The engine, with programs that record themselves."""
    return start_engine(job, log, in_task=True)


TRACERS: dict[str, Callable[[Job, int], int]] = {
    "engine": start_engine,
    "in-task": start_in_task,
    "strace": start_strace,
}


def load(tracer: str) -> None:
    """Imports once, before any fork, what each tracer needs."""
    if tracer != "strace":
        import tests.capture.harness.engines  # noqa: F401
