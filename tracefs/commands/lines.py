# SPDX-License-Identifier: GPL-2.0-only
"""Lines of text on their way to people: cut to the terminal's width, coloured."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence

WHEN = ("auto", "always", "never")
FORMS = (None, "strace", "summary-after")
"""Those whose lines are for people."""
_NARROW = 80
_MORE = b"..."
_RED, _GREEN, _YELLOW, _BOLD, _DIM, _PLAIN = (b"\33[%sm" % code for code in (b"31", b"32", b"33", b"1", b"2", b"0"))
_TOKEN = re.compile(
    rb'(?P<string>"(?:\\.|[^"\\])*"(?:\.\.\.)?)'
    rb"|(?P<failed>(?:= -1 E[A-Z0-9]+ \([^)]*\)|-> -E[A-Z0-9]+))"
    rb"|(?P<other>^(?:[^(\"]*?)(?:---|\+\+\+|===) .*$)"
    rb"|(?P<call>\b[a-z_][a-z0-9_]*(?=\())"
)
_BEFORE = re.compile(rb"^(?:\d+ +(?:[\d.:]+ )?|.{0,17}-\d+ .*?\d: )")
"""Who and when, in strace's lines and in ours."""


def wanted(when: str, fd: int, form: str | None) -> bool:
    """Whether lines are to be coloured. Where that is left open: on a terminal, if NO_COLOR (https://no-color.org) is
    not set."""
    if when != "auto" or form not in FORMS:
        return when == "always" and form in FORMS
    return os.isatty(fd) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def coloured(line: bytes) -> bytes:
    """Who and when faint, the first name before a ( bold, texts green, errors red, what is no call yellow."""
    before = _BEFORE.match(line)
    head = before[0] if before else b""
    called = False

    def paint(found: re.Match[bytes]) -> bytes:
        nonlocal called
        kind = found.lastgroup
        if kind == "call":
            if called:
                return found[0]
            called = True
        colour = {"string": _GREEN, "failed": _RED, "other": _YELLOW}.get(kind or "", _BOLD)
        return colour + found[0] + _PLAIN

    body = _TOKEN.sub(paint, line[len(head) :])
    return (_DIM + head + _PLAIN if head else b"") + body


def cut_to(fd: int) -> Callable[[bytes], bytes]:
    """What keeps a line to one row of the terminal `fd`, as wide as that is when it is written; 80 where it is none."""

    def cut(line: bytes) -> bytes:
        try:
            width = os.get_terminal_size(fd).columns or _NARROW
        except OSError:
            width = _NARROW
        return line if len(line) <= width else line[: width - len(_MORE)] + _MORE

    return cut


class Changed:
    """A take() (showing.Take) whose lines are changed one by one. A line that is not whole yet is kept back."""

    def __init__(self, take: Callable[[bool], bytes], changes: Sequence[Callable[[bytes], bytes]]) -> None:
        self._take, self._changes = take, changes
        self._begun = b""

    def __call__(self, last: bool) -> bytes:
        while data := self._take(last):
            *lines, self._begun = (self._begun + data).split(b"\n")
            if lines:
                return b"".join(self._changed(line) + b"\n" for line in lines)
        rest, self._begun = (self._begun, b"") if last else (b"", self._begun)
        return self._changed(rest) if rest else b""

    def _changed(self, line: bytes) -> bytes:
        for change in self._changes:
            line = change(line)
        return line
