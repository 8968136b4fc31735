# SPDX-License-Identifier: GPL-2.0-only
"""What was asked for becomes writes to the control files of a tree, so that it means the same as in a mount and fails
the same."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tracefs.capture import StartError
from tracefs.commands import CommandError
from tracefs.commands.request import Request
from tracefs.export.forms import Form
from tracefs.front.nearest import did_you_mean
from tracefs.tree import Tracefs
from tracefs.tree.node import Context, Directory, File, Handle

if TYPE_CHECKING:
    from tracefs.front.ending import Watch

BUFFER_KB = 16 << 10
"""Per CPU. What the lines are not made of in time waits here; beyond that it is lost, and said so in its place."""
SUBBUF_KB = 64
"""Of one sub-buffer, which an event must fit into, since paths, long directory listings and lists of arguments are to
be whole."""
STRUCTURED_KB = 128 << 10
"""The same where each call is decoded in Python, which takes longer than a call of the traced program may."""
OPTIONS = ("syscall_arg_decode", "syscall_user_exit", "syscall_whole_paths", "noirq-info")
"""Arguments and results in words, paths whole, no column of context flags, unless `-o no...` says otherwise."""

BARE = ("nosyscall_user_enter", "nosyscall_user_exit", "noirq-info")
"""The same where nothing but numbers, results and times of calls is asked for: no memory is read."""
WORD = re.compile(r"[\w./+-]+")
STRACE_F = "; children are followed anyway, without strace's -f (-ff is -w FILE.%p)"
"""Where -f has no expression."""


def watch(files: Tracefs, request: Request) -> Watch | None:
    """None: recording ends with the command."""
    if not any(each not in (None, "", False) for each in request.ending.values()):
        return None
    from tracefs.front import ending
    from tracefs.front.files import FileError
    from tracefs.front.vocabulary import UnknownWord

    try:
        return ending.Watch(files, ending.Ending(**request.ending))
    except (FileError, UnknownWord) as error:
        raise CommandError(f"{request.name}: --until: {error}", getattr(error, "detail", "")) from None


def configure(files: Tracefs, request: Request, form: Form | None) -> bool:
    """Returns whether only calls are to be shown whose end was recorded."""
    root, whole = files.root, False
    events = (form.events if form else ()) if request.events is None else request.events
    write(root, "buffer_subbuf_size_kb", str(SUBBUF_KB))
    write(root, "buffer_size_kb", str(request.buffer_kb or (STRUCTURED_KB if form else BUFFER_KB)))
    if request.size is not None:
        write(root, "syscall_user_buf_size", str(request.size))
    if form or request.clock:
        write(root, "trace_clock", request.clock or (form.clock if form else ""))
    for name, text in form.settings if form else ():
        write(root, name, text)
    if any(request.select.values()):
        whole = _select(files, request, form, events)
    elif request.lines:
        for event in events:
            write(root, "set_event", event)
        write(root, "current_tracer", "syscall")
    for option in BARE if _is_bare(request) else OPTIONS:  # now, since a tracer's own options are there with it only
        write(root, "trace_options", option)
    for option in request.options:
        if option.removeprefix("no") not in files.top.options and option not in files.top.options:
            near = did_you_mean(option.removeprefix("no"), files.top.options)
            raise CommandError(
                f"{request.name}: -o {option}: no such option of trace_options{near}; -w FILE writes to a file"
            )
        write(root, "trace_options", option)
    return whole


def _is_bare(request: Request) -> bool:
    asked = (
        request.select.get("filters")
        or request.select.get("paths")
        or request.options
        or any(request.controls.values())
    )
    return (
        request.form in ("summary", "summary-json")
        and "file" not in request.by
        and not asked
        and not request.ending.get("until")
    )


def _select(files: Tracefs, request: Request, form: Form | None, events: Sequence[str]) -> bool:
    from tracefs.front import selecting  # here, as most starts need none of it

    calls = form is not None and form.takes == "calls"
    try:
        chosen = selecting.choose(files.top, selecting.Wish(**request.select), events if calls else ())
    except selecting.NotSelected as error:
        hint = STRACE_F if error.detail and any(WORD.fullmatch(text) for text in request.select["filters"]) else ""
        raise CommandError(f"{request.name}: {error}{hint}", error.detail) from None
    if chosen.by_result and not calls:
        raise CommandError(
            f"{request.name}: -z, -Z, --errno, status=: calls whose end decides need --strace, --json or --csv"
        )
    if chosen.holds and not calls:
        chosen.notes.append(
            "-f: calls whose end did not pass are shown as begun; --strace, --json and --csv show none of them"
        )
    selecting.apply(files.top, chosen)
    for option in (["syscall_pair"] if chosen.pairs else []) + (["syscall_fd_path"] if chosen.fds else []):
        write(files.root, "trace_options", option)
    for note in chosen.notes:
        request.tell(note)
    return chosen.holds


def control(files: Tracefs, request: Request) -> list[str]:
    """Write control files; returns those to be shown at the end."""
    if not any(request.controls.values()):
        return []
    from tracefs.front import controls
    from tracefs.front.files import FileError
    from tracefs.front.vocabulary import UnknownWord

    try:
        return controls.write(files, controls.Controls(**request.controls))
    except (FileError, UnknownWord) as error:
        raise CommandError(f"{request.name}: {error}", getattr(error, "detail", "")) from None


def show(files: Tracefs, request: Request, paths: Sequence[str]) -> None:
    """Control files, to stderr."""
    if not paths:
        return
    from tracefs.front.files import ControlFiles, FileError

    for path in paths:
        try:
            os.write(2, ControlFiles(files).read(path))
        except FileError as error:
            raise CommandError(f"{request.name}: --get {error}") from None


@contextlib.contextmanager
def opened(root: Directory, name: str, flags: int) -> Iterator[Handle]:
    """An open of a file of the tree."""
    file = root.lookup(name)
    assert isinstance(file, File)
    handle = file.open(flags, Context())
    try:
        yield handle
    finally:
        handle.flush(Context())
        handle.release()


def write(root: Directory, name: str, text: str) -> None:
    """As `echo text >> name`."""
    try:
        with opened(root, name, os.O_WRONLY | os.O_APPEND) as handle:
            data = text.encode() + b"\n"
            while data:
                data = data[handle.write(data, 0, Context()) :]
    except StartError:
        raise
    except OSError as error:
        raise CommandError(f"{name}: {text}: {os.strerror(error.errno or 0)}") from None
