# SPDX-License-Identifier: GPL-2.0-only
"""Rounds of all peers on one workload, interleaved so that a noisy machine disturbs them alike."""

from __future__ import annotations

import statistics
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers import Peer
from benchmarks.workloads import Workload

START = Workload("start (true)", ("true",), single=True)
"""What it costs to begin: the row that the others' added time is taken beyond."""


@dataclass(frozen=True)
class Row:
    workload: str
    single: bool
    seconds: dict[str, float]
    """Peer -> median wall time, start included."""
    added: dict[str, float]
    """Peer -> median time added to the untraced run, beyond what the peer takes to start (measured with `true`)."""

    @property
    def ratio(self) -> float | None:
        """tracefs to strace: of the added time for one task at a time, of the wall time for a parallel program."""
        of = self.added if self.single else self.seconds
        if "strace" not in of or of["strace"] <= 0:
            return None
        return of["tracefs"] / of["strace"]


def measure(workloads: list[Workload], peers: list[Peer], rounds: int) -> list[Row]:
    """Run every peer on every workload `rounds` times, a round of all peers at a time."""
    starts: dict[str, float] = {}
    rows = []
    for workload in [START, *workloads]:
        times: dict[str, list[float]] = {peer.name: [] for peer in peers}
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            for _ in range(rounds):
                for peer in peers:
                    if workload.prepare:
                        subprocess.run(workload.prepare, check=True, stdout=subprocess.DEVNULL)
                    times[peer.name].append(peer.run(workload.argv, Path(directory) / peer.name))
        seconds = {name: statistics.median(values) for name, values in times.items()}
        if workload is START:
            starts = seconds
        base = seconds["untraced"] - starts["untraced"]
        added = {name: took - starts[name] - base for name, took in seconds.items() if name != "untraced"}
        rows.append(Row(workload.name, workload.single, seconds, added))
    return rows
