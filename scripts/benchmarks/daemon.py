# SPDX-License-Identifier: GPL-2.0-only
"""Memory of the daemon, idle and tracing (VmRSS and, apart, what of it is the shared buffer)."""

from __future__ import annotations

import argparse
import re
import tempfile
from pathlib import Path

from benchmarks.mounted import Mount
from benchmarks.report import Figure
from benchmarks.workloads import GETPPID_LOOP, compile_c

IDLE_GOAL_MIB, TRACING_GOAL_MIB = 64.0, 64.0
"""No peer has a daemon; the bound is ours: what a CI container can spare without noticing."""


def run(args: argparse.Namespace) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="bench-work-") as directory, Mount() as mount:
        loop = compile_c(Path(directory), "getppid-loop", GETPPID_LOOP)
        pid = mount.daemon()
        idle, _ = memory(pid)
        mount.record(loop, 100_000)
        tracing, buffer = memory(pid)
    return [
        Figure("daemon: memory idle", idle, IDLE_GOAL_MIB, " MiB"),
        Figure(
            "daemon: memory tracing",
            tracing,
            TRACING_GOAL_MIB,
            " MiB",
            f"of it {buffer:.1f} MiB shared with the buffer",
        ),
    ]


def memory(pid: int) -> tuple[float, float]:
    """(resident, of that shared memory) in MiB, from /proc/PID/status."""
    text = Path(f"/proc/{pid}/status").read_text()
    resident, shared = (re.search(rf"^{name}:\s+(\d+) kB", text, re.M) for name in ("VmRSS", "RssShmem"))
    if resident is None or shared is None:
        raise RuntimeError(f"/proc/{pid}/status names no memory")
    return int(resident[1]) / 1024, int(shared[1]) / 1024
