# SPDX-License-Identifier: GPL-2.0-only
"""Builds ``ringbuf._ringbuf``. Run as a script, it compiles in place."""

from __future__ import annotations

import runpy
from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parent.parent
COMMON = runpy.run_path(str(ROOT / "ringbuf/sources.py"))  # importing the package needs what this builds


ffibuilder = FFI()
ffibuilder.cdef("".join(COMMON["declarations"](ROOT / "ringbuf" / name) for name in ("ringbuf.h", "bench.h")))
ffibuilder.set_source(
    "ringbuf._ringbuf",
    '#include "ringbuf/ringbuf.h"\n#include "ringbuf/bench.h"\n',
    sources=[*COMMON["SOURCES"], "ringbuf/bench.c"],
    depends=[str(path.relative_to(ROOT)) for path in sorted((ROOT / "ringbuf").glob("*.h"))],
    include_dirs=[str(ROOT)],
    extra_compile_args=list(COMMON["CFLAGS"]),
    libraries=["pthread"],
)

if __name__ == "__main__":
    import os

    os.chdir(ROOT)
    ffibuilder.compile(tmpdir=str(ROOT), verbose=False)
