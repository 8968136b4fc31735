# SPDX-License-Identifier: GPL-2.0-only
"""The adapter alone, over a tree of two files."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import signal
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.mount.mounting import (
    PATIENCE,
    PYTHON,
    TRACEFS,
    Mounted,
    blocked,
    describe,
    eventually,
    gone,
    later,
    mounted,
    needs_fuse,
    refused,
)
from tracefs import mountpoints

pytestmark = needs_fuse

SOON = 5.0
"""Seconds that an instant answer may take on a loaded machine. A wait that nobody ends takes for ever."""


COMMAND = [*PYTHON, "-m", "tests.mount.fake"]


@pytest.fixture(scope="module")
def shared() -> Iterator[Mounted]:
    with mounted(COMMAND) as mount:
        yield mount


@pytest.fixture
def fake(shared: Mounted) -> Mounted:
    """A mount as new, for those that leave it alive."""
    shared.write("in", "reset")
    return shared


@pytest.fixture
def mortal() -> Iterator[Mounted]:
    """A mount of one's own, to end it."""
    with mounted(COMMAND) as mount:
        yield mount


def cat(path: Path) -> subprocess.Popen[bytes]:
    """A `cat` that already waits for data."""
    process = subprocess.Popen(["cat", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert eventually(lambda: blocked(process)), f"cat does not block: {describe(process.pid)}"
    return process


def test_the_root_is_its_owners_alone(fake: Mounted) -> None:
    assert fake.path.stat().st_mode & 0o7777 == 0o700


def test_names_and_modes(fake: Mounted) -> None:
    assert {entry.name: f"{entry.stat().st_mode:o}" for entry in os.scandir(fake.path)} == {
        "in": "100640",
        "pipe": "100440",
        "sub": "40750",
    }


def test_a_file_reads_as_a_whole_though_its_size_is_0(fake: Mounted) -> None:
    assert (fake.path / "in").stat().st_size == 0
    assert fake.read("in") == "empty\n"


def test_append_adds(fake: Mounted) -> None:
    with open(fake.path / "in", "a") as file:
        file.write("more\n")
    assert fake.read("in") == "empty\nmore\n"


def test_opening_to_write_over_empties(fake: Mounted) -> None:
    fake.write("in", "new\n")
    assert fake.read("in") == "new\n"


def test_truncate_without_open_does_nothing(fake: Mounted) -> None:
    os.truncate(fake.path / "in", 0)
    assert fake.read("in") == "empty\n"


REFUSED = {
    "create": (lambda root: (root / "new").touch(), errno.EACCES),
    "mkdir": (lambda root: (root / "new").mkdir(), errno.EPERM),
    "unlink": (lambda root: (root / "in").unlink(), errno.EPERM),
    "rmdir": (lambda root: (root / "sub").rmdir(), errno.EPERM),
    "rename": (lambda root: (root / "in").rename(root / "out"), errno.EPERM),
    "symlink": (lambda root: (root / "new").symlink_to("in"), errno.EPERM),
    "link": (lambda root: os.link(root / "in", root / "new"), errno.EPERM),
    "mknod": (lambda root: os.mknod(root / "new", 0o10600), errno.EPERM),
    "open": (lambda root: (root / "none").read_text(), errno.ENOENT),
    "open below a file": (lambda root: (root / "in" / "x").read_text(), errno.ENOTDIR),
    "a name that is no UTF-8": (lambda root: os.stat(os.fsencode(root) + b"/\xff"), errno.ENOENT),
    "xattr": (lambda root: os.getxattr(root / "in", "user.x"), errno.ENOTSUP),
}


@pytest.mark.parametrize(("operation", "number"), REFUSED.values(), ids=REFUSED)
def test_what_the_kernels_tracefs_refuses(fake: Mounted, operation: Callable[[Path], object], number: int) -> None:
    with refused(number):
        operation(fake.path)


def test_a_nodes_error_is_the_callers(fake: Mounted) -> None:
    with refused(errno.EINVAL):
        fake.write("in", "invalid")


def test_a_fault_inside_is_eio_and_leaves_the_mount_alive(mortal: Mounted) -> None:
    with refused(errno.EIO):
        mortal.write("in", "fault")
    assert mortal.status()["faults"] == 1
    assert mortal.status()["last_fault"] == "write failed: KeyError('a fault')"


@pytest.mark.parametrize("name", ["in", "pipe", "sub"])
def test_an_ioctl_that_is_not_known_is_refused_as_the_kernel_does(fake: Mounted, name: str) -> None:
    fd = os.open(fake.path / name, os.O_RDONLY)
    with refused(errno.ENOTTY):
        fcntl.ioctl(fd, termios.TCGETS, bytes(60))
    os.close(fd)
    assert fake.status()["faults"] == 0


def test_a_pipe_cannot_seek(fake: Mounted) -> None:
    fd = os.open(fake.path / "pipe", os.O_RDONLY)
    with refused(errno.ESPIPE):
        os.lseek(fd, 0, os.SEEK_CUR)
    os.close(fd)


def test_a_blocked_reader_gets_what_comes(fake: Mounted) -> None:
    reader = cat(fake.path / "pipe")
    fake.write("in", "data\n")
    assert reader.stdout
    assert reader.stdout.readline() == b"data\n"
    reader.kill()
    reader.wait(PATIENCE)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_ends_a_blocked_reader_at_once(fake: Mounted, number: signal.Signals) -> None:
    reader = cat(fake.path / "pipe")
    start = time.monotonic()
    reader.send_signal(number)
    assert reader.wait(PATIENCE) == -number
    assert time.monotonic() - start < SOON


def test_an_ignored_signal_does_not_end_a_blocked_reader(fake: Mounted) -> None:
    reader = cat(fake.path / "pipe")
    reader.send_signal(signal.SIGWINCH)
    reader.send_signal(signal.SIGCHLD)
    fake.write("in", "still here\n")
    assert reader.stdout
    assert reader.stdout.readline() == b"still here\n"
    reader.kill()
    reader.wait(PATIENCE)


def test_attaching_a_tracer_does_not_end_a_blocked_reader(fake: Mounted) -> None:
    """PTRACE_INTERRUPT reaches us as an interrupt with no signal: the read goes on."""
    reader = cat(fake.path / "pipe")
    seize = (
        "import ctypes, sys, time\n"
        "ptrace = ctypes.CDLL(None).ptrace\n"
        "assert ptrace(0x4206, int(sys.argv[1]), None, None) == 0\n"
        "assert ptrace(0x4207, int(sys.argv[1]), None, None) == 0\n"
        "time.sleep(0.3)\n"
    )
    subprocess.run([*PYTHON, "-c", seize, str(reader.pid)], check=True, timeout=PATIENCE)
    fake.write("in", "still here\n")
    assert reader.stdout
    assert reader.stdout.readline() == b"still here\n"
    reader.kill()
    reader.wait(PATIENCE)


def test_nonblocking_reads_say_eagain_also_when_set_later(fake: Mounted) -> None:
    fd = os.open(fake.path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(BlockingIOError):
        os.read(fd, 100)
    flags = fcntl.fcntl(fd, fcntl.F_GETFL)
    fcntl.fcntl(fd, fcntl.F_SETFL, flags & ~os.O_NONBLOCK)
    later(lambda: fake.write("in", "a"))
    assert os.read(fd, 100) == b"a"
    fcntl.fcntl(fd, fcntl.F_SETFL, flags)
    with pytest.raises(BlockingIOError):
        os.read(fd, 100)
    os.close(fd)


def test_two_readers_share(fake: Mounted) -> None:
    first, second = (os.open(fake.path / "pipe", os.O_RDONLY | os.O_NONBLOCK) for _ in range(2))
    fake.write("in", "abcd")
    assert os.read(first, 2) == b"ab"
    assert os.read(second, 9) == b"cd"
    os.close(first)
    os.close(second)


@pytest.mark.parametrize("kind", ["poll", "select", "epoll"])
def test_waiting_for_data_is_truthful(fake: Mounted, kind: str) -> None:
    fd = os.open(fake.path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    wait = waiter(kind, fd)
    assert not wait(0.1)
    later(lambda: fake.write("in", "x"))
    assert wait(PATIENCE)
    assert wait(0), "still unread"
    os.read(fd, 100)
    assert not wait(0)
    os.close(fd)


def waiter(kind: str, fd: int):  # type: ignore[no-untyped-def]
    """A function from seconds to whether fd is readable."""
    if kind == "select":
        return lambda seconds: bool(select.select([fd], [], [], seconds)[0])
    poll = select.epoll() if kind == "epoll" else select.poll()
    poll.register(fd, select.POLLIN)
    return lambda seconds: bool(poll.poll(seconds if kind == "epoll" else seconds * 1000))


def test_edge_triggered_epoll_wakes_for_each_new_edge(fake: Mounted) -> None:
    fd = os.open(fake.path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    epoll = select.epoll()
    epoll.register(fd, select.EPOLLIN | select.EPOLLET)
    assert not epoll.poll(0.1)
    for text in ("a", "b", "c"):
        later(lambda text=text: fake.write("in", text))  # type: ignore[misc]
        assert epoll.poll(PATIENCE)
        assert not epoll.poll(0.05), "an edge is told once"
        assert os.read(fd, 100) == text.encode()
        with pytest.raises(BlockingIOError):
            os.read(fd, 100)
    os.close(fd)


def test_many_blocked_readers_do_not_hold_up_others(fake: Mounted) -> None:
    readers = [cat(fake.path / "pipe") for _ in range(20)]
    assert fake.read("in") == "empty\n"
    for reader in readers:
        reader.kill()
    for reader in readers:
        reader.wait(PATIENCE)


def test_umount_ends_blocked_readers_and_the_daemon(mortal: Mounted) -> None:
    readers = [cat(mortal.path / "pipe") for _ in range(5)]
    done = subprocess.run([*TRACEFS, "umount", mortal.path], capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [reader.wait(PATIENCE) for reader in readers] == [0] * 5
    assert gone(mortal.daemon)
    assert os.listdir(mortal.path) == []


def test_a_plain_umount_ends_the_daemon(mortal: Mounted) -> None:
    unmount = ["umount"] if os.geteuid() == 0 else ["fusermount", "-u"]
    subprocess.run([*unmount, mortal.path], check=True, timeout=PATIENCE)
    assert gone(mortal.daemon)


def test_an_open_file_does_not_keep_the_daemon(mortal: Mounted) -> None:
    fd = os.open(mortal.path / "pipe", os.O_RDONLY)
    os.kill(mortal.daemon, signal.SIGTERM)
    assert gone(mortal.daemon)
    assert not mountpoints.is_mounted(str(mortal.path))
    # Which of the two depends on whether the connection was seen to break or is found broken.
    with pytest.raises(OSError, match=rf"\[Errno ({errno.ENOTCONN}|{errno.ECONNABORTED})\]"):
        os.read(fd, 1)
    with contextlib.suppress(OSError):
        os.close(fd)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_daemon_and_the_mount(mortal: Mounted, number: signal.Signals) -> None:
    reader = cat(mortal.path / "pipe")
    os.kill(mortal.daemon, number)
    assert gone(mortal.daemon)
    assert reader.wait(PATIENCE) == 0
    assert not mountpoints.is_mounted(str(mortal.path))


def test_umount_repairs_what_a_killed_daemon_left(mortal: Mounted) -> None:
    os.kill(mortal.daemon, signal.SIGKILL)
    assert eventually(lambda: mountpoints.is_dead(str(mortal.path)))
    status = subprocess.run([*TRACEFS, "status", mortal.path], capture_output=True, text=True, timeout=PATIENCE)
    assert "dead" in status.stdout
    subprocess.run([*TRACEFS, "umount", mortal.path], check=True, timeout=PATIENCE)
    assert not mountpoints.is_mounted(str(mortal.path))
    assert os.listdir(mortal.path) == []


def test_operations_run_side_by_side(fake: Mounted) -> None:
    failures: list[str] = []

    def work() -> None:
        for _ in range(50):
            text = fake.read("in")
            if text != "empty\n" or sorted(os.listdir(fake.path)) != ["in", "pipe", "sub"]:
                failures.append(text)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert failures == []
