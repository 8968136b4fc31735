# SPDX-License-Identifier: GPL-2.0-only
"""The summary of calls: its figures, and what `run -c` and `-C` make of it."""

from __future__ import annotations

import json
import os
import random
import re
import sys

from tests.commands.test_run import run
from tracefs.export.summary import Row


def test_a_row_s_figures() -> None:
    row = Row()
    for took in (1000, 2000, 3000, 4000):
        row.add(took, failed=took > 3000)
    row.add(None, failed=False)  # its beginning was not recorded
    assert (row.calls, row.errors, row.total, row.least, row.most, row.mean) == (5, 1, 10000, 1000, 4000, 2500.0)


def test_quantiles_are_within_a_32nd_and_rows_can_be_added() -> None:
    numbers = random.Random(1)
    times = [int(numbers.lognormvariate(9, 2)) for _ in range(5000)]
    halves = Row(), Row()
    for index, took in enumerate(times):
        halves[index % 2].add(took, False)
    halves[0].merge(halves[1])
    for part in (0.5, 0.99):
        true = sorted(times)[int(part * len(times)) - 1]
        assert abs(halves[0].quantile(part) - true) <= true / 32 + 1
    assert (halves[0].least, halves[0].most, halves[0].total) == (min(times), max(times), sum(times))


SLEEPS = "import time\nfor n in range(9): time.sleep(0.1)"
SCRIPT = "import os\nfor n in range(7): os.getppid()\nfor n in range(3):\n try: os.close(777)\n except OSError: pass"


def test_calls_and_errors_by_call() -> None:
    lines = run("-c", "-e", "getppid,close", "--", sys.executable, "-Sc", SCRIPT).stderr.splitlines()
    assert lines[0].split() == ["%", "time", "seconds", "min", "mean", "p50", "p99", "max", "calls", "errors", "call"]
    rows = {line.split()[-1]: line.split() for line in lines[2:]}
    assert rows["getppid"][7] == "7"
    assert rows["close"][8] == "3"
    assert rows["total"][:2] == ["100.00", rows["total"][1]]


def test_by_process_and_call_as_json() -> None:
    done = run(
        "-c", "--json", "--fd", "2", "--by", "process,call", "-e", "getppid", "--", sys.executable, "-Sc", SCRIPT
    )
    (row,) = map(json.loads, done.stderr.splitlines())
    assert re.fullmatch(rf"{os.path.basename(sys.executable)}-\d+", row["process"])
    assert (row["call"], row["calls"], row["errors"]) == ("getppid", 7, 0)
    assert row["min"] <= row["p50"] <= row["p99"] <= row["max"]
    assert row["total"] >= 7 * row["min"] > 0


def test_by_file_names_and_descriptors_count() -> None:
    done = run("-c", "-y", "--by", "file", "-e", "openat,read", "--", "cat", "/etc/hostname")
    (row,) = [line.split() for line in done.stderr.splitlines() if line.endswith(" /etc/hostname")]
    assert row[7] == "3"  # openat, read, read


def test_lines_and_the_summary_behind_them_also_every_so_often() -> None:
    done = run("-C", "--every", "0.000001", "-e", "clock_nanosleep", "--", sys.executable, "-Sc", SLEEPS)
    assert done.stderr.count("clock_nanosleep(CLOCK_MONOTONIC") == 9
    assert done.stderr.count("% time") >= 2  # at least one before the end, however busy the machine
    assert re.search(r" 9 +\S* +#* *clock_nanosleep\n", done.stderr.rpartition("% time")[2])


def test_what_does_not_go_together_is_said() -> None:
    done = run("-c", "--csv", "--fd", "2", "--", "true")
    assert (done.returncode, done.stderr) == (1, "tracefs: run: -c does not go with --csv\n")
    done = run("-c", "--by", "colour", "--", "true")
    assert (done.returncode, done.stderr) == (1, "tracefs: run: --by colour: one of call, process, file is needed\n")
