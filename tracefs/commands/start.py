# SPDX-License-Identifier: GPL-2.0-only
"""Starting the command that `tracefs run` traces: as its caller would have, and what to say where that cannot be."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from tracefs import inherited
from tracefs.capture import Child, Engine, Limit, StartError
from tracefs.capture.policy.program import find, path_of
from tracefs.commands import CommandError
from tracefs.commands.holder import holder

NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""Statuses of a shell, where a command cannot be executed."""
EXECUTABLE_ERRORS = (errno.ENOENT, errno.ENOTDIR)
LIMITS = {errno.EAGAIN: "ulimit -u, ulimit -i, pids.max", errno.EMFILE: "ulimit -n"}
"""Where to look when there are no more processes, threads, timers or descriptors."""
DOCTOR = "`tracefs doctor` says what is missing"


@dataclass(frozen=True)
class Start:
    """How the command is to be started."""

    argv: Sequence[str]
    environ: Sequence[str] = ()
    """Changes to the environment, as -E has them."""
    only: Collection[int] | None = None
    """Numbers of the calls that it stops at; None: all."""
    blocked: Collection[int] = ()
    limits: Sequence[Limit] = ()
    """Resource limits that it has in place of ours."""


def start(engine: Engine, how: Start) -> Child:
    """Start it traced. CommandError."""
    name, given, closed = how.argv[0], inherited.environ(), inherited.closed_files()
    stdin, stdout, stderr = (-1 if number in closed else number for number in range(3))
    with refused(name):
        return engine.spawn(
            how.argv,
            program=find(os.fsencode(name), path_of(given)),
            env=inherited.changed(given, [os.fsencode(change) for change in how.environ]),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            ignored=inherited.ignored_signals(),
            blocked=how.blocked,
            limits=how.limits,
            only=how.only,
        )


@contextlib.contextmanager
def refused(name: str) -> Iterator[None]:
    """Inside, what keeps command `name` from being started, or traced, becomes a CommandError."""
    try:
        yield
    except StartError as error:
        limits = LIMITS.get(error.errno or 0)
        text = f"cannot start {name}: {error.step}: {error.strerror}" + (f" (see {limits})" if limits else "")
        raise CommandError(_refusal(error) if error.refused else text) from None
    except OSError as error:
        if error.filename is None:
            raise CommandError(f"cannot start {name}: {error.strerror}") from None
        status = NOT_FOUND if error.errno in EXECUTABLE_ERRORS else NOT_EXECUTABLE
        raise CommandError(f"{name}: {error.strerror}", status=status) from None


def _refusal(error: StartError) -> str:
    """Why the kernel does not let us trace a child of our own."""
    text = f"ptrace: {error.strerror}"
    who = holder()
    return f"{text}: {who}" if who else f"{text}: this process may not trace its children ({DOCTOR})"
