# SPDX-License-Identifier: GPL-2.0-only
"""The tables that come with the package, read once."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from tracefs.syscalls.types.custom import load_entry_points
from tracefs.syscalls.types.errors import TypeSyntaxError
from tracefs.syscalls.types.model import Table
from tracefs.syscalls.types.syntax import parse

TYPES = Path(__file__).parent
ROWS = TYPES.parent / "args.tbl"


@lru_cache(maxsize=1)
def load() -> Table:
    """All *.tbl of this directory, args.tbl with the rows, and the types that installed packages add.

    The files are read as one text, since each may use what another defines. Raises TypeSyntaxError.
    """
    return read([*sorted(TYPES.glob("*.tbl")), ROWS])


def read(paths: list[Path]) -> Table:
    """The files as one table. Raises TypeSyntaxError that names the file, and its line and column."""
    texts = [path.read_text(encoding="utf-8") for path in paths]
    custom = Table(load_entry_points())
    try:
        return custom.merged(parse("".join(texts), custom))
    except TypeSyntaxError as error:
        start = 0
        for path, text in zip(paths, texts, strict=True):
            if error.position < start + len(text):
                raise TypeSyntaxError(error.message, text, error.position - start, path.name) from None
            start += len(text)
        raise
