# SPDX-License-Identifier: GPL-2.0-only
"""The file or the other end that a call is about, without decoding it: the names that it was given, or what its
descriptors were."""

from __future__ import annotations

from functools import lru_cache

from tracefs.calls.pairing import Entered, Returned
from tracefs.syscalls import Syscall
from tracefs.syscalls.types import load
from tracefs.syscalls.types.language.layout import unaliased
from tracefs.syscalls.types.language.model import Pointer, Ref

_AT_FDCWD = -100


def named(each: Entered | Returned) -> list[str]:
    """The names of files among its arguments, as they were given, in their order."""
    found = []
    for index in _indexes(each.syscall):
        text = each.saved.enter.get(index)
        if text:
            found.append(_text(text.partition(b"\0")[0]))
    return found


def opened(each: Entered | Returned) -> dict[int, str]:
    """What its descriptors stood for (where that was recorded), by number, without the working directory."""
    known = {**each.saved.fds_enter, **each.saved.fds_exit}
    return {number: _text(path) for number, path in known.items() if number != _AT_FDCWD}


def about(each: Entered | Returned) -> str | None:
    """One of these: the first name, else the first descriptor's."""
    names = named(each)
    if names:
        return names[0]
    return next(iter(opened(each).values()), None)


def _text(data: bytes) -> str:
    return data.decode(errors="backslashreplace")


@lru_cache(maxsize=1024)
def _indexes(syscall: Syscall) -> tuple[int, ...]:
    """Which arguments are names of files."""
    table = load()
    rows = table.rows.get(syscall.name, ())
    names = [param.name for param in syscall.params]
    found = set()
    for row in rows[:1]:
        for name, kind in row.args:
            expr = unaliased(table, kind)
            is_path = isinstance(kind, Ref) and kind.name == "path"
            is_path |= isinstance(expr, Pointer) and isinstance(expr.target, Ref) and expr.target.name == "pathname"
            if is_path and name in names:
                found.add(names.index(name))
    return tuple(sorted(found))
