# SPDX-License-Identifier: GPL-2.0-only
"""
Compares with the kernel again and again, and shows the first difference with what stands around it on both sides.

`python -m tests.kernel.search [--runs N] [--busy LOOPS]`, as root.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.kernel.differential import around, differences, program, record
from tests.kernel.test_differential import FORKING_SCRIPT, THREADS_AND_SIGNALS

MIXED = """
perl -Mthreads -e 'my @t = map { threads->create(sub { open(my $f, "<", "/etc/passwd"); my @l = <$f>; scalar @l }) } 1 .. 6;
    $_->join for @t' 2> /dev/null
tar cf - /etc/default 2> /dev/null | awk '{ n += length($0) } END { print n }'
git init -q repo && cd repo && echo text > file && git add file
git -c user.name=n -c user.email=e commit -qm one && git log --oneline | cat
find . -name '*.sample' -exec wc -l {} + | sort | tail -1
"""
BUSY = "while :; do :; done"


def main() -> int:
    parser = argparse.ArgumentParser(description="Look for a difference from the kernel's recording.")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--busy", type=int, default=0, help="busy loops beside")
    args = parser.parse_args()
    loops = [subprocess.Popen(["sh", "-c", BUSY]) for _ in range(args.busy)]
    start, compared = time.monotonic(), 0
    try:
        with tempfile.TemporaryDirectory() as directory:
            threads = program(THREADS_AND_SIGNALS, f"{directory}/threads", "-pthread")
            programs = ([threads], ["bash", "-c", FORKING_SCRIPT])
            for number in range(args.runs):
                work = Path(directory, str(number))
                work.mkdir()
                mixed = ["sh", "-c", f"cd {work}; {MIXED}"]
                for argv in (mixed, programs[number % len(programs)]):
                    kernels, mine, status = record(argv)
                    compared += sum(map(len, mine.values()))
                    if found := differences(kernels, mine):
                        print(f"run {number}, {argv[0]}: {len(found)} differences, status {status}")
                        print(around(kernels, mine), flush=True)
                        return 1
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
    print(f"{2 * args.runs} runs, {compared} events, no difference, {time.monotonic() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
