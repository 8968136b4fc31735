# SPDX-License-Identifier: GPL-2.0-only
"""The tables that come with the package, read once; and what C walks of them, which most starts need no tables for."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from tracefs.syscalls.table import SYSCALLS
from tracefs.syscalls.types.block import kept
from tracefs.syscalls.types.language.errors import TypeSyntaxError

if TYPE_CHECKING:
    from tracefs.syscalls.types.language.model import Table

TYPES = Path(__file__).parent / "tables"
ROWS = Path(__file__).parents[1] / "args.tbl"
NAMES = {call.nr: call.name for call in SYSCALLS}


@lru_cache(maxsize=1)
def load() -> Table:
    """All tables/*.tbl, args.tbl with the rows, and the types that installed packages add.

    The files are read as one text, since each may use what another defines. Raises TypeSyntaxError.
    """
    return read([*sorted(TYPES.glob("*.tbl")), ROWS])


@lru_cache(maxsize=1)
def compiled() -> kept.Compiled:
    """The package's tables for C. (Types that installed packages add are in what users write, not in these rows.)"""
    key = kept.key()
    found = kept.read(key)
    if found is None:
        found = compile_rows(load())
        kept.write(key, found)
    return found


def compile_rows(table: Table) -> kept.Compiled:
    """A table for C, with the rows of all syscalls."""
    from tracefs.syscalls.types.block.compile import compile_table

    return compile_table(table, NAMES)


def asked() -> bool:
    """Whether the tables were asked for: before, this process can have saved nothing by them."""
    return load.cache_info().currsize > 0 or compiled.cache_info().currsize > 0


def read(paths: list[Path]) -> Table:
    """The files as one table. Raises TypeSyntaxError that names the file, and its line and column."""
    from tracefs.syscalls.types.decode.custom import load_entry_points  # here, as most starts read no tables
    from tracefs.syscalls.types.language.model import Table
    from tracefs.syscalls.types.language.syntax import parse

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
