# SPDX-License-Identifier: GPL-2.0-only
"""Reading with anything: what tools make of a file of a mount is what they make of a plain file with the same bytes.

Tools use st_size, lseek(2), splice(2), sendfile(2) and copy_file_range(2), each in its own way, before they fall back
to read(2).
"""

from __future__ import annotations

import errno
import mmap
import os
import select
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.mount.mounting import PATIENCE, TRACEFS, Mounted, mounted, needs_fuse, refused

pytestmark = needs_fuse

UUTILS = "/usr/lib/cargo/bin/coreutils/"
"""Where Debian and Ubuntu have them."""

READINGS = {
    "cat": "cat FILE",
    "cat <": "cat < FILE",
    "tail": "tail FILE",
    "tail +2": "tail -n +2 FILE",
    "tail -c": "tail -c 100 FILE",
    "head": "head FILE",
    "head -c": "head -c 5000 FILE",
    "head -c -": "head -c -10 FILE",
    "wc -c": "wc -c < FILE",
    "wc -l": "wc -l < FILE",
    "tac": "tac FILE",
    "less": "less FILE",
    "cp": "cp FILE OUT && /bin/cat OUT",
    "dd": "dd if=FILE bs=4096 2> /dev/null",
    "dd skip": "dd if=FILE bs=512 skip=2 2> /dev/null",
    "grep": "grep -c e FILE",
    "gzip": "gzip -c < FILE | /bin/gzip -dc",
}
"""Commands of a shell; the first word of each is the tool."""

UUTILS_HAS = ("cat", "tail", "head", "wc", "tac", "cp", "dd")
BUSYBOX_HAS_NOT = ("head -c -",)  # in Debian's build
STREAMS_CANNOT = {"gnu": ("head -c -",), "uutils": ("head -c -", "wc -c", "dd skip")}
"""What goes wrong with a regular file that cannot seek, on the kernel's trace_pipe as well: GNU head -c -N and uutils
dd insist on it. And uutils 0.0.17 believes any size but 0 (later ones look closer), and its head -c -N is wrong on
pipes."""


def gnu(reading: str) -> str | None:
    return reading if shutil.which(reading.split()[0]) else None


def busybox(reading: str) -> str | None:
    return f"busybox {reading}" if shutil.which("busybox") else None


def uutils(reading: str) -> str | None:
    return UUTILS + reading if os.path.exists(UUTILS + reading.split()[0]) else None


FAMILIES: dict[str, tuple[Callable[[str], str | None], list[str]]] = {
    "gnu": (gnu, list(READINGS)),
    "busybox": (busybox, [name for name in READINGS if name not in BUSYBOX_HAS_NOT]),
    "uutils": (uutils, [name for name in READINGS if name.split()[0] in UUTILS_HAS]),
}


def of_shell(command: str, file: Path, work: Path) -> bytes:
    """The output of a tool."""
    text = command.replace("FILE", str(file)).replace("OUT", str(work / "out"))
    done = subprocess.run(["/bin/sh", "-c", text], capture_output=True, timeout=PATIENCE)
    return (
        done.stdout
    )  # GNU head and gzip have something to say of a trace_pipe, also of the kernel's, after it went well


def of_python(file: Path, work: Path) -> dict[str, bytes]:
    """By the ways that Python has."""
    shutil.copyfile(file, work / "copy")
    return {
        "read": file.read_bytes(),
        "unbuffered": open(file, "rb", buffering=0).read(),
        "lines": b"".join(open(file, "rb")),
        "shutil": (work / "copy").read_bytes(),
    }


def read2(file: Path, size: int = 1 << 16) -> bytes:
    """All that read(2) gives."""
    fd = os.open(file, os.O_RDONLY)
    try:
        return b"".join(iter(lambda: os.read(fd, size), b""))
    finally:
        os.close(fd)


@pytest.fixture(scope="module")
def mount() -> Iterator[Mounted]:
    with mounted([*TRACEFS, "mount", "--scope", "none"]) as made:
        yield made


