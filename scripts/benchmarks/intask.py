# SPDX-License-Identifier: GPL-2.0-only
"""What it costs a program to record itself: the recorder alone, in one process; then programs, in times of untraced."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import peers
from benchmarks.report import Figure, table
from benchmarks.workloads import GETPPID_LOOP, compile_c, make_tree

GOALS = {"getppid": 120.0, "read": 130.0, "getppid+saved": 120.0, "read+saved": 350.0}
"""ns."""
SLOWER = 25
"""Loops of tracers that stop a program at each call are so many times shorter."""
SQLITE = """
import os, sqlite3, sys
base = sqlite3.connect(sys.argv[1])
base.execute("create table t(a, b)")
for i in range(300):
    base.execute("insert into t values(?, ?)", (i, "x" * 100))
    base.commit()
base.close()
os.remove(sys.argv[1])
"""
HTTP = """
import http.server, threading, urllib.request
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"x" * 1000)
    def log_message(self, *args):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever).start()
for _ in range(400):
    urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/").read()
server.shutdown()
"""


@dataclass(frozen=True)
class Program:
    name: str
    argv: tuple[str, ...]
    goal: float
    """Times of untraced, in-task."""
    loop: int = 0
    """The number that its last argument ends with: a loop of so many rounds. 0: it is none."""
    calls: int = 1
    """Of each round."""
    prepare: tuple[str, ...] = ()


class Captured(peers.Peer):
    """Nobody reads what is recorded."""

    def command(self, argv: Sequence[str], output: Path) -> list[str]:
        return [sys.executable, "-m", "benchmarks.captured", self.name, *argv]


class Written(peers.Peer):
    """`tracefs run --in-task -w FILE`: all is read and printed meanwhile."""

    def command(self, argv: Sequence[str], output: Path) -> list[str]:
        return [sys.executable, "-m", "tracefs.cli", "run", "--in-task", "-w", str(output), "--", *argv]


def programs(directory: Path, scale: float) -> list[Program]:
    loop = compile_c(directory, "getppid-loop", GETPPID_LOOP)
    tree = make_tree(directory / "tree")
    root = Path(__file__).parents[2]
    calls = int(2_000_000 * scale)
    times = int(200 * scale)
    return [
        Program("getppid loop", (str(loop), str(calls)), 2.0, calls),
        Program(
            "dd bs=1", ("dd", "if=/dev/zero", "of=/dev/null", "status=none", "bs=1", f"count={calls}"), 2.5, calls, 2
        ),
        Program("find /usr", ("find", "/usr/share" if scale < 1 else "/usr"), 1.3),
        Program("sqlite inserts", (sys.executable, "-c", SQLITE, str(directory / "base")), 1.3),
        Program("http server", (sys.executable, "-c", HTTP), 1.3),
        Program("python start", (sys.executable, "-c", "import asyncio"), 1.5),
        Program("git status, log", ("sh", "-c", f"cd {root}; git status; git log --stat -50"), 1.9),
        Program(
            "make -j2", ("make", "-s", "-j2", "-C", str(tree)), 1.5, prepare=("make", "-s", "-C", str(tree), "clean")
        ),
        Program("sh: fork, exec", ("sh", "-c", f"i=0; while [ $i -lt {times} ]; do /bin/true; i=$((i+1)); done"), 2.6),
    ]


def measure(work: Sequence[Program], who: Sequence[peers.Peer], rounds: int) -> dict[str, dict[str, float]]:
    """Program -> peer -> seconds, the peer's start taken off; of a loop as long as the longest. One round of all at a
    time."""
    stopping = {"stops", "strace"}
    times: dict[tuple[str, str], list[float]] = {}
    start = Program("start (true)", ("true",), 0)
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        for _ in range(rounds):
            for program in (start, *work):
                for peer in who:
                    shorter = SLOWER if program.loop and peer.name in stopping else 1
                    *first, last = program.argv
                    if shorter > 1:
                        last = last.replace(str(program.loop), str(program.loop // shorter))
                    if program.prepare:
                        subprocess.run(program.prepare, check=True, stdout=subprocess.DEVNULL)
                    took = peer.run([*first, last], Path(directory) / peer.name)
                    times.setdefault((program.name, peer.name), []).append(took)
    starts = {peer.name: statistics.median(times[start.name, peer.name]) for peer in who}
    result: dict[str, dict[str, float]] = {start.name: starts}
    for program in work:
        result[program.name] = {}
        for peer in who:
            shorter = SLOWER if program.loop and peer.name in stopping else 1
            own = statistics.median(times[program.name, peer.name]) - starts[peer.name]
            # what `true` does itself belongs to the program, and is nothing beside it
            result[program.name][peer.name] = max(own, 1e-6) * shorter
    return result


def in_programs(args: argparse.Namespace) -> list[Figure]:
    peers.all_peers()  # for the environment
    os.environ["PYTHONPATH"] += os.pathsep + str(Path(__file__).parents[1])
    who: list[peers.Peer] = [peers.Peer("untraced"), Captured("in-task"), Written("in-task -w"), Captured("stops")]
    who = [peer for peer in (*who, peers.Strace("strace"), peers.Ftrace("ftrace")) if peer.available()]
    with tempfile.TemporaryDirectory(prefix="bench-work-") as directory:
        work = programs(Path(directory), 0.1 if args.quick else 1.0)
        found = measure(work, who, args.rounds)
    if not args.json:
        print(table_of(found, [peer.name for peer in who]) + "\n", flush=True)
    figures = []
    for program in work:
        own = found[program.name]
        figures.append(Figure(f"{program.name}: in-task / untraced", own["in-task"] / own["untraced"], program.goal))
        if program.loop:
            added = {name: (took - own["untraced"]) / program.loop / program.calls * 1e9 for name, took in own.items()}
            figures.append(Figure(f"{program.name}: added by in-task, a call", added["in-task"], 120.0, " ns"))
            if "ftrace" in added:
                figures.append(Figure(f"{program.name}: added / ftrace's", added["in-task"] / added["ftrace"], 0.25))
    own = found["sh: fork, exec"]
    return [*figures, Figure("sh: fork, exec: in-task / stops", own["in-task"] / own["stops"], 1.0)]


def table_of(found: Mapping[str, Mapping[str, float]], names: Sequence[str]) -> str:
    rows = []
    for program, seconds in found.items():
        base = seconds["untraced"]
        start = program.startswith("start")
        cells = [f"{seconds[name]:.3f} s" if start else f"{seconds[name] / base:.2f}" for name in names[1:]]
        rows.append([program, f"{base:.3f} s", *cells])
    return table(["times of untraced, start taken off", *names], rows)


def run(args: argparse.Namespace) -> list[Figure]:
    return [*alone(args), *in_programs(args)]


def alone(args: argparse.Namespace) -> list[Figure]:
    """The recorder in one process: no stop, no dispatching."""
    from tests.capture.intask import recorder

    with tempfile.TemporaryDirectory(prefix="bench-intask-") as directory:
        command = recorder.driver(Path(directory))
        count = "20000" if args.quick else "200000"
        found = subprocess.run([*command, "time", count], check=True, capture_output=True, text=True)
    figures = []
    for line in found.stdout.splitlines():
        name, plain, recorded = line.split()
        added = float(recorded) - float(plain)
        note = f"{plain} ns by itself, {recorded} ns recorded"
        figures.append(Figure(f"in-task recorder: {name}, added", added, GOALS[name], " ns", note))
    return figures
