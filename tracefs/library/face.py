# SPDX-License-Identifier: GPL-2.0-only
"""The functions of `import tracefs`. Their names and arguments are stable."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from tracefs.library import sources
from tracefs.library.sources import Options, Trace, Words

Settings = Mapping[str, str] | Sequence[tuple[str, str]]


def trace(
    command: Sequence[str | os.PathLike[str]],
    *,
    events: Words = (),
    filter: Words = (),
    paths: Words = (),
    failed: bool | None = None,
    errno: Words = (),
    size: int | None = None,
    descriptors: bool = False,
    stack: bool = False,
    settings: Settings = (),
    env: Mapping[str, str] | None = None,
    stdin: int = 0,
    stdout: int = 1,
    stderr: int = 2,
) -> Trace:
    """Run a command, traced from its first execve, with all that it starts.

    events, filter, paths, errno, size, descriptors, settings: as -e, -f, -P, --errno, -s, -y, --set of `tracefs run`.
    failed: only calls that failed (True), or that did not (False). stack: Call.stack is wanted. env: of the command,
    None: ours. stdin, stdout, stderr: descriptors that it gets.

    Raises OSError where it cannot be executed, tracefs.Error where what is asked for cannot be.
    """
    options = Options(events, filter, paths, failed, errno, size, descriptors, stack, settings)
    return sources.trace(command, options, env=env, stdin=stdin, stdout=stdout, stderr=stderr)


def attach(
    *targets: int | str,
    depth: int | None = None,
    events: Words = (),
    filter: Words = (),
    paths: Words = (),
    failed: bool | None = None,
    errno: Words = (),
    size: int | None = None,
    descriptors: bool = False,
    stack: bool = False,
    settings: Settings = (),
) -> Trace:
    """Trace processes that run, by number or name, and `depth` generations of children (None: all). To be closed: they
    run on."""
    options = Options(events, filter, paths, failed, errno, size, descriptors, stack, settings)
    return sources.trace((), options, attach=targets, depth=depth)


def recording(
    file: str | os.PathLike[str],
    *,
    events: Words = (),
    filter: Words = (),
    paths: Words = (),
    failed: bool | None = None,
    errno: Words = (),
    size: int | None = None,
    settings: Settings = (),
) -> Trace:
    """What `tracefs run --trace-dat -w FILE` (or trace-cmd) recorded. Raises OSError, tracefs.Error."""
    return sources.recording(file, Options(events, filter, paths, failed, errno, size, settings=settings))


def mounted(directory: str | os.PathLike[str]) -> Trace:
    """What the buffer of a mount, or of an instance in it, holds now; it is emptied. What is recorded there is for its
    control files to say. Raises OSError."""
    return sources.mounted(directory)
