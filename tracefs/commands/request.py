# SPDX-License-Identifier: GPL-2.0-only
"""What `tracefs run` and `tracefs report` were asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tracefs.plain import plain


def _say(text: str) -> None:
    print(f"tracefs: {plain(text)}", file=sys.stderr)


@dataclass(frozen=True)
class Request:
    """What is to be traced, and how it is shown."""

    argv: Sequence[str] = ()
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
    style: str = "unix"
    """How strace's lines say when."""
    sort: str = "time"
    """By which column a summary is sorted."""
    colour: str = "auto"
    """Of lines.WHEN."""
    fit: bool = False
    """Lines are cut to the width of the terminal."""
    append: bool = False
    """What `output` has stays."""
    every: float | None = None
    """Seconds between two summaries."""
    fd: int | None = None
    """Without `output`: a descriptor that we were given, instead of stderr."""
    environ: Sequence[str] = ()
    """Changes to the command's environment: NAME=VALUE, or NAME to remove it."""
    size: int | None = None
    """Bytes of texts and data that are saved."""
    seccomp: bool = False
    """Only calls that are recorded stop the program; then all that it started is waited for, however we are asked to
    end, as its filter must not be left without us."""
    constants: str = "abbrev"
    """How the form "strace" has constants."""
    in_task: bool = False
    """Programs may record themselves."""
    events: Sequence[str] | None = None
    """As written to set_event where nothing is selected; None: what the form is for."""
    clock: str | None = None
    """As written to trace_clock; None: the form's."""
    buffer_kb: int | None = None
    """Of a CPU; None: as much as the form may be behind with."""
    tell: Callable[[str], None] = _say
    """Gets what the user should know."""
    name: str = "run"
    """Of the subcommand, for messages."""
    verbose: bool = False
    """Nothing is cut to make lines short: lists are whole, and the form "strace" abbreviates nothing."""
