# SPDX-License-Identifier: GPL-2.0-only
"""One traced command over a tree of its own: what `tracefs run` does.

Settings go through the same files as in a mount, so they mean the same and fail the same.
"""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from tracefs.capture import Child, Engine, Scope
from tracefs.commands import CommandError, started
from tracefs.tree import Tracefs
from tracefs.tree.node import Context, Directory, File, Handle

BUFFER_KB = 16 << 10
"""Per CPU. What the drain below does not keep up with waits here; beyond that it is lost, and said so in its place."""
SUBBUF_KB = 64
"""Of one sub-buffer, which an event must fit into, since paths, long directory listings and lists of arguments are to be whole."""
RECORDED = ("perf", "trace-dat")
"""Forms that are no lines: recorded.FORMS."""
SAVED_TASKS = 32768
"""Names that are kept for a recording: those of all tasks go into it at the end."""
STRUCTURED_KB = 128 << 10
"""The same where each call is decoded in Python, which takes longer than a call of the traced program may."""
CLOCK = "mono"
"""Of structured output: one that the time of day is at a known distance from."""
OPTIONS = ("syscall_arg_decode", "syscall_user_exit", "syscall_whole_paths")
"""Arguments and results in words, paths whole, unless `-o no...` says otherwise."""
EVENTS = ("syscalls:*", "signal:signal_deliver", "sched:sched_process_exit")
"""What structured output records where nothing else is asked for."""
CHUNK = 1 << 20
"""Bytes of text taken at once."""
PLENTY = 1 << 16
"""Bytes of text below which more is waited for: a reader on the heels of the program takes it a CPU, line by line."""
SHORTEST, LONGEST = 0.01, 0.05
"""Seconds between two looks at the buffer. Looking by the clock keeps wake-ups out of the traced program's way."""


@dataclass(frozen=True)
class Request:
    """What is to be traced, and how it is shown."""

    argv: Sequence[str]
    options: Sequence[str] = ()
    """As written to trace_options."""
    events: Sequence[str] = ()
    """As written to set_event; none: all that the form shows."""
    output: str | None = None
    """A file's name; None: stderr."""
    form: str | None = None
    """None for the tracer's lines, or one of structured.FORMS or RECORDED."""
    size: int | None = None
    """Bytes of texts and data that are saved."""
    seccomp: bool = False
    """Only calls that are recorded stop the program; then all that it started is waited for, however we are asked to end, as
    its filter must not be left without us."""
    verbose: bool = False
    """Nothing is cut to make lines short: lists are whole, and the form "strace" abbreviates nothing."""


def trace(request: Request) -> int:
    """Run a command traced; returns its exit status, 128 + n where signal n ended it."""
    argv, output, form = request.argv, request.output, request.form
    if not argv:
        raise CommandError("run: no command given")
    if form in RECORDED and output is None:
        raise CommandError(f"run: --{form} needs -w FILE")
    out = os.dup(2) if output is None else os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    if form in RECORDED and not stat.S_ISREG(os.fstat(out).st_mode):
        os.close(out)
        raise CommandError(f"run: {output}: --{form} needs a regular file")
    files = Tracefs(scope=Scope("none"), on_error=lambda message: print(f"tracefs: {message}", file=sys.stderr))
    engine = cast(Engine, files.engine)
    try:
        _configure(files.root, request)
        try:
            child = engine.spawn(argv, only=files.top.wanted().calls() if request.seccomp else None)
        except OSError as error:
            print(f"tracefs: {argv[0]}: {error.strerror}", file=sys.stderr)
            return 127 if isinstance(error, FileNotFoundError) else 126
        started()
        with _forwarding(child) as asked_to_end, _open(files.root, "trace_pipe", os.O_RDONLY) as pipe:
            asked = threading.Event() if request.seccomp else asked_to_end
            if form in RECORDED:
                return _record(files, form, child, out, asked)
            take = _structured(files, form, request.verbose, request.size) if form else _pipe_lines(pipe)
            return _drain(engine, child, take, out, asked)
    finally:
        files.shutdown()
        os.close(out)


