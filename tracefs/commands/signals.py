# SPDX-License-Identifier: GPL-2.0-only
"""Signals while a command is traced: which ones it gets, which ones end us, and dying as it died."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import threading
from collections.abc import Collection, Iterator

ENDING = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP)
"""Meant to end the command: it gets them. Those typed at the terminal reach it by themselves."""
TYPED = (signal.SIGINT, signal.SIGQUIT)
HARMLESS = (
    signal.SIGCHLD,
    signal.SIGCONT,
    signal.SIGURG,
    signal.SIGWINCH,
    signal.SIGTSTP,
    signal.SIGTTIN,
    signal.SIGTTOU,
)
"""End no process."""


@contextlib.contextmanager
def held(outlive: bool) -> Iterator[frozenset[int]]:
    """Inside, signals that would end us wait: those of ENDING until forwarding() gives them on.

    outlive: no other signal ends us, either, as the command could not go on without us. (A fault of our own does: it
    cannot wait.) Gives the mask that was there before, for the command.
    """
    waiting = set(ENDING) | (signal.valid_signals() - set(HARMLESS) if outlive else set())
    before = frozenset(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, waiting)))
    try:
        yield before
    finally:
        if not outlive:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def forwarding(pid: int | None, ignored: Collection[int]) -> Iterator[threading.Event]:
    """Within held(): give the command the signals that are meant to end it; the event is set by the first of them.
    pid None: there is no command.

    What our caller ignored stays ignored.
    """
    asked_to_end = threading.Event()

    def forward(number: int, frame: object) -> None:
        asked_to_end.set()
        if pid is None or (number in TYPED and _in_foreground()):
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)

    numbers = [number for number in ENDING if number not in ignored]
    old = {number: signal.signal(number, forward) for number in numbers}
    signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)
    try:
        yield asked_to_end
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
        for number, handler in old.items():
            signal.signal(number, handler)


def _in_foreground() -> bool:
    """Does the terminal send its signals to our process group?"""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def die_of(number: int) -> int:
    """End as the command did: by this signal, and without a core of our own. Returns 128 + number where that does not
    end us (the first process of a PID namespace)."""
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, ValueError):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])
    os.kill(os.getpid(), number)
    return 128 + number
