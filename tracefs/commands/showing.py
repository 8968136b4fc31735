# SPDX-License-Identifier: GPL-2.0-only
"""What was recorded, in the form that was asked for, from the tree that it was recorded in."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from tracefs.commands.output import Output
from tracefs.commands.request import Request
from tracefs.commands.setting import opened
from tracefs.export.forms import FORMS, Wish, open_form
from tracefs.tree import Tracefs
from tracefs.tree.node import Context, Handle

if TYPE_CHECKING:
    from tracefs.export.source import Source
    from tracefs.front.ending import Watch

CHUNK = 1 << 20
"""Bytes of text taken at once."""
PLENTY = 1 << 16
"""Bytes of text below which more is waited for: a reader on the heels of the program takes it a CPU, line by line."""
Take = Callable[[bool], bytes]
"""Gives text that is there now, b"" where there is none (any more); asked with True, also what it kept back."""


@contextlib.contextmanager
def text(
    files: Tracefs,
    request: Request,
    whole: bool,
    out: Output,
    watch: Watch | None,
    change: Callable[[Source], Source] | None = None,
) -> Iterator[Take]:
    """What is written to the output, in the form that was asked for. Its end may write to the output, too.

    change: what the recording knows better than the tree."""
    if not request.lines:
        yield _nothing
    elif request.form:
        with _export(files, request, whole, out, watch, change) as take:
            yield _for_people(take, request, out)
    else:
        with opened(files.root, "trace_pipe", os.O_RDONLY) as pipe:
            yield _for_people(watch.lines(_pipe_lines(pipe)) if watch else _pipe_lines(pipe), request, out)


def _for_people(take: Take, request: Request, out: Output) -> Take:
    if request.colour != "always" and not request.fit and not os.isatty(out.fd):
        return take
    from tracefs.commands import lines  # here, as most lines go to files

    changes = [lines.cut_to(out.fd)] * (request.fit and request.form in lines.FORMS)
    changes += [lines.coloured] * lines.wanted(request.colour, out.fd, request.form)
    return lines.Changed(take, changes) if changes else take


@contextlib.contextmanager
def _export(
    files: Tracefs,
    request: Request,
    whole: bool,
    out: Output,
    watch: Watch | None,
    change: Callable[[Source], Source] | None,
) -> Iterator[Take]:
    from tracefs.export.day import CLOCKS, TimeOfDay  # here, so that the tracer's own lines start without it
    from tracefs.tree.source import live

    form, export = FORMS[request.form or ""], None
    source = live(files.top, day=TimeOfDay(form.clock) if form.clock in CLOCKS and not change else None)
    source = change(source) if change else source
    source = replace(source, whole=whole, pages=watch.pages(source.pages) if watch else source.pages)
    with out.guarded():
        export = open_form(form, source, _wish(request), out.fd)
    take = export.take if export else _nothing
    yield watch.lines(take) if watch else take
    with out.guarded():
        if export and not out.failed:
            export.close()
    if (lost := source.lost()) and not request.ending.get("ring"):
        print(f"tracefs: {lost} events lost", file=sys.stderr)


def _wish(request: Request) -> Wish:
    return Wish(
        verbose=request.verbose,
        size=request.size,
        constants=request.constants,
        paths="syscall_fd_path" in request.options or request.name == "report",  # else they may have been saved for -P
        by=request.by,
        style=request.style,
        sort=request.sort,
        every=request.every,
    )


def _nothing(last: bool) -> bytes:
    return b""


def _pipe_lines(pipe: Handle) -> Take:
    def take(last: bool) -> bytes:
        with contextlib.suppress(BlockingIOError):
            return pipe.read(CHUNK, 0, Context(nonblock=True))
        return b""

    return take


def write_all(take: Take, out: Output, last: bool) -> int:
    """What is there now, to its end at the last time; bytes of text."""
    total = 0
    with out.guarded():
        while not out.failed and (data := take(last)):
            total += len(data)
            out.write(data)
            if not last and len(data) < PLENTY:
                break
    return total
