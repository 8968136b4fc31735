# SPDX-License-Identifier: GPL-2.0-only
"""One traced command over a tree of its own: what `tracefs run` does.

Settings go through the same files as in a mount, so they mean the same and fail the same.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from tracefs import inherited
from tracefs.capture import Child, Engine, Limit, Scope, StartError
from tracefs.commands import CommandError, started
from tracefs.commands.limits import raise_own
from tracefs.commands.output import Output
from tracefs.commands.signals import forwarding, held
from tracefs.commands.start import Start, refused, start
from tracefs.export.forms import FORMS, Form, Missing, Wish, made_by, open_form
from tracefs.plain import plain
from tracefs.tree import Tracefs
from tracefs.tree.node import Context, Directory, File, Handle

if TYPE_CHECKING:
    from tracefs.front.ending import Watch

BUFFER_KB = 16 << 10
"""Per CPU. What the drain below does not keep up with waits here; beyond that it is lost, and said so in its place."""
SUBBUF_KB = 64
"""Of one sub-buffer, which an event must fit into, since paths, long directory listings and lists of arguments are to be whole."""
STRUCTURED_KB = 128 << 10
"""The same where each call is decoded in Python, which takes longer than a call of the traced program may."""
OPTIONS = ("syscall_arg_decode", "syscall_user_exit", "syscall_whole_paths", "noirq-info")
"""Arguments and results in words, paths whole, no column of context flags, unless `-o no...` says otherwise."""
CHUNK = 1 << 20
"""Bytes of text taken at once."""
PLENTY = 1 << 16
"""Bytes of text below which more is waited for: a reader on the heels of the program takes it a CPU, line by line."""
SHORTEST, LONGEST = 0.01, 0.05
"""Seconds between two looks at the buffer. Looking by the clock keeps wake-ups out of the traced program's way."""
ATTACH = 0.5
"""Seconds in which the first process that was named is to be found: then there are tracees, or never."""


@dataclass(frozen=True)
class Request:
    """What is to be traced, and how it is shown."""

    argv: Sequence[str]
    options: Sequence[str] = ()
    """As written to trace_options."""
    select: Mapping[str, Any] = field(default_factory=dict)
    """As front.selecting.Wish takes it; none of it: all that the form shows."""
    controls: Mapping[str, Any] = field(default_factory=dict)
    """As front.controls.Controls takes it."""
    follow: Mapping[str, Any] = field(default_factory=dict)
    """As front.following.Follow takes it."""
    ending: Mapping[str, Any] = field(default_factory=dict)
    """As front.ending.Ending takes it."""
    lines: bool = True
    """Whether anything is shown besides control files."""
    output: str | None = None
    """A file's name; None: stderr."""
    form: str | None = None
    """None for the tracer's lines, or one of export.forms.FORMS."""
    by: tuple[str, ...] = ("call",)
    """What a summary is by."""
    every: float | None = None
    """Seconds between two summaries."""
    fd: int | None = None
    """Without `output`: a descriptor that we were given, instead of stderr."""
    environ: Sequence[str] = ()
    """Changes to the command's environment: NAME=VALUE, or NAME to remove it."""
    size: int | None = None
    """Bytes of texts and data that are saved."""
    seccomp: bool = False
    """Only calls that are recorded stop the program; then all that it started is waited for, however we are asked to end, as
    its filter must not be left without us."""
    in_task: bool = False
    """Programs may record themselves."""
    verbose: bool = False
    """Nothing is cut to make lines short: lists are whole, and the form "strace" abbreviates nothing."""


def trace(request: Request) -> int:
    """Run a command traced; returns its exit status, -N where signal N ended it."""
    argv, form = request.argv, FORMS[request.form] if request.form else None
    if not argv and not request.follow.get("targets"):
        raise CommandError("run: no command given")
    if form and form.seekable and request.output is None:
        raise CommandError(f"run: --{form.name} needs -w FILE")
    if form and form.apart and request.output is None and request.fd is None:
        raise CommandError(f"run: --{form.name} needs -w FILE or --fd N (--fd 2: between what {(*argv, 'CMD')[0]} writes there)")
    if form and form.extra:
        try:
            made_by(form)  # now, while CMD has not begun
        except Missing as error:
            raise CommandError(f"run: {error}") from None
    out = Output(request.output, 2 if request.fd is None else request.fd)
    if form and form.seekable and not out.is_regular:
        out.close()
        raise CommandError(f"run: {request.output}: --{form.name} needs a regular file")
    limits = raise_own()
    try:
        with held(outlive=request.seccomp) as blocked:  # from here on, since threads inherit it
            return _traced(request, form, out, blocked, limits)
    finally:
        out.close()


