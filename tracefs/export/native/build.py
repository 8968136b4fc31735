# SPDX-License-Identifier: GPL-2.0-only
"""Builds `tracefs.export._native`. Run as a script, it compiles in place."""

from __future__ import annotations

import runpy
from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parents[3]
COMMON = runpy.run_path(str(ROOT / "ringbuf/sources.py"))
ROOM = "tracefs/export/native"
SOURCES = [f"{ROOM}/{name}.c" for name in ("pairs", "tasks", "strings", "perfetto", "columns")]
OTHER_ROOMS = [
    "tracefs/render/text.c",
    *(f"tracefs/render/typed/{name}.c" for name in ("typed", "whole", "bpf", "fds", "scalar", "object", "custom")),
    "tracefs/syscalls/types/block/walk.c",
    "ringbuf/page.c",
]
HEADERS = ("pairs.h", "perfetto.h", "columns.h")
OPAQUE = "struct rn_types; struct rn_whole;\n"


def declared(name: str) -> str:
    """A header of this room, as cffi reads it: without the sinks, which C alone calls."""
    text: str = COMMON["declarations"](ROOT / ROOM / name)
    return text.replace("[1024]", "[]")


ffibuilder = FFI()
ffibuilder.cdef(OPAQUE + "".join(map(declared, HEADERS)))
ffibuilder.set_source(
    "tracefs.export._native",
    "".join(f'#include "{ROOM}/{name}"\n' for name in HEADERS),
    sources=[*SOURCES, *OTHER_ROOMS],
    depends=[
        str(path.relative_to(ROOT))
        for room in ("tracefs/export/native", "tracefs/render", "ringbuf")
        for path in sorted((ROOT / room).rglob("*.h"))
    ],
    include_dirs=[str(ROOT)],
    extra_compile_args=list(COMMON["CFLAGS"]),
    libraries=["pthread"],
)

if __name__ == "__main__":
    import os

    os.chdir(ROOT)
    ffibuilder.compile(tmpdir=str(ROOT), verbose=False)
