# SPDX-License-Identifier: GPL-2.0-only
"""Builds ``ringbuf._ringbuf``. Run as a script, it compiles in place."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parent.parent
SOURCES = runpy.run_path(str(ROOT / "ringbuf/sources.py"))  # importing the package needs what this builds


def declarations(header: Path) -> str:
    """The C declarations of a header of ours, without comments and preprocessor lines: what cffi parses."""
    text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.DOTALL)
    return re.sub(r"(?m)^#.*$", "", text.replace("\\\n", " "))


ffibuilder = FFI()
ffibuilder.cdef(declarations(ROOT / "ringbuf/ringbuf.h") + declarations(ROOT / "ringbuf/bench.h"))
ffibuilder.set_source(
    "ringbuf._ringbuf",
    '#include "ringbuf/ringbuf.h"\n#include "ringbuf/bench.h"\n',
    sources=[*SOURCES["SOURCES"], "ringbuf/bench.c"],
    depends=[str(path.relative_to(ROOT)) for path in sorted((ROOT / "ringbuf").glob("*.h"))],
    include_dirs=[str(ROOT)],
    extra_compile_args=list(SOURCES["CFLAGS"]),
    libraries=["pthread"],
)

if __name__ == "__main__":
    import os

    os.chdir(ROOT)
    ffibuilder.compile(tmpdir=str(ROOT), verbose=False)