def _traced(request: Request, form: Form | None, out: Output, blocked: Collection[int], limits: Sequence[Limit]) -> int:
    complaints: list[str] = []

    def complain(message: str) -> None:
        complaints.append(message)
        print(f"tracefs: {plain(message)}", file=sys.stderr)

    files = Tracefs(_scope(request), on_error=complain, start=False)  # who is traced is recorded as a whole
    engine = cast(Engine, files.engine)
    child: Child | None = None
    try:
        if request.in_task:
            _use_in_task(engine)
        whole = _configure(files, request, form)
        shown = _control(files, request)
        watch = _watch(files, request)
        with refused((*request.argv, "-p")[0]):
            engine.start()
        if request.argv:
            only = files.top.wanted().calls() if request.seccomp else None
            child = start(engine, Start(request.argv, request.environ, only, blocked, limits))
        elif not (engine.settle(ATTACH) and not complaints) and not engine.tracees():
            raise CommandError("run: -p: nothing is traced")
        started()
        with forwarding(child.pid if child else None, inherited.ignored_signals()) as asked:
            asked_to_end = threading.Event() if request.seccomp else asked
            with _lines(files, request, whole, out, watch) as take:
                _drain(engine, child, take, out, asked_to_end, watch)
            _show(files, shown)
            if request.in_task and request.verbose:
                _say_in_task(engine)
            return _end(files, child, request.seccomp) if child else 0
    finally:
        files.shutdown()


def _use_in_task(engine: Engine) -> None:
    try:
        engine.use_in_task()
    except OSError as error:
        print(f"tracefs: programs cannot record themselves: {error.strerror}", file=sys.stderr)


def _say_in_task(engine: Engine) -> None:
    counts = ", ".join(f"{count} {reason}" for reason, count in engine.in_task_reasons().items())
    print(f"tracefs: programs: {counts or 'none'}", file=sys.stderr)


def _end(files: Tracefs, child: Child, keeps: bool) -> int:
    """The command's status. While it goes on it is untraced; `keeps`: it cannot be, so its calls are not recorded any more."""
    if not child.has_ended():
        if keeps:
            files.top.tracing_on = False
            while not child.has_ended(LONGEST) or cast(Engine, files.engine).tracees():
                pass
        else:
            files.shutdown()
    return child.wait()


def _scope(request: Request) -> Scope:
    if not any(each is not None and each != [] for each in request.follow.values()):
        return Scope("none")
    from tracefs.front.following import Follow, NoTarget

    try:
        return Follow(**request.follow).scope()
    except NoTarget as error:
        raise CommandError(f"run: {error}") from None


def _watch(files: Tracefs, request: Request) -> Watch | None:
    """None: recording ends with the command."""
    if not any(each not in (None, "", False) for each in request.ending.values()):
        return None
    from tracefs.front import ending
    from tracefs.front.files import FileError
    from tracefs.front.vocabulary import UnknownWord

    try:
        return ending.Watch(files, ending.Ending(**request.ending))
    except (FileError, UnknownWord) as error:
        raise CommandError(f"run: --until: {error}", getattr(error, "detail", "")) from None


def _configure(files: Tracefs, request: Request, form: Form | None) -> bool:
    """Returns whether only calls are to be shown whose end was recorded."""
    root, events, whole = files.root, form.events if form else (), False
    _write(root, "buffer_subbuf_size_kb", str(SUBBUF_KB))
    _write(root, "buffer_size_kb", str(STRUCTURED_KB if form else BUFFER_KB))
    if request.size is not None:
        _write(root, "syscall_user_buf_size", str(request.size))
    if form:
        for name, text in (("trace_clock", form.clock), *form.settings):
            _write(root, name, text)
    if any(request.select.values()):
        whole = _select(files, request, form)
    elif request.lines:
        for event in events:
            _write(root, "set_event", event)
        _write(root, "current_tracer", "syscall")
    for option in (*OPTIONS, *request.options):  # now, since a tracer's own options are there with it only
        _write(root, "trace_options", option)
    return whole


