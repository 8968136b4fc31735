# SPDX-License-Identifier: GPL-2.0-only
"""A mount in use for minutes keeps its memory and its descriptors: SOAK_SECONDS says how long."""

from __future__ import annotations

import os
import random
import subprocess
import time
from pathlib import Path

import pytest

from tests.mount.mounting import PATIENCE, TRACEFS, mounted, needs_fuse

pytestmark = [*needs_fuse, pytest.mark.soak]
SAMPLES = 20
SCRIPT = """
cd "$1"; echo $$ > set_ftrace_pid; echo $$ > set_event_pid
case $(($2 % 6)) in
0) echo syscall > current_tracer; (ls /; cat /etc/hostname) > /dev/null; head -c 1000000 trace > /dev/null; echo nop > current_tracer;;
1) echo 1 > events/syscalls/enable; ls / > /dev/null; timeout 1 head -200 trace_pipe > /dev/null; echo 0 > events/enable;;
2) mkdir instances/i$2; echo 1 > instances/i$2/events/raw_syscalls/enable; ls / > /dev/null; cat instances/i$2/trace > /dev/null
   echo 0 > instances/i$2/events/enable; rmdir instances/i$2;;
3) echo 'hist:keys=id:vals=hitcount' > events/raw_syscalls/sys_enter/trigger; ls / > /dev/null
   cat events/raw_syscalls/sys_enter/hist > /dev/null; echo '!hist:keys=id:vals=hitcount' > events/raw_syscalls/sys_enter/trigger;;
4) echo 'id > 3 && id < 100' > events/raw_syscalls/sys_enter/filter; echo 1 > snapshot; cat snapshot > /dev/null; echo 0 > snapshot
   echo 0 > events/raw_syscalls/sys_enter/filter; echo $((128 + $2 % 64)) > saved_cmdlines_size;;
5) echo "lat$2 u64 d" >> synthetic_events; cat synthetic_events > /dev/null; echo "!lat$2" >> synthetic_events
   echo 1 > options/json; echo 1 > events/sched/enable; ls / > /dev/null; cat trace > /dev/null
   echo 0 > events/enable; echo 0 > options/json;;
esac
echo > set_event_pid; echo > set_ftrace_pid; echo > trace
"""


def used(pid: int) -> tuple[int, int]:
    """KiB of memory, shared (the buffers') left out, and descriptors."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(lines["RssAnon"].split()[0]), len(os.listdir(f"/proc/{pid}/fd"))


@pytest.mark.timeout(20000)
def test_memory_and_descriptors_stay(tmp_path: Path) -> None:
    seconds, dice, round = float(os.environ.get("SOAK_SECONDS", "600")), random.Random(1), 0
    samples: list[tuple[int, int]] = []
    with mounted([*TRACEFS, "mount", "--scope", "none"]) as mount:
        begun = time.monotonic()
        while (now := time.monotonic() - begun) < seconds:
            subprocess.run(
                ["sh", "-c", SCRIPT, "sh", mount.path, str(dice.randrange(1000))], timeout=PATIENCE, check=False
            )
            round += 1
            if now > (len(samples) + 1) * seconds / SAMPLES:
                samples.append(used(mount.daemon))
        print(f"{round} rounds; KiB, descriptors: {samples}")
    first, last = samples[len(samples) // 4], samples[-1]
    assert last[1] <= first[1] + 2
    assert last[0] <= first[0] * 1.1 + 2048
