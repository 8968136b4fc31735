# SPDX-License-Identifier: GPL-2.0-only
"""The C files of the ring buffer, for every extension that compiles it into itself.

A build script cannot import it, as the package needs its extension: ``runpy.run_path("ringbuf/sources.py")["SOURCES"]``.
"""

SOURCES: tuple[str, ...] = tuple(
    f"ringbuf/{name}.c"
    for name in ("claim", "clock", "handle", "iter", "map", "page", "read", "resize", "stats", "swap", "wait", "write")
)
"""Paths from the project's root, which must be in include_dirs."""

CFLAGS: tuple[str, ...] = ("-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-mcx16")
"""Compiler options they need (cmpxchg16b) and are kept clean under."""
