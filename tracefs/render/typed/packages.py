# SPDX-License-Identifier: GPL-2.0-only
"""Types that only Python knows (those of other packages): C asks for their words while it renders a line."""

from __future__ import annotations

from typing import Any

from tracefs.render._render import ffi, lib
from tracefs.syscalls.types.decode import custom
from tracefs.syscalls.types.notation.printers import text


@ffi.def_extern(error=-1)  # type: ignore[untyped-decorator]
def rn_python_words(name: Any, data: Any, length: int, words: Any, room: int) -> int:
    """The words of a value, in one line; -1: there are none, and its bytes are shown."""
    decoded = text(custom.decode(ffi.string(name).decode(), bytes(ffi.buffer(data, length))))
    shown = "".join(each if each.isprintable() else repr(each)[1:-1] for each in decoded)
    encoded = shown.encode(errors="backslashreplace")[:room]
    ffi.memmove(words, encoded, len(encoded))
    return len(encoded)


def use() -> None:
    """From now on lines have the words of such types."""
    lib.rn_custom_use(lib.rn_python_words)
