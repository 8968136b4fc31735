# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs hist`: the files of hist triggers as bars."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.mount.mounting import PATIENCE, TRACEFS
from tracefs.front.histograms import draw, parse

HIST = """\
# event histogram
#
# trigger info: hist:keys=id.syscall:vals=hitcount,lat:sort=lat.descending:size=2048 [active]
#

{ id: sys_getdents64                [217] } hitcount:       1400  lat:     140000
{ id: sys_openat                    [257] } hitcount:        701  lat:      70000
{ id: sys_close                     [  3] } hitcount:        700  lat:       1000

Totals:
    Hits: 2801
    Entries: 3
    Dropped: 2
"""
STACKS = """\
# trigger info: hist:keys=common_stacktrace,common_pid:vals=hitcount:sort=hitcount:size=2048 [paused]
{ common_stacktrace:
         foo+0x1/0x2
         bar+0x1/0x2
, common_pid:         12 } hitcount:          3
"""


def show(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [
        "env",
        "COLUMNS=60",
        "PYTHONIOENCODING=utf-8",
        *(f"{name}={value}" for name, value in environment.items()),
    ]
    return subprocess.run(
        [*command, *TRACEFS, "hist", *map(str, words)], capture_output=True, text=True, timeout=PATIENCE, check=False
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """As in a mount."""
    event = tmp_path / "events/raw_syscalls/sys_exit"
    event.mkdir(parents=True)
    (event / "hist").write_text(HIST)
    (event / "trigger").write_text("hist:keys=id.syscall:vals=hitcount,lat [active]\n")
    (tmp_path / "saved_cmdlines").write_text("12 make\n")
    return event / "hist"


def test_bars_are_as_long_as_the_values_that_the_trigger_sorts_by(file: Path) -> None:
    done = show(file)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "raw_syscalls:sys_exit\n"
        "id: lat\n"
        "sys_getdents64 140,000 █████████████████████████████████████\n"
        "sys_openat      70,000 ██████████████████▌\n"
        "sys_close        1,000 ▎\n"
        "2 dropped: the table is full\n"
    )


def test_another_value_fewer_rows_and_no_unicode(file: Path) -> None:
    done = show("--by", "hitcount", "--top", "1", file, PYTHONIOENCODING="ascii")
    assert done.stdout.splitlines()[1:4] == ["id: hitcount", f"sys_getdents64 1,400 {'#' * 39}", "2 more: 1,401"]


def test_all_of_a_mount_or_one_by_its_event(file: Path) -> None:
    mount = file.parents[3]
    assert show("--mount", mount).stdout == show(file).stdout
    assert show("--mount", mount, "raw_syscalls:sys_exit").stdout == show(file).stdout


def test_numbers_get_names(file: Path) -> None:
    text = "# trigger info: hist:keys=common_pid,id,ret:vals=hitcount [active]\n"
    file.write_text(
        text + "{ common_pid:         12, id:          0, ret: 18446744073709551614 } hitcount:          5\n"
    )
    assert show(file).stdout.splitlines()[2].startswith("make-12, read, -ENOENT 5 █")


def test_stacks_are_one_key() -> None:
    (histogram,) = parse(STACKS)
    assert histogram.rows[0].keys == {"common_stacktrace": "foo+0x1/0x2 bar+0x1/0x2", "common_pid": "12"}
    assert next(draw(histogram, 60, 1)) == "common_stacktrace common_pid: hitcount [paused]"


def test_what_cannot_be_shown_is_said(file: Path, tmp_path: Path) -> None:
    assert show("--by", "size", file).stderr == "tracefs: hist: --by size: this one has hitcount, lat\n"
    assert show(tmp_path / "none/hist").stderr == f"tracefs: hist: {tmp_path}/none/hist: No such file or directory\n"
    assert show("--top", "0", file).stderr == "tracefs: hist: --top and --every need a number above 0\n"
    (file.with_name("trigger")).write_text("# Available triggers:\n# traceon\n")
    assert show("--mount", file.parents[3]).stdout == "no event has a hist trigger\n"
