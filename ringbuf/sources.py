# SPDX-License-Identifier: GPL-2.0-only
"""What the builders of all extensions share: the C files of the ring buffer, compiler options, and how cffi gets a
header.

A build script cannot import it, as the package needs its extension:
``runpy.run_path("ringbuf/sources.py")["SOURCES"]``.
"""

from __future__ import annotations

import re
from pathlib import Path

SOURCES: tuple[str, ...] = tuple(
    f"ringbuf/{name}.c"
    for name in (
        "claim",
        "clock",
        "iter",
        "map",
        "page",
        "read",
        "record",
        "resize",
        "stats",
        "swap",
        "switches",
        "wait",
        "write",
        "writers",
    )
)
"""Paths from the project's root, which must be in include_dirs."""

CFLAGS: tuple[str, ...] = ("-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-mcx16", "-fvisibility=hidden")
"""Compiler options they need (cmpxchg16b) and are kept clean under. Nothing is looked up in a module but its init
function: hidden symbols save calls their way through the linkage table, a tenth of the time of a rendered line.

No -D_GNU_SOURCE: the Python.h of 3.10 defines it too, and differently. Files that need it say so.
"""


def declarations(header: Path) -> str:
    """The C declarations of a header of ours, without comments and preprocessor lines: what cffi parses."""
    text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.DOTALL)
    return re.sub(r"(?m)^#.*$", "", text.replace("\\\n", " "))
