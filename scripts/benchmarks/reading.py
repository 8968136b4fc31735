# SPDX-License-Identifier: GPL-2.0-only
"""How fast `cat trace` renders, and what the first line costs."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.kernel import KernelInstance
from benchmarks.mounted import Mount
from benchmarks.report import Figure
from benchmarks.workloads import GETPPID_LOOP, compile_c

MIXED_LOOP = """
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	char byte;
	for (long n = argc > 1 ? atol(argv[1]) / 4 : 0; n > 0; n--) {
		syscall(SYS_getppid);
		syscall(SYS_openat, AT_FDCWD, "/nowhere", O_RDONLY | O_CLOEXEC, 0);
		syscall(SYS_pread64, -1, &byte, 1L, n);
		syscall(SYS_close, -1);
	}
	return 0;
}
"""
"""Calls of none to four arguments: lines as long as those of real programs."""

EVENTS = 400_000
MANY, FEW = 10_000_000, 1_000


def run(args: argparse.Namespace) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="bench-work-") as directory:
        mixed = compile_c(Path(directory), "mixed-loop", MIXED_LOOP)
        loop = compile_c(Path(directory), "getppid-loop", GETPPID_LOOP)
        return [*cat_speed(mixed, args.rounds), head_cost(loop, MANY // 100 if args.quick else MANY)]


def cat_speed(loop: Path, rounds: int) -> list[Figure]:
    """Seconds of the kernel's and our `cat trace` of as many events, also with arguments in words; per line."""
    if not KernelInstance.available():
        return []
    with Mount() as ours, KernelInstance() as kernel:
        ours.write("buffer_size_kb", "65536")
        ours.record(loop, EVENTS // 2)
        kernel.write("buffer_size_kb", "32768")
        kernel.write("options/irq-info", "0")
        kernel.write("events/syscalls/enable", "1")
        subprocess.run(["sh", "-c", f"echo $$ > {kernel.path}/set_event_pid; exec {loop} {EVENTS // 2}"], check=True)
        kernel.write("tracing_on", "0")
        per_line: dict[str, list[float]] = {"ours": [], "decoded": [], "kernel": []}
        for _ in range(rounds):
            for name, path in (("ours", ours.path), ("decoded", ours.path), ("kernel", kernel.path)):
                if name != "kernel":
                    ours.write("options/syscall_arg_decode", str(int(name == "decoded")))
                took, lines = cat(path / "trace")
                per_line[name].append(took / lines)
    mine, decoded, theirs = (statistics.median(per_line[name]) for name in ("ours", "decoded", "kernel"))
    note = f"{1 / mine:,.0f} lines/s, the kernel's {1 / theirs:,.0f}"
    words = f"{1 / decoded:,.0f} lines/s"
    return [
        Figure("cat trace: time per line / the kernel's", mine / theirs, 1.0, note=note),
        Figure("cat trace, decoded: time per line / the kernel's", decoded / theirs, 1.0, note=words),
        Figure("cat trace: decoded / not decoded", decoded / mine, 2.0, note=words),
    ]


def cat(trace: Path) -> tuple[float, int]:
    """Seconds that `cat` takes to /dev/null, and how many event lines there are (counted in another run)."""
    start = time.perf_counter()
    with open("/dev/null", "wb") as null:
        subprocess.run(["cat", str(trace)], check=True, stdout=null)
    took = time.perf_counter() - start
    counted = subprocess.run(["grep", "-vc", "^#", str(trace)], check=True, capture_output=True, text=True)
    return took, int(counted.stdout)


def head_cost(loop: Path, many: int) -> Figure:
    """Median time of `head -1 trace` on a full buffer against a nearly empty one."""
    with ExitStack() as stack:
        few, full = stack.enter_context(Mount()), stack.enter_context(Mount())
        full.write("buffer_size_kb", str(1 << 20))
        few.record(loop, FEW // 2)
        full.record(loop, many // 2)
        times: dict[Mount, list[float]] = {few: [], full: []}
        for _ in range(41):
            for mount, taken in times.items():
                start = time.perf_counter()
                subprocess.run(["head", "-1", str(mount.path / "trace")], check=True, stdout=subprocess.DEVNULL)
                taken.append(time.perf_counter() - start)
        small, large = statistics.median(times[few]), statistics.median(times[full])
    note = f"{large * 1e3:.2f} ms, {small * 1e3:.2f} ms"
    return Figure(f"head -1 trace: {many:,} events / {FEW:,}", large / small, 2.0, note=note)
