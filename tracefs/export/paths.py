# SPDX-License-Identifier: GPL-2.0-only
"""What files a call was about, by the words of its arguments."""

from __future__ import annotations

import re
from functools import lru_cache

from tracefs.export import story
from tracefs.syscalls import SYSCALLS
from tracefs.syscalls.types import load
from tracefs.syscalls.types.language.layout import unaliased
from tracefs.syscalls.types.language.model import Pointer, Ref

_OPENED = re.compile(r"-?\w+<(/.*)>(?:\(deleted\))?")
"""A descriptor, and what it stands for."""


@lru_cache(maxsize=1)
def _path_names() -> frozenset[tuple[str, str]]:
    """(call, argument) of those that lead to a path."""
    table = load()
    return frozenset(
        (call.uapi_name, name)
        for call in SYSCALLS
        for row in table.rows.get(call.name, ())
        for name, kind in row.args
        if isinstance(meant := unaliased(table, kind), Pointer) and meant.target == Ref("pathname")
    )


def paths(call: story.Called) -> list[str]:
    """As columns.c has them: names behind the directories that they are in, what descriptors stood for."""
    found: list[str] = []
    directory, named = "", False
    for name, words in call.args:
        if opened := _OPENED.fullmatch(words):
            found += [directory] * bool(directory)
            directory = opened[1]
        elif (call.name, name) in _path_names() and words[:1] == words[-1:] == '"':
            path = words[1:-1]
            found.append(
                path if path.startswith("/") or not directory else f"{directory.rstrip('/')}/{path}".rstrip("/")
            )
            directory, named = "", True
    found += [directory] * bool(directory)
    if not named and not call.error and (opened := _OPENED.fullmatch(call.said)):
        found.append(opened[1])
    return [path for path in found if path]
