# SPDX-License-Identifier: GPL-2.0-only
"""Declares tracefs.events.triggers._hist: the tables behind hist triggers. The declarations are those of hist.h."""

import re
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SOURCES = ("hist.c", "hist_map.c", "hist_value.c")


def declarations(header: Path) -> str:
    """A header's C without preprocessor lines and static inline code, for cffi."""
    text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.S)
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))


ffibuilder = FFI()
ffibuilder.cdef(declarations(HERE / "hist.h"))
ffibuilder.set_source(
    "tracefs.events.triggers._hist",
    '#include "tracefs/events/triggers/hist.h"\n',
    sources=[f"tracefs/events/triggers/{name}" for name in SOURCES],
    include_dirs=[str(ROOT)],
    depends=["tracefs/events/triggers/hist.h", "tracefs/events/triggers/hist_map.h"],
    extra_compile_args=["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror"],
)

if __name__ == "__main__":
    ffibuilder.compile(tmpdir=str(ROOT), verbose=False)
