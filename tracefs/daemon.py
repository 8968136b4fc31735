# SPDX-License-Identifier: GPL-2.0-only
"""The process behind a mount: its start, the signals that end it, and its end.

FUSE runs in a side thread, so that the main thread is free for signals: Python runs its handlers there only, and a
thread that waits for libfuse would never get to them.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from tracefs import mountpoints

if TYPE_CHECKING:
    from tracefs.capture import Engine
    from tracefs.tree import Tracefs

log = logging.getLogger("tracefs")

ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
LAST_REPLIES = 1.0
"""Seconds for woken readers to take their end of file before the process ends under them."""

_READY, _UNMOUNTED, _STOP = b"r", b"u", b"s"  # events of the main thread; other bytes are signal numbers


class MountError(Exception):
    """The mount could not be made; the text says why, in one line."""


class _Faults(logging.Handler):
    """Counts what went wrong inside, for `tracefs status` to tell where there is no log file."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.count, self.last = 0, ""

    def emit(self, record: logging.LogRecord) -> None:
        self.count += 1
        cause = record.exc_info[1] if record.exc_info else None
        self.last = record.getMessage() + (f": {cause!r}" if cause else "")


class Daemon:
    """Serves one tree on one directory."""

    def __init__(self, files: Tracefs, directory: str) -> None:
        self._files, self._directory = files, directory
        self._started = time.time()
        self._events, self._tell = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._faults = _Faults()
        log.addHandler(self._faults)

    def run(self, ready: Callable[[], None]) -> None:
        """Mount, call ready() when the mount answers, serve; return when that has ended and the tracees are free.

        To be called in the main thread. Raises MountError.
        """
        # The C-level handler writes the number from whatever thread the signal hits: none waits for the main thread.
        signal.set_wakeup_fd(self._tell, warn_on_full_buffer=False)
        for number in ENDING:
            signal.signal(number, lambda *_: None)
        try:
            with tempfile.TemporaryFile() as complaints:
                thread = self._mount(complaints.fileno())
            ready()
            event = self._next_event()
            log.info("ending: %s", _name(event))
        finally:
            # Tracees are freed and readers woken before the mount goes: who sees it gone may rely on both.
            self._files.shutdown()
        if event != _UNMOUNTED:
            with contextlib.suppress(OSError):
                mountpoints.detach(self._directory)
        thread.join(LAST_REPLIES)

    def _mount(self, complaints: int) -> threading.Thread:
        """Start the FUSE thread and wait for the kernel's first word. libfuse says on fd 2 why it could not."""
        failed: list[Exception] = []

        def fuse_thread() -> None:
            try:
                from tracefs import mount  # loads libfuse, which may be missing

                owner = mount.Owner(
                    ready=lambda: self._say(_READY),
                    status=self._status,
                    stop=lambda: self._say(_STOP),
                    visitors=cast("Engine", self._files.engine).visitors,
                )
                mount.serve(self._files.root, self._directory, owner)
            except Exception as error:
                failed.append(error)
            self._say(_UNMOUNTED)

        thread = threading.Thread(target=fuse_thread, name="fuse", daemon=True)
        stderr = os.dup(2)
        os.dup2(complaints, 2)
        try:
            thread.start()
            event = self._next_event()
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
        if event != _READY:
            raise MountError(_last_line(complaints) or (str(failed[0]) if failed else _name(event)))
        return thread

    def _say(self, event: bytes) -> None:
        with contextlib.suppress(OSError):
            os.write(self._tell, event)

    def _next_event(self) -> bytes:
        while True:
            select.select([self._events], [], [])
            with contextlib.suppress(BlockingIOError):
                return os.read(self._events, 1)

    def _status(self) -> bytes:
        """What `tracefs status` cannot read from the files."""
        engine = cast("Engine", self._files.engine)
        scope = self._files.scope
        return json.dumps(
            {
                "pid": os.getpid(),
                "started": self._started,
                "scope": scope.kind,
                "root": scope.top or scope.root,
                "alive": bool(scope.top) or scope.kind != "tree",
                "tracees": [[task.pid, task.tgid, task.comm] for task in engine.tracees()],
                "in_task": engine.in_task_reasons() if engine.in_task else None,
                "faults": self._faults.count,
                "last_fault": self._faults.last,
            }
        ).encode()


def _name(event: bytes) -> str:
    return {_UNMOUNTED: "unmounted", _STOP: "asked to"}.get(event) or signal.Signals(event[0]).name


def _last_line(fd: int) -> str:
    os.lseek(fd, 0, os.SEEK_SET)
    lines = os.read(fd, 1 << 16).decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""


def log_to(path: str | None) -> None:
    """Send the log and everything that this process might print to `path`, or nowhere."""
    fd = os.open(path or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    for standard in (1, 2):
        os.dup2(fd, standard)
    os.close(fd)


def start(run: Callable[[Callable[[], None]], None], log_file: str | None) -> None:
    """Run `run(ready)` in a process of its own session; return when it has called ready().

    Raises MountError with what the new process says, if it ends before.
    """
    # Opened here as well, so that a log file that cannot be written is an error of the caller's.
    os.close(os.open(log_file or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600))
    print(end="", flush=True)  # else both processes would
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _be_daemon(run, log_file, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as answers:
        answer = answers.read().decode(errors="replace")
    if answer != "ready":
        os.waitpid(child, 0)
        raise MountError(answer or "the daemon ended before the mount answered")


def _be_daemon(run: Callable[[Callable[[], None]], None], log_file: str | None, writer: int) -> None:
    """The child's side of start(): never returns."""

    def answer(text: str) -> None:
        os.write(writer, text.encode())
        os.close(writer)

    def ready() -> None:
        log_to(log_file)
        answer("ready")

    status = 1
    try:
        os.setsid()
        # Whatever else the caller has open is none of the daemon's: it would keep pipes and file systems busy.
        os.closerange(3, writer)
        os.closerange(writer + 1, os.sysconf("SC_OPEN_MAX"))
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        run(ready)
        status = 0
    except Exception as error:
        log.log(logging.INFO if isinstance(error, MountError) else logging.ERROR, "the daemon ended", exc_info=True)
        with contextlib.suppress(OSError):
            answer(str(error))
    finally:
        logging.shutdown()
        os._exit(status)
