# SPDX-License-Identifier: GPL-2.0-only
"""What the package's tables compile to, kept in the user's cache directory: to make it takes longer than the rest of a
start.

The file is a line of ASCII, `tracefs-types KEY CHECKSUM ERRORS CUSTOMS`, and the block. The key follows from the
contents of all tables, and of all code that makes the block of them. C follows the references in a block unseen, so
only a file counts that nobody else could have written (private.py). Nothing here fails: what cannot be kept is made
again.
"""

from __future__ import annotations

import contextlib
import io
import os
import stat
import zlib
from typing import NamedTuple

from tracefs.syscalls.types.block.private import is_ours, private_directory

OWN, FILE = "tracefs", "types"
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
        with private_directory(_cache(), OWN, make=False) as directory, _open(directory) as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode) or not is_ours(state) or state.st_nlink != 1:
                return None
            head, _, block = file.read().partition(b"\n")
        magic, said, checksum, errors, customs = head.decode("ascii").split(" ")
        if (magic, said, int(checksum)) != (MAGIC, wanted, zlib.crc32(block)):
            return None
        return Compiled(block, tuple(customs.split(",")), int(errors))
    except (OSError, ValueError):
        return None


def write(wanted: str, made: Compiled) -> None:
    """Keep it, in the place of what was kept before. Only where nobody else can write: root's $HOME may be a user's."""
    head = f"{MAGIC} {wanted} {zlib.crc32(made.block)} {made.errors} {','.join(made.customs)}\n"
    with contextlib.suppress(OSError), private_directory(_cache(), OWN, make=True) as directory:
        _replace(directory, head.encode("ascii") + made.block)


def _replace(directory: int, content: bytes) -> None:
    new = f"{FILE}.{os.getpid()}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with open(os.open(new, flags, 0o600, dir_fd=directory), "wb") as file:
            file.write(content)
        os.replace(new, FILE, src_dir_fd=directory, dst_dir_fd=directory)
    except OSError:  # also of one that was left by a process of the same number
        os.unlink(new, dir_fd=directory)
        raise


def _open(directory: int) -> io.FileIO:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    return io.FileIO(os.open(FILE, flags, dir_fd=directory))


def _cache() -> str:
    cache = os.environ.get("XDG_CACHE_HOME", "")
    return cache if os.path.isabs(cache) else os.path.expanduser("~/.cache")
