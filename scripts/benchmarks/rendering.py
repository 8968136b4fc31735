# SPDX-License-Identifier: GPL-2.0-only
"""What words cost: the same records as lines with syscall_arg_decode and without, of programs and of loops of one call.

Undecoded, a line of the syscall tracer has the arguments as numbers and nothing of what was saved; decoded, it has that
besides, so that its length counts: the notes have it. Seconds are of CPU time in one thread, which a busy machine
disturbs little; of the kernel, those of `cat trace`, whose lines are as our undecoded ones.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks import loops
from benchmarks.kernel import KernelInstance
from benchmarks.recording import Recording
from benchmarks.report import Figure
from tracefs.render import Iterator

PROGRAMS = {
    "ls -lR": "ls -lR /usr/share/doc > /dev/null",
    "du": "du -s /usr/share > /dev/null",
    "find": "find /usr/share > /dev/null",
    "tar": "tar cf - /usr/include 2> /dev/null | cat > /dev/null",
    "gcc": "cd $(mktemp -d) && echo 'int main() { return 0; }' > a.c && for i in 1 2 3 4 5; do gcc -O2 a.c; done; rm -r $PWD",
    "python3": "for i in 1 2 3; do python3 -c 'import asyncio, http.server'; done",
    "sh": "for i in $(seq 200); do /bin/true; done",
}
CALLS = 40_000
SETTINGS = {"buffer_size_kb": "65536", "current_tracer": "syscall", "trace_options": "syscall_user_exit"}
GOAL = 2.0


def run(args: argparse.Namespace) -> list[Figure]:
    """PROGRAMS, and each of the loops of loops.py."""
    with tempfile.TemporaryDirectory(prefix="bench-work-") as directory:
        calls = str(CALLS // 10 if args.quick else CALLS)
        work = {name: ["sh", "-c", script] for name, script in PROGRAMS.items()}
        work |= {name: [str(loop), calls] for name, loop in loops.build(Path(directory)).items()}
        return [figure for name, argv in work.items() for figure in _measure(name, argv, args.rounds)]


def _measure(name: str, argv: list[str], rounds: int) -> list[Figure]:
    with Recording(argv, SETTINGS) as recording, open(os.devnull, "wb") as null:
        top = recording.files.top
        lines = top.buffer.entries()
        times: dict[bool, list[float]] = {False: [], True: []}
        sizes = {}
        for _ in range(rounds):
            for decode, taken in times.items():
                top.view.syscall_arg_decode = decode
                trace = Iterator(top.shared.renderer, top.reader, top.view)
                start = time.thread_time()
                sizes[decode] = trace.drain(null.fileno()) // lines
                taken.append(time.thread_time() - start)
    plain, decoded = (statistics.median(taken) / lines for taken in times.values())
    note = f"{1e9 * decoded:.0f} ns of {sizes[True]} bytes, {1e9 * plain:.0f} ns of {sizes[False]}"
    figures = [Figure(f"{name}: decoded / not decoded", decoded / plain, GOAL, note=note)]
    if KernelInstance.available():
        kernel = _kernels(argv, rounds)
        figures.append(Figure(f"{name}: decoded / the kernel's", decoded / kernel, 1.0, note=f"{1e9 * kernel:.0f} ns"))
    return figures


def _kernels(argv: list[str], rounds: int) -> float:
    """CPU seconds that a line of the kernel's `cat trace` takes."""
    with KernelInstance() as kernel, open(os.devnull, "wb") as null:
        kernel.write("buffer_size_kb", "32768")
        kernel.write("options/irq-info", "0")
        kernel.write("events/syscalls/enable", "1")
        subprocess.run(["sh", "-c", f'echo $$ > {kernel.path}/set_event_pid; exec "$@"', "sh", *argv], check=True)
        kernel.write("tracing_on", "0")
        cat = ["cat", str(kernel.path / "trace")]
        counted = subprocess.run(["grep", "-vc", "^#", cat[1]], check=True, capture_output=True)
        taken = []
        for _ in range(rounds):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(cat, check=True, stdout=null)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(taken) / int(counted.stdout)