def _select(files: Tracefs, request: Request, form: Form | None) -> bool:
    from tracefs.front import selecting  # here, as most starts need none of it

    calls = form is not None and form.takes == "calls"
    try:
        chosen = selecting.choose(files.top, selecting.Wish(**request.select), form.events if form and calls else ())
    except selecting.NotSelected as error:
        raise CommandError(f"run: {error}", error.detail) from None
    if chosen.by_result and not calls:
        raise CommandError("run: -z, -Z, --errno, status=: calls whose end decides need --strace, --json or --csv")
    if chosen.holds and not calls:
        chosen.notes.append("-f: calls whose end did not pass are shown as begun; --strace, --json and --csv show none of them")
    selecting.apply(files.top, chosen)
    for option in (["syscall_pair"] if chosen.pairs else []) + (["syscall_fd_path"] if chosen.fds else []):
        _write(files.root, "trace_options", option)
    for note in chosen.notes:
        print(f"tracefs: {plain(note)}", file=sys.stderr)
    return chosen.holds


def _control(files: Tracefs, request: Request) -> list[str]:
    """Write control files; returns those to be shown at the end."""
    if not any(request.controls.values()):
        return []
    from tracefs.front import controls
    from tracefs.front.files import FileError
    from tracefs.front.vocabulary import UnknownWord

    try:
        return controls.write(files, controls.Controls(**request.controls))
    except (FileError, UnknownWord) as error:
        raise CommandError(f"run: {error}", getattr(error, "detail", "")) from None


def _show(files: Tracefs, paths: Sequence[str]) -> None:
    if not paths:
        return
    from tracefs.front.files import ControlFiles, FileError

    for path in paths:
        try:
            os.write(2, ControlFiles(files).read(path))
        except FileError as error:
            raise CommandError(f"run: --get {error}") from None


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
    except StartError:
        raise
    except OSError as error:
        raise CommandError(f"{name}: {text}: {os.strerror(error.errno or 0)}") from None


Take = Callable[[bool], bytes]
"""Gives text that is there now, b"" where there is none (any more); asked with True, also what it kept back."""


@contextlib.contextmanager
def _lines(
    files: Tracefs, request: Request, whole: bool, out: Output, watch: Watch | None
) -> Iterator[Take]:
    """What is written to the output, in the form that was asked for. Its end may write to the output, too."""
    if not request.lines:
        yield _nothing
    elif request.form:
        with _export(files, request, whole, out, watch) as take:
            yield take
    else:
        with _open(files.root, "trace_pipe", os.O_RDONLY) as pipe:
            yield watch.lines(_pipe_lines(pipe)) if watch else _pipe_lines(pipe)


@contextlib.contextmanager
def _export(
    files: Tracefs, request: Request, whole: bool, out: Output, watch: Watch | None
) -> Iterator[Take]:
    from tracefs.export.day import CLOCKS, TimeOfDay  # here, so that the tracer's own lines start without it
    from tracefs.tree.source import live

    form, export = FORMS[request.form or ""], None
    source = live(files.top, day=TimeOfDay(form.clock) if form.clock in CLOCKS else None)
    source = replace(source, whole=whole, pages=watch.pages(source.pages) if watch else source.pages)
    with out.guarded():
        export = open_form(form, source, Wish(request.verbose, request.size, request.by, request.every), out.fd)
    take = export.take if export else _nothing
    yield watch.lines(take) if watch else take
    with out.guarded():
        if export and not out.failed:
            export.close()
    if (lost := source.lost()) and not request.ending.get("ring"):
        print(f"tracefs: {lost} events lost", file=sys.stderr)


def _nothing(last: bool) -> bytes:
    return b""


def _pipe_lines(pipe: Handle) -> Take:
    def take(last: bool) -> bytes:
        with contextlib.suppress(BlockingIOError):
            return pipe.read(CHUNK, 0, Context(nonblock=True))
        return b""

    return take


def _drain(
    engine: Engine,
    child: Child | None,
    take: Take,
    out: Output,
    asked_to_end: threading.Event,
    watch: Watch | None,
) -> None:
    """Write lines as they come, until the command and all that it started (or all that were named) have ended, or we are asked
    to end, or `watch` says that it is over."""
    pause = SHORTEST
    while True:
        ended = child is None or child.has_ended()
        last = (ended and (asked_to_end.is_set() or not engine.tracees())) or bool(watch and watch.over())
        amount = 0 if watch and watch.waits() and not last else _write_all(take, out, last)
        if last:
            return
        pause = SHORTEST if amount else min(2 * pause, LONGEST)
        if child is None or ended:
            time.sleep(pause)  # also for what the command has left behind
        else:
            child.has_ended(pause)


def _write_all(take: Take, out: Output, last: bool) -> int:
    """What is there now, to its end at the last time; bytes of text."""
    total = 0
    with out.guarded():
        while not out.failed and (data := take(last)):
            total += len(data)
            out.write(data)
            if not last and len(data) < PLENTY:
                break
    return total