def fill(mount: Mounted, size: int) -> None:
    """Lines of about `size` bytes, and no more to come."""
    mount.write("tracing_on", "1")
    mount.write("trace", "")
    fd = os.open(mount.path / "trace_marker", os.O_WRONLY)
    try:
        for number in range(max(size // 3000, 20)):
            os.write(fd, b"%d here: %s" % (number, b"x" * (2960 if size > 3000 else 10)))
    finally:
        os.close(fd)
    mount.write("tracing_on", "0")


@dataclass(frozen=True)
class Case:
    """A file to read, and what makes it long enough and refills it where a reading consumes."""

    name: str
    text: int = 0
    consumes: bool = False


SHORT, LONG, VERY_LONG, ENDLESS = 2000, 1_500_000, 10_000_000, 18_000_000
CASES = [
    Case("trace", SHORT),
    Case("trace", LONG),
    Case("trace_pipe", SHORT, consumes=True),
    Case("trace_pipe", LONG, consumes=True),
    Case("tracing_on"),
    Case("trace_options"),
    Case("events/sched/sched_process_fork/format"),
    Case("events/syscalls/sys_enter_ioctl/format"),
    pytest.param(Case("trace", VERY_LONG), marks=pytest.mark.soak),
    pytest.param(Case("trace_pipe", VERY_LONG, consumes=True), marks=pytest.mark.soak),
    pytest.param(Case("trace", ENDLESS), marks=pytest.mark.soak),
]


def name_of(case: object) -> str:
    return f"{case.name.rpartition('/')[2]}-{case.text}" if isinstance(case, Case) else str(case)


@pytest.fixture
def ready(mount: Mounted, case: Case, tmp_path: Path) -> tuple[Callable[[], Path], Path]:
    """What gives the file to read, each time as new, and a plain file with the same bytes."""
    mount.write("buffer_size_kb", "32768")
    if case.text:
        fill(mount, case.text)
    file, plain = mount.path / case.name, tmp_path / "plain"
    if not case.consumes:
        plain.write_bytes(read2(file))
        return lambda: file, plain

    def again() -> Path:
        fill(mount, case.text)
        lines = read2(mount.path / "trace").splitlines(keepends=True)
        plain.write_bytes(b"".join(line for line in lines if not line.startswith(b"#")))
        return file

    return again, plain


@pytest.mark.parametrize("case", CASES, ids=name_of)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_tool_reads_what_it_reads_of_a_plain_file(
    family: str, case: Case, ready: tuple[Callable[[], Path], Path], tmp_path: Path
) -> None:
    make, names = FAMILIES[family]
    cannot = STREAMS_CANNOT.get(family, ()) if case.consumes or case.text > VERY_LONG else ()
    commands = {name: command for name in names if name not in cannot and (command := make(READINGS[name]))}
    if not commands:
        pytest.skip(f"no {family} here")
    again, plain = ready
    for name, command in commands.items():
        file = again()
        got = of_shell(command, file, tmp_path)
        assert got == of_shell(command, plain, tmp_path), f"{family} {name}: {got[:200]!r}"


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_python_reads_what_read2_does(case: Case, ready: tuple[Callable[[], Path], Path], tmp_path: Path) -> None:
    again, plain = ready
    if case.consumes:
        for buffering in (-1, 0):
            with open(again(), "rb", buffering=buffering) as file:
                assert file.read() == plain.read_bytes()
        shutil.copyfile(again(), tmp_path / "copy")
        assert (tmp_path / "copy").read_bytes() == plain.read_bytes()
    else:
        file, expected = again(), plain.read_bytes()
        assert of_python(file, tmp_path) == dict.fromkeys(("read", "unbuffered", "lines", "shutil"), expected)


def test_the_length_is_true(mount: Mounted) -> None:
    fill(mount, SHORT)
    for name in (
        "trace",
        "tracing_on",
        "trace_options",
        "README",
        "snapshot",
        "events/sched/sched_process_fork/format",
    ):
        assert os.stat(mount.path / name).st_size == len(read2(mount.path / name)), name


def test_a_very_long_trace_is_a_stream(mount: Mounted) -> None:
    """To tell its length would take long: docs/differences.md says what is given up."""
    mount.write("buffer_size_kb", "32768")
    fill(mount, ENDLESS)
    size = os.stat(mount.path / "trace").st_size
    assert size == 4096
    with open(mount.path / "trace", "rb") as file, refused(errno.ESPIPE):
        os.lseek(file.fileno(), 0, os.SEEK_SET)


def test_a_stream_is_always_longer_than_what_was_read_of_it(mount: Mounted) -> None:
    fill(mount, LONG)
    fd = os.open(mount.path / "trace_pipe", os.O_RDONLY)
    try:
        got = 0
        while data := os.read(fd, 1 << 20):
            got += len(data)
            assert os.fstat(fd).st_size > got
        assert got > LONG
    finally:
        os.close(fd)


def test_the_text_that_fstat_measured_is_read(mount: Mounted) -> None:
    """Also where events come between the two."""
    fill(mount, SHORT)
    mount.write("tracing_on", "1")
    with open(mount.path / "trace", "rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        mount.write("trace_marker", "one more")
        assert len(os.pread(file.fileno(), 1 << 16, 0)) == size
        assert b"one more" in os.pread(file.fileno(), 1 << 16, 0)  # a second reading is of now


@pytest.mark.parametrize("name", ["trace", "trace_pipe", "tracing_on"])
def test_splice_is_refused_and_so_its_users_read(mount: Mounted, name: str) -> None:
    """The same error as the kernel's control files give; 0 would be the end of the file."""
    fill(mount, SHORT)
    fd, pipe = os.open(mount.path / name, os.O_RDONLY | os.O_NONBLOCK), os.pipe()
    try:
        with refused(errno.EINVAL):
            os.splice(fd, pipe[1], 4096)
        with refused(errno.EINVAL):
            os.sendfile(pipe[1], fd, None, 4096)
    finally:
        for each in (fd, *pipe):
            os.close(each)


@pytest.mark.parametrize("name", ["per_cpu/cpu0/trace_pipe_raw", "trace_pipe"])
def test_a_private_mapping_of_a_stream_shows_nothing(mount: Mounted, name: str) -> None:
    """FUSE cannot refuse it, and it must not kill its owner."""
    with open(mount.path / name, "rb", buffering=0) as file:
        mapping = mmap.mmap(file.fileno(), 4096, mmap.MAP_PRIVATE, mmap.PROT_READ)
        assert mapping[:] == bytes(4096)
        mapping.close()
        with refused(errno.ENODEV):
            mmap.mmap(file.fileno(), 4096, mmap.MAP_SHARED, mmap.PROT_READ)


def test_a_private_mapping_of_a_text_shows_it(mount: Mounted) -> None:
    with open(mount.path / "README", "rb") as file:
        mapping = mmap.mmap(file.fileno(), 0, mmap.MAP_PRIVATE, mmap.PROT_READ)
        assert mapping[:] == (mount.path / "README").read_bytes()
        mapping.close()


def test_direct_io_is_refused(mount: Mounted) -> None:
    for name in ("trace", "tracing_on", "trace_pipe"):
        with refused(errno.EINVAL):
            os.open(mount.path / name, os.O_RDONLY | os.O_DIRECT)


def test_the_end_of_a_file_is_where_the_kernels_is(mount: Mounted) -> None:
    """A seq_file has none, and others have size 0 there."""
    for name in ("trace", "trace_options", "set_event", "error_log", "events/sched/sched_process_fork/format"):
        with open(mount.path / name, "rb", buffering=0) as file, refused(errno.EINVAL):
            os.lseek(file.fileno(), 0, os.SEEK_END)
    for name in ("tracing_on", "buffer_size_kb", "events/enable", "README"):
        with open(mount.path / name, "rb", buffering=0) as file:
            assert os.lseek(file.fileno(), 0, os.SEEK_END) == 0


def test_files_are_ready_for_writing(mount: Mounted) -> None:
    both = select.POLLIN | select.POLLOUT
    for name, flags in (("trace_marker", os.O_WRONLY), ("tracing_on", os.O_RDWR), ("trace", os.O_RDONLY)):
        fd = os.open(mount.path / name, flags)
        poll = select.poll()
        poll.register(fd, both)
        assert poll.poll(0) == [(fd, both)], name
        os.close(fd)


def test_truncating_does_nothing_but_work(mount: Mounted) -> None:
    """truncate(2) and ftruncate(2) alone, as in the kernel; the shell's `>` is an open with O_TRUNC."""
    fill(mount, SHORT)
    before = read2(mount.path / "trace")
    os.truncate(mount.path / "trace", 0)
    with open(mount.path / "trace", "r+b", buffering=0) as file:
        file.truncate(0)
    assert read2(mount.path / "trace") == before
