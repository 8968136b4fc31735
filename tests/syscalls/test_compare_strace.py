# SPDX-License-Identifier: GPL-2.0-only
"""scripts/compare-strace: what counts as a symbol, and which calls are compared."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

COMPARE = Path(__file__).resolve().parent.parent.parent / "scripts/compare-strace"
STRACE = """\
10 1.000001 openat(AT_FDCWD, "/etc\\303\\251", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory) <0.000010>
10 1.000002 newfstatat(3, "", {st_mode=S_IFREG|0644, st_size=5 /* five */, ...}, AT_EMPTY_PATH) = 0 <0.000010>
11 1.000003 read(3,  <unfinished ...>
10 1.000004 getpid() = 10 <0.000010>
11 1.000005 <... read resumed>"abc", 3) = 3 <0.000010>
10 1.000006 +++ exited with 0 +++
"""
OURS = """\
20 1.000001 getppid() = 1 <0.000010>
20 1.000001 openat(AT_FDCWD, "/etc\\xc3\\xa9", O_RDONLY|0x80000) = -1 ENOENT (No such file or directory) <0.000010>
20 1.000002 newfstatat(3, "", {st_mode=S_IFREG|0644, st_size=7}, AT_EMPTY_PATH) = 0 <0.000010>
20 1.000004 getpid() = 20 <0.000010>
21 1.000003 read(3, "abc", 3) = 3 <0.000010>
"""


def test_each_symbol_of_strace_s_has_to_stand_in_ours(tmp_path: Path) -> None:
    (tmp_path / "strace").write_text(STRACE)
    (tmp_path / "ours").write_text(OURS)
    command = [sys.executable, COMPARE, "--lines", tmp_path / "strace", tmp_path / "ours", "--below", "98"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.splitlines()[1:] == [
        "openat                         1        5        1   80.00%            0",
        "newfstatat                     1        5        0  100.00%            0",
        "getpid                         1        0        0  100.00%            0",
        "read                           1        1        0  100.00%            0",
        "all                            4       11        1   90.91%            0",
        "calls of strace's without a counterpart: 0",
        "  lacks     1 openat: 'O_CLOEXEC'",
    ]
    assert done.returncode == 1


def test_what_stands_in_a_symbol_s_place_contradicts_it(tmp_path: Path) -> None:
    (tmp_path / "strace").write_text("10 1.000001 lseek(3, 0, SEEK_CUR) = 0 <0.000010>\n")
    (tmp_path / "ours").write_text("20 1.000001 lseek(3, 0, SEEK_END) = 0 <0.000010>\n")
    command = [sys.executable, COMPARE, "--lines", tmp_path / "strace", tmp_path / "ours"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.splitlines()[1:] == [
        "lseek                          1        1        1    0.00%            1",
        "all                            1        1        1    0.00%            1",
        "calls of strace's without a counterpart: 0",
        "  lacks     1 lseek: 'SEEK_CUR'",
        "  ours alone     1 lseek: 'SEEK_END'",
    ]


def test_tasks_are_matched_by_the_order_of_their_birth(tmp_path: Path) -> None:
    """Whichever of two children runs first."""
    births = ["1 fork() = {}", "1 fork() = {}"]
    first, second = '{} openat(AT_FDCWD, "a", O_RDONLY) = 3', "{} lseek(3, 0, SEEK_SET) = 0"
    theirs = "\n".join([births[0].format(2), births[1].format(3), first.format(2), second.format(3)])
    ours = "\n".join([births[0].format(8), births[1].format(9), second.format(9), first.format(8)])
    (tmp_path / "strace").write_text(theirs)
    (tmp_path / "ours").write_text(ours)
    command = [sys.executable, COMPARE, "--lines", tmp_path / "strace", tmp_path / "ours"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.splitlines()[-2:] == [
        "all                            4        4        0  100.00%            0",
        "calls of strace's without a counterpart: 0",
    ]
