# SPDX-License-Identifier: GPL-2.0-only
"""What the package's tables compile to, kept in the user's cache directory: to make it takes longer than the rest of a start.

The file is a line of ASCII, `tracefs-types KEY CHECKSUM ERRORS CUSTOMS`, and the block. The key follows from the contents
of all tables, and of all code that makes the block of them. C follows the references in a block unseen, so only a file counts
that nobody else could have written: ours, in a directory of ours. Nothing here fails: what cannot be kept is made again.
"""

from __future__ import annotations

import contextlib
import os
import stat
import zlib
from typing import NamedTuple

MAGIC = "tracefs-types"
TYPES = os.path.dirname(os.path.dirname(__file__))
SOURCES = (
    os.path.dirname(TYPES),
    *(os.path.join(TYPES, room) for room in ("", "language", "saved", "decode", "block", "tables")),
)
"""Directories whose tables and code the block is made of."""


class Compiled(NamedTuple):
    """`block` is a struct tt_table; `customs` names the types that code decodes, by their index in it.

    `errors` is the index of the type that names errors, 0xffffffff without one.
    """

    block: bytes
    customs: tuple[str, ...]
    errors: int


def key() -> str:
    """Of the tables and the code of now."""
    found = []
    for directory in SOURCES:
        for name in sorted(os.listdir(directory)):
            if name.endswith((".tbl", ".py")):
                with open(os.path.join(directory, name), "rb", buffering=0) as file:
                    found.append(b"%s %s" % (name.encode(), file.read()))
    return f"{sum(map(len, found)):x}.{zlib.crc32(b''.join(found)):x}"


def read(wanted: str) -> Compiled | None:
    """What was kept for that key."""
    try:
        with open(_file(), "rb", buffering=0, opener=_no_link) as file:
            if not _ours(os.fstat(file.fileno())) or not _ours(os.stat(os.path.dirname(_file()))):
                return None
            head, _, block = file.read().partition(b"\n")
        magic, said, checksum, errors, customs = head.decode("ascii").split(" ")
        if (magic, said, int(checksum)) != (MAGIC, wanted, zlib.crc32(block)):
            return None
        return Compiled(block, tuple(customs.split(",")), int(errors))
    except (OSError, ValueError):
        return None


def write(wanted: str, made: Compiled) -> None:
    """Keep it, in the place of what was kept before. Only within a directory that is ours: root's $HOME may be a user's."""
    head = f"{MAGIC} {wanted} {zlib.crc32(made.block)} {made.errors} {','.join(made.customs)}\n"
    own, cache = os.path.dirname(_file()), os.path.dirname(os.path.dirname(_file()))
    new = f"{_file()}.{os.getpid()}"
    with contextlib.suppress(OSError):
        for directory, parent in ((cache, os.path.dirname(cache)), (own, cache)):
            if not os.path.isdir(directory) and _ours(os.stat(parent)):
                os.mkdir(directory, 0o700)
        if not _ours(os.stat(own)):
            return
        try:
            with open(new, "xb", opener=_private) as file:
                file.write(head.encode("ascii") + made.block)
            os.replace(new, _file())
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(new)


def _file() -> str:
    cache = os.environ.get("XDG_CACHE_HOME", "")
    return os.path.join(cache if os.path.isabs(cache) else os.path.expanduser("~/.cache"), "tracefs", "types")


def _ours(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
