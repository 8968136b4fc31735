# SPDX-License-Identifier: GPL-2.0-only
"""Which file a command's name stands for, and why a program could not be started."""

from __future__ import annotations

import errno
import os
import stat
import struct
from collections.abc import Iterable

from tracefs.capture._engine import ffi, lib

STEPS = {
    lib.CAP_STEP_FORK: "a process",
    lib.CAP_STEP_SEIZE: "ptrace",
    lib.CAP_STEP_FILES: "its descriptors and limits",
    lib.CAP_STEP_FILTER: "seccomp",
}
"""Of starting a program, those before its execve."""
THREAD, TIMER = "a thread", "a timer"
"""What the capture thread needs."""
_FAILURE = struct.Struct("=ii")  # struct cap_spawn_failure
assert _FAILURE.size == ffi.sizeof("struct cap_spawn_failure")


class StartError(OSError):
    """A program, or its tracing, was not started, for a reason that lies before the program's execve: `step` says
    where."""

    def __init__(self, number: int, step: int | str) -> None:
        """step: of STEPS, or in words."""
        super().__init__(number, os.strerror(number))
        self.step = step if isinstance(step, str) else STEPS[step]

    @property
    def refused(self) -> bool:
        """The kernel does not let us trace it."""
        return self.step == STEPS[lib.CAP_STEP_SEIZE]


def failure(report: bytes, name: str) -> OSError | None:
    """What a child reported; None where it executed its program."""
    if not report:
        return None
    step, number = _FAILURE.unpack(report)
    return OSError(number, os.strerror(number), name) if step == lib.CAP_STEP_EXEC else StartError(number, step)


def path_of(environ: Iterable[bytes]) -> bytes | None:
    """PATH in an environment, as getenv(3) finds it."""
    return next((entry[5:] for entry in environ if entry.startswith(b"PATH=")), None)


def find(name: bytes, path: bytes | None) -> bytes:
    """The file that execvp(3) would execute: a name without a slash is looked for in PATH and nowhere else (an empty
    part of PATH is the current directory).

    OSError: ENOENT, EACCES where only files were found that may not be executed.
    """
    if b"/" in name:
        return name
    denied = False
    for directory in path.split(b":") if path is not None and name else ():
        candidate = directory + b"/" + name if directory else b"./" + name
        try:
            if not stat.S_ISREG(os.stat(candidate).st_mode):
                continue
        except OSError as error:
            denied |= error.errno == errno.EACCES
            continue
        if os.access(candidate, os.X_OK, effective_ids=os.access in os.supports_effective_ids):
            return candidate
        denied = True
    number = errno.EACCES if denied else errno.ENOENT
    raise OSError(number, os.strerror(number), os.fsdecode(name))
