# SPDX-License-Identifier: GPL-2.0-only
"""Who runs a workload: nobody (untraced), tracefs, strace, and the kernel's own ftrace."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.kernel import KernelInstance


@dataclass
class Peer:
    """Runs a command line in its way; time is wall time in seconds of the workload and its tracer together."""

    name: str

    def available(self) -> bool:
        return True

    def run(self, argv: Sequence[str], output: Path) -> float:
        start = time.perf_counter()
        subprocess.run(self.command(argv, output), check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - start

    def command(self, argv: Sequence[str], output: Path) -> list[str]:
        return list(argv)


class Strace(Peer):
    def available(self) -> bool:
        return shutil.which("strace") is not None

    def command(self, argv: Sequence[str], output: Path) -> list[str]:
        return ["strace", "-f", "-o", str(output), *argv]


class Tracefs(Peer):
    """`tracefs run`; the interpreter's start is part of its time, as it is for who types it."""

    def command(self, argv: Sequence[str], output: Path) -> list[str]:
        return [sys.executable, "-m", "tracefs.cli", "run", "-w", str(output), "--", *argv]


@dataclass
class Ftrace(Peer):
    """The kernel's events/syscalls on the workload's pid and its children, read by `cat trace_pipe`."""

    instance: KernelInstance = field(default_factory=KernelInstance)

    def available(self) -> bool:
        return self.instance.available()

    def run(self, argv: Sequence[str], output: Path) -> float:
        with self.instance as kernel, output.open("wb") as sink:
            kernel.write("options/event-fork", "1")
            kernel.write("buffer_size_kb", "8192")
            reader = subprocess.Popen(["cat", str(kernel.path / "trace_pipe")], stdout=sink)
            pid_file = kernel.path / "set_event_pid"
            kernel.write("events/syscalls/enable", "1")
            try:
                start = time.perf_counter()
                script = f'echo $$ > {pid_file}; exec "$@"'
                subprocess.run(["sh", "-c", script, "sh", *argv], check=True, stdout=subprocess.DEVNULL)
                took = time.perf_counter() - start
            finally:
                kernel.write("events/syscalls/enable", "0")
                reader.terminate()
                reader.wait()
        return took


def all_peers() -> list[Peer]:
    """Those that this machine has, the untraced run first."""
    peers = [Peer("untraced"), Tracefs("tracefs"), Strace("strace"), Ftrace("ftrace")]
    os.environ.setdefault("PYTHONPATH", os.getcwd())
    os.environ.pop(
        "PYTHONDONTWRITEBYTECODE", None
    )  # an installed tracefs has its bytecode: else each start compiles it all
    return [peer for peer in peers if peer.available()]
