# SPDX-License-Identifier: GPL-2.0-only
"""Where what happened comes from: a command, processes that run, a mount, a recording."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import cast

from tracefs.capture import Child, Engine
from tracefs.commands import CommandError, setting
from tracefs.commands.request import Request
from tracefs.export.day import TimeOfDay
from tracefs.export.forms import FORMS
from tracefs.export.recorded import NotReadable, of_mount
from tracefs.export.replaying import Recording
from tracefs.front.following import Follow, NoTarget
from tracefs.library.happenings import Call, Happening
from tracefs.library.telling import Telling
from tracefs.tree import Tracefs
from tracefs.tree.source import live

_FORM = FORMS["json"]
_SHORTEST, _LONGEST = 0.002, 0.05
_CHUNK = 1 << 20
_REPLAY_KB = 8 << 10
Words = str | Sequence[str]


class Error(Exception):
    """What was asked for cannot be; the text says why, as `tracefs run` does."""


@dataclass(frozen=True)
class Options:
    """What is wanted of it: as the options of `tracefs run` that are called so."""

    events: Words = ()
    """-e."""
    filter: Words = ()
    """-f: all must hold."""
    paths: Words = ()
    """-P: one must match."""
    failed: bool | None = None
    """-Z; False: -z."""
    errno: Words = ()
    """--errno: one of these."""
    size: int | None = None
    """-s."""
    descriptors: bool = False
    """-y: what descriptors stand for is in the words."""
    stack: bool = False
    """Call.stack is wanted."""
    settings: Mapping[str, str] | Sequence[tuple[str, str]] = ()
    """--set: control files, and what is written to them."""

    def request(self, **more: object) -> Request:
        status = [] if self.failed is None else ["failed" if self.failed else "successful"]
        select = {"words": _words(self.events), "filters": _words(self.filter), "paths": _words(self.paths),
                  "statuses": status, "errors": _words(self.errno)}  # fmt: skip
        pairs = self.settings.items() if isinstance(self.settings, Mapping) else self.settings
        options = ["syscall_fd_path"] * self.descriptors + ["userstacktrace"] * self.stack
        controls = {"writes": [("set", f"{name}={text}") for name, text in pairs]}
        request = Request(
            options=options, select=select, controls=controls, form=_FORM.name, size=self.size, tell=_warn
        )
        return replace(request, **more)  # type: ignore[arg-type]


def _words(given: Words) -> list[str]:
    return [given] if isinstance(given, str) else list(given)


def _warn(text: str) -> None:
    warnings.warn(text, stacklevel=2)


class Trace:
    """What happens, to be iterated once: calls, or with events() all of it. As a context manager it ends tracing."""

    def __init__(self, told: Iterator[Happening], end: Callable[[], None], child: Child | None = None) -> None:
        self._told, self._end, self._child = told, end, child
        self._over = False

    def __iter__(self) -> Iterator[Call]:
        return (each for each in self.events() if isinstance(each, Call))

    def events(self) -> Iterator[Happening]:
        """All of it. What is left when the iteration is given up is not told any more."""
        try:
            yield from self._told
        finally:
            self.close()

    def close(self) -> None:
        """Let all go, unharmed: they run on, untraced."""
        if not self._over:
            self._over = True
            self._end()

    @property
    def pid(self) -> int | None:
        """Of the command."""
        return self._child.pid if self._child else None

    @property
    def returncode(self) -> int | None:
        """Of the command, as subprocess has it; None while it runs."""
        return self._child.wait() if self._child and self._child.has_ended() else None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the command: its returncode. TimeoutError. Nothing is told meanwhile."""
        if self._child is None:
            raise Error("there is no command to wait for")
        return self._child.wait(timeout)

    def __enter__(self) -> Trace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def trace(
    command: Sequence[str | os.PathLike[str]],
    options: Options,
    *,
    env: Mapping[str, str] | None = None,
    stdin: int = 0,
    stdout: int = 1,
    stderr: int = 2,
    attach: Sequence[str | int] = (),
    depth: int | None = None,
) -> Trace:
    """Start `command` (empty: none) and attach to processes. OSError where the command cannot be executed, Error
    else."""
    argv = [os.fspath(word) for word in command]
    if not argv and not attach:
        raise Error("a command, or processes to attach to, are needed")
    try:
        scope = Follow([str(each) for each in attach], depth).scope()
    except NoTarget as error:
        raise Error(str(error)) from None
    tree = Tracefs(scope=scope, on_error=_warn, start=False)
    engine = cast(Engine, tree.engine)
    child = None
    try:
        whole = _configured(tree, options.request(argv=argv))
        engine.start()
        if argv:
            child = engine.spawn(argv, env=env, stdin=stdin, stdout=stdout, stderr=stderr)
    except BaseException:
        tree.shutdown()
        raise
    telling = Telling(replace(live(tree.top, day=TimeOfDay(_FORM.clock)), whole=whole))
    return Trace(_live(engine, child, telling), tree.shutdown, child)


def _configured(tree: Tracefs, request: Request) -> bool:
    try:
        whole = setting.configure(tree, request, _FORM)
        setting.control(tree, request)
    except CommandError as error:
        raise Error(": ".join(filter(None, (str(error).removeprefix("run: "), error.detail)))) from None
    return whole


def _live(engine: Engine, child: Child | None, telling: Telling) -> Iterator[Happening]:
    pause = _SHORTEST
    if child is None:
        engine.settle(10 * _LONGEST)
    while True:
        last = (child is None or child.has_ended()) and not engine.tracees()
        found = False
        for each in telling.take(last):
            found = True
            yield each
        if last:
            return
        pause = _SHORTEST if found else min(2 * pause, _LONGEST)
        time.sleep(pause)


def recording(file: str | os.PathLike[str], options: Options) -> Trace:
    """A trace.dat. OSError, Error."""
    try:
        found = Recording(Path(file))
    except NotReadable as error:
        raise Error(f"{os.fspath(file)}: {error}") from None
    request = options.request(clock=found.source.clock, buffer_kb=_REPLAY_KB, events=found.events, name="report")
    try:
        whole = _configured(found.tree, request)
    except BaseException:
        found.tree.shutdown()
        raise
    telling = Telling(replace(found.told(live(found.tree.top)), whole=whole))

    def told() -> Iterator[Happening]:
        more = True
        while more:
            more = found.feed(_CHUNK)
            yield from telling.take(not more)
        if found.damaged:
            _warn(f"{os.fspath(file)} is damaged: not all of it was told")

    return Trace(told(), found.tree.shutdown)


def mounted(directory: str | os.PathLike[str]) -> Trace:
    """What the buffer of a mount (ours, or the kernel's tracefs), or of an instance in it, holds now: consumed.
    OSError."""
    return Trace(Telling(of_mount(Path(directory))).take(True), lambda: None)
