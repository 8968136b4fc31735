# SPDX-License-Identifier: GPL-2.0-only
"""Declares tracefs.events.triggers._hist: triggers, and the tables behind hist triggers, as hist.h and trigger.h have them."""

import os
import re
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SOURCES = ("hist.c", "hist_map.c", "hist_value.c", "trigger.c", "../filter.c", "../glob.c", "../task_memory.c")


def declarations(header: Path) -> str:
    """A header's C without preprocessor lines and static inline code, for cffi."""
    text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.S)
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))


ffibuilder = FFI()
ffibuilder.cdef(declarations(HERE / "hist.h") + declarations(HERE / "trigger.h"))
ffibuilder.set_source(
    "tracefs.events.triggers._hist",
    '#include "tracefs/events/triggers/trigger.h"\n',
    sources=[os.path.normpath(f"tracefs/events/triggers/{name}") for name in SOURCES],
    include_dirs=[str(ROOT)],
    depends=[f"tracefs/events/triggers/{name}.h" for name in ("hist", "hist_map", "hist_value", "trigger")],
    extra_compile_args=["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE="],
)

if __name__ == "__main__":
    ffibuilder.compile(tmpdir=str(ROOT), verbose=False)