def _configure(root: Directory, request: Request) -> None:
    form = request.form
    events = request.events or (EVENTS if form else ())
    _write(root, "buffer_subbuf_size_kb", str(SUBBUF_KB))
    _write(root, "buffer_size_kb", str(STRUCTURED_KB if form else BUFFER_KB))
    if request.size is not None:
        _write(root, "syscall_user_buf_size", str(request.size))
    if form:
        _write(root, "trace_clock", CLOCK)
    if form in RECORDED:
        _write(root, "saved_cmdlines_size", str(SAVED_TASKS))
        _write(root, "trace_options", "record-tgid")
    for event in events:
        _write(root, "set_event", event)
    if not events:
        _write(root, "current_tracer", "syscall")
    for option in (*OPTIONS, *request.options):  # now, since a tracer's own options are there with it only
        _write(root, "trace_options", option)


@contextlib.contextmanager
def _open(root: Directory, name: str, flags: int) -> Iterator[Handle]:
    file = root.lookup(name)
    assert isinstance(file, File)
    handle = file.open(flags, Context())
    try:
        yield handle
    finally:
        handle.flush(Context())
        handle.release()


def _write(root: Directory, name: str, text: str) -> None:
    """As `echo text >> name`."""
    try:
        with _open(root, name, os.O_WRONLY | os.O_APPEND) as handle:
            data = text.encode() + b"\n"
            while data:
                data = data[handle.write(data, 0, Context()) :]
    except OSError as error:
        raise CommandError(f"{name}: {text}: {os.strerror(error.errno or 0)}") from None


Take = Callable[[bool], bytes]
"""Gives text that is there now, b"" where there is none (any more); asked with True, also what it kept back."""


def _structured(files: Tracefs, form: str, verbose: bool, size: int | None) -> Take:
    from tracefs.commands.structured import Lines  # here, so that the other forms start without the tables

    return Lines(files.top, form, verbose, size).take


def _record(files: Tracefs, form: str, child: Child, out: int, asked_to_end: threading.Event) -> int:
    from tracefs.commands.recorded import Recorded  # here, so that the other forms start without it

    recorded = Recorded(files.top, form, out)
    status = _drain(cast(Engine, files.engine), child, recorded.take, out, asked_to_end)
    recorded.end()
    return status


def _pipe_lines(pipe: Handle) -> Take:
    def take(last: bool) -> bytes:
        with contextlib.suppress(BlockingIOError):
            return pipe.read(CHUNK, 0, Context(nonblock=True))
        return b""

    return take


def _drain(engine: Engine, child: Child, take: Take, out: int, asked_to_end: threading.Event) -> int:
    """Write lines as they come, until the command has ended, and all that it started unless we are asked to end."""
    ended = threading.Event()
    status = 0

    def wait() -> None:
        nonlocal status
        status = child.wait()
        ended.set()

    threading.Thread(target=wait, name="wait", daemon=True).start()
    pause = SHORTEST
    while True:
        last = ended.is_set() and (asked_to_end.is_set() or not engine.tracees())
        amount = _write_all(take, out, last)
        if last:
            return status if status >= 0 else 128 - status
        pause = SHORTEST if amount else min(2 * pause, LONGEST)
        if ended.is_set():
            time.sleep(pause)  # for what the command has left behind
        else:
            ended.wait(pause)


def _write_all(take: Take, out: int, last: bool) -> int:
    """What is there now, to its end at the last time; bytes of text."""
    total = 0
    while data := take(last):
        total += len(data)
        view = memoryview(data)
        while view:
            view = view[os.write(out, view) :]
        if not last and len(data) < PLENTY:
            break
    return total


@contextlib.contextmanager
def _forwarding(child: Child) -> Iterator[threading.Event]:
    """Give the command the signals that are meant to end it. Those typed at the terminal reach it by themselves.

    The event is set by the first of them.
    """
    asked_to_end = threading.Event()

    def forward(number: int, frame: object) -> None:
        asked_to_end.set()
        if number in (signal.SIGINT, signal.SIGQUIT) and _in_foreground():
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, number)

    numbers = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP)
    old = {number: signal.signal(number, forward) for number in numbers}
    try:
        yield asked_to_end
    finally:
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
