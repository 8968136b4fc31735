# SPDX-License-Identifier: GPL-2.0-only
"""What our caller gave this process, as it was before Python's own start changed it: `tracefs run` hands it on."""

from __future__ import annotations

import errno
import fcntl
import functools
import os
import signal
import sys
from collections.abc import Sequence

MARK = b"\1"
"""In front of entries of the environment that launcher.c kept from the loader."""
PYTHON_IGNORES = frozenset((signal.SIGPIPE, signal.SIGXFSZ))
"""Ignored from Python's start on, whatever they were before."""

_closed: frozenset[int] = frozenset()


def _launched_with() -> int | None:
    """The mask of launcher.c: bit n - 1 where signal n was ignored. None: it did not start us."""
    mask = getattr(sys, "_xoptions", {}).get("tracefs")
    return int(mask, 16) if isinstance(mask, str) else None


@functools.cache
def environ() -> tuple[bytes, ...]:
    """The environment, entry by entry, as execve(2) was given it: with duplicates, and entries that have no `=`."""
    try:
        with open("/proc/self/environ", "rb", buffering=0) as file:
            entries = file.readall().split(b"\0")[:-1]
    except OSError:  # no /proc: all that Python has kept
        entries = [key + b"=" + value for key, value in os.environb.items()]
    if _launched_with() is not None:
        entries = [entry.removeprefix(MARK) for entry in entries]
    return tuple(entries)


def changed(entries: Sequence[bytes], changes: Sequence[bytes]) -> list[bytes]:
    """An environment with each change made to it in turn, as putenv(3) does: NAME=VALUE sets, NAME alone removes."""
    result = list(entries)
    for change in changes:
        name, sets, _ = change.partition(b"=")
        places = [place for place, entry in enumerate(result) if entry.startswith(name + b"=")]
        if not sets:
            result = [entry for place, entry in enumerate(result) if place not in places]
        elif places:
            result[places[0]] = change
        else:
            result.append(change)
    return result


def ignored_signals() -> frozenset[int]:
    """The signals that were ignored. Without the launcher it is not known of SIGPIPE and SIGXFSZ: taken as not."""
    mask = _launched_with()
    if mask is not None:
        return frozenset(number for number in range(1, signal.NSIG) if mask >> (number - 1) & 1)
    ignored = {number for number in signal.valid_signals() if signal.getsignal(number) is signal.SIG_IGN}
    return frozenset(map(int, ignored - PYTHON_IGNORES))


def closed_files() -> frozenset[int]:
    """Which of 0, 1 and 2 were closed."""
    return _closed


def fill_standard_files() -> None:
    """Open what the caller has closed of 0, 1 and 2: else the next file opened would be taken for it."""
    global _closed
    _closed = frozenset(number for number in range(3) if _is_closed(number))
    while (fd := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(fd, True)
    os.close(fd)


def _is_closed(number: int) -> bool:
    try:
        fcntl.fcntl(number, fcntl.F_GETFD)
    except OSError as error:
        return error.errno == errno.EBADF
    return False
