# SPDX-License-Identifier: GPL-2.0-only
"""One traced command over a tree of its own: what `tracefs run` does.

Settings go through the same files as in a mount, so they mean the same and fail the same.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, cast

from tracefs import inherited
from tracefs.capture import Child, Engine, Limit, Scope
from tracefs.commands import CommandError, setting, showing, started
from tracefs.commands.limits import raise_own
from tracefs.commands.output import Output, output
from tracefs.commands.request import Request
from tracefs.commands.showing import Take
from tracefs.commands.signals import forwarding, held
from tracefs.commands.start import Start, refused, start
from tracefs.export.forms import FORMS, Form, Missing, made_by
from tracefs.plain import plain
from tracefs.tree import Tracefs

if TYPE_CHECKING:
    from tracefs.front.ending import Watch

SHORTEST, LONGEST = 0.01, 0.05
"""Seconds between two looks at the buffer. Looking by the clock keeps wake-ups out of the traced program's way."""
CONSTANTS_IN = ("strace", "summary-after")
"""Forms that have constants in the style that is asked for."""
ATTACH = 0.5
"""Seconds in which the first process that was named is to be found: then there are tracees, or never."""


def trace(request: Request) -> int:
    """Run a command traced; returns its exit status, -N where signal N ended it."""
    argv, form = request.argv, FORMS[request.form] if request.form else None
    if not argv and not request.follow.get("targets"):
        raise CommandError("run: no command given")
    if form and form.seekable and request.output is None:
        raise CommandError(f"run: --{form.name} needs -w FILE")
    if form and form.apart and request.output is None and request.fd is None:
        raise CommandError(
            f"run: --{form.name} needs -w FILE or --fd N (--fd 2: between what {(*argv, 'CMD')[0]} writes there)"
        )
    if request.constants != "abbrev" and request.form not in CONSTANTS_IN:
        raise CommandError(f"run: -X {request.constants} is for --strace")
    if form and form.extra:
        try:
            made_by(form)  # now, while CMD has not begun
        except Missing as error:
            raise CommandError(f"run: {error}") from None
    out = output(request.output, 2 if request.fd is None else request.fd, request.form, request.append)
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
        whole = setting.configure(files, request, form)
        shown = setting.control(files, request)
        watch = setting.watch(files, request)
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
            with showing.text(files, request, whole, out, watch) as take:
                _drain(engine, child, take, out, asked_to_end, watch)
            setting.show(files, request, shown)
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
    """The command's status. While it goes on it is untraced; `keeps`: it cannot be, so its calls are not recorded any
    more."""
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


def _drain(
    engine: Engine,
    child: Child | None,
    take: Take,
    out: Output,
    asked_to_end: threading.Event,
    watch: Watch | None,
) -> None:
    """Write lines as they come, until the command and all that it started (or all that were named) have ended, or we
    are asked to end, or `watch` says that it is over."""
    pause = SHORTEST
    while True:
        ended = child is None or child.has_ended()
        last = (ended and (asked_to_end.is_set() or not engine.tracees())) or bool(watch and watch.over())
        amount = 0 if watch and watch.waits() and not last else showing.write_all(take, out, last)
        if last:
            return
        pause = SHORTEST if amount else min(2 * pause, LONGEST)
        if child is None or ended:
            time.sleep(pause)  # also for what the command has left behind
        else:
            child.has_ended(pause)
