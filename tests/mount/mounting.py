# SPDX-License-Identifier: GPL-2.0-only
"""Mounts for tests, taken away whatever happens in between."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tracefs import mountpoints

PATIENCE = 60.0
"""Seconds that anything may take on a loaded machine before it counts as hanging."""

ROOT = Path(__file__).parents[2]
PYTHON = ["env", f"PYTHONPATH={ROOT}", sys.executable]
"""Finds our packages from any directory, installed or not. (env executes; it is not a parent in between.)"""
TRACEFS = [*PYTHON, "-m", "tracefs.cli"]


def can_mount() -> bool:
    with contextlib.suppress(OSError):
        os.close(os.open("/dev/fuse", os.O_RDWR))
        return True
    return False


needs_fuse = [
    pytest.mark.mount,
    pytest.mark.skipif(not can_mount(), reason="NO FUSE: /dev/fuse cannot be opened here"),
]
"""For pytestmark."""


@dataclass(frozen=True)
class Mounted:
    path: Path
    daemon: int
    """Process id."""

    def status(self) -> dict[str, object]:
        answer: dict[str, object] = json.loads(os.getxattr(self.path, mountpoints.STATUS))
        return answer

    def read(self, name: str) -> str:
        return (self.path / name).read_text()

    def write(self, name: str, text: str) -> None:
        """As `echo text > name`: one open with O_TRUNC, one write."""
        fd = os.open(self.path / name, os.O_WRONLY | os.O_TRUNC)
        try:
            os.write(fd, text.encode())
        finally:
            os.close(fd)


@contextlib.contextmanager
def mounted(command: list[str]) -> Iterator[Mounted]:
    """Run `command DIR`, which mounts on DIR and returns. Ends the daemon, and the mount, however the test ends."""
    directory = os.path.realpath(tempfile.mkdtemp(prefix="tracefs-test-"))
    daemon = None
    try:
        done = subprocess.run([*command, directory], capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stderr
        daemon = json.loads(os.getxattr(directory, mountpoints.STATUS))["pid"]
        yield Mounted(Path(directory), daemon)
    finally:
        while mountpoints.is_mounted(directory):
            mountpoints.detach(directory)
        if daemon is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(daemon, signal.SIGKILL)
        os.rmdir(directory)


def gone(pid: int, seconds: float = PATIENCE) -> bool:
    """Wait for a process that is not ours to end."""
    return eventually(lambda: not _alive(pid), seconds)


def _alive(pid: int) -> bool:
    try:
        return _state(pid) not in "ZX"
    except OSError:
        return False


def _state(pid: int) -> str:
    """The letter of proc(5)'s stat."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def refused(number: int) -> pytest.RaisesExc[OSError]:
    """`with refused(errno.EINVAL):` expects that error."""
    return pytest.raises(OSError, match=rf"\[Errno {number}\]")


def eventually(condition: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    """Wait until the condition holds; false if it never does."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def blocked(process: subprocess.Popen[bytes]) -> bool:
    """Does this `cat FILE` sleep with FILE open? What it waits for then is its read.

    /proc/PID/syscall would say it outright, but some sandboxes do not fill it in.
    """
    assert isinstance(process.args, list)
    file, files = str(process.args[1]), f"/proc/{process.pid}/fd"
    try:
        return _state(process.pid) == "S" and file in [os.readlink(f"{files}/{fd}") for fd in os.listdir(files)]
    except PermissionError:
        return _state(process.pid) == "S"
    except OSError:
        return False


def describe(pid: int) -> str:
    """What /proc says of a process that does not do what it should."""
    lines = []
    for name in ("stat", "syscall", "wchan", "stack"):
        try:
            lines.append(f"{name}: {Path(f'/proc/{pid}/{name}').read_text().strip()}")
        except OSError as error:
            lines.append(f"{name}: {error}")
    return "; ".join(lines)


def closed(*numbers: int) -> dict[str, object]:
    """For subprocess: the child starts without these of its standard files."""
    return {"preexec_fn": lambda: [os.close(number) for number in numbers], "timeout": PATIENCE}


def later(action: Callable[[], object], seconds: float = 0.2) -> threading.Timer:
    """Do it in another thread, a little later, when the caller is likely to wait already."""
    timer = threading.Timer(seconds, action)
    timer.daemon = True
    timer.start()
    return timer
