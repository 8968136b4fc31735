# SPDX-License-Identifier: GPL-2.0-only
"""What a write to trace_marker answers, where an event is lost and where it is of several pieces: beside the
kernel's."""

from __future__ import annotations

import errno
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Oracle
from tests.mount.mounting import PATIENCE, TRACEFS, mounted, needs_fuse

pytestmark = needs_fuse

WRITER = r"""
use POSIX; my ($file, $cpu, @pieces) = @ARGV;
my $mask = pack('Q', 1 << $cpu); syscall(203, 0, 8, $mask);
open(my $marker, '>', $file) or die; my $fd = fileno($marker);
my $vector = join '', map { pack('pQ', $_, length) } @pieces;
my $done = @pieces > 1 ? syscall(20, $fd, $vector, scalar @pieces) : syscall(1, $fd, $pieces[0], length $pieces[0]);
print $done, ' ', $done < 0 ? $!+0 : 0;
"""


@pytest.fixture(scope="module")
def ours() -> Iterator[Path]:
    with mounted([*TRACEFS, "mount", "--scope", "none"]) as made:
        (made.path / "instances/marked").mkdir()
        yield made.path / "instances/marked"


@pytest.fixture(params=["ours", "kernel"])
def instance(request: pytest.FixtureRequest) -> Path:
    if request.param == "ours":
        made: Path = request.getfixturevalue("ours")
        (made / "trace").write_text("")
        return made
    oracle: Oracle = request.getfixturevalue("oracle")
    return oracle.instance


def write(instance: Path, *pieces: str, cpu: int = 0, file: str = "trace_marker") -> tuple[int, int]:
    """What write(2), or writev(2) of several pieces, returned on that CPU, and errno."""
    argv = ["/usr/bin/perl", "-e", WRITER, instance / file, str(cpu), *pieces]
    said = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout
    done, error = said.split()
    return int(done), int(error)


def marks(instance: Path) -> list[str]:
    return re.findall(r"tracing_mark_write: (.*)", (instance / "trace").read_text())


@pytest.mark.parametrize("file", ["trace_marker", "trace_marker_raw"])
def test_no_room_is_ebadf(instance: Path, file: str) -> None:
    (instance / "options/overwrite").write_text("0")
    (instance / "buffer_size_kb").write_text("8")
    try:
        answers = [write(instance, "x" * 1000, file=file)]
        while answers[-1] == (1000, 0) and len(answers) < 100:
            answers.append(write(instance, "x" * 1000, file=file))
        assert answers[-1] == (-1, errno.EBADF)
        assert write(instance, "x" * 1000, cpu=1, file=file) == (1000, 0)  # that CPU has room
    finally:
        (instance / "options/overwrite").write_text("1")


def test_a_cpu_that_is_not_recorded_is_ebadf(instance: Path) -> None:
    before = (instance / "tracing_cpumask").read_text()
    (instance / "tracing_cpumask").write_text("2")
    try:
        assert write(instance, "on 0", cpu=0) == (-1, errno.EBADF)
        assert write(instance, "on 1", cpu=1) == (4, 0)
    finally:
        (instance / "tracing_cpumask").write_text(before)
    assert marks(instance) == ["on 1"]


def test_each_piece_of_a_writev_is_a_record(instance: Path) -> None:
    assert write(instance, "one\n", "two", "three") == (12, 0)
    assert marks(instance) == ["one", "two", "three"]


def test_a_writev_ends_at_the_piece_that_is_lost(instance: Path) -> None:
    pieces = ["abcd", "efg", "abc"]  # raw: shorter than its tag is EINVAL
    assert write(instance, *pieces, file="trace_marker_raw") == (4, 0)
    assert write(instance, *reversed(pieces), file="trace_marker_raw") == (-1, errno.EINVAL)


def test_a_lost_mark_runs_no_later_piece(ours: Path) -> None:
    assert write(ours, "x" * 5000, "after")[0] < 5000
    assert "after" not in marks(ours)
