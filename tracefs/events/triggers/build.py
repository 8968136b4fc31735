# SPDX-License-Identifier: GPL-2.0-only
"""Declares tracefs.events.triggers._hist: triggers, and the tables behind hist triggers, as hist.h and trigger.h have
them."""

import os
import runpy
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
COMMON = runpy.run_path(str(ROOT / "ringbuf/sources.py"))  # importing the package needs what this builds
SOURCES = ("hist.c", "hist_map.c", "hist_value.c", "trigger.c", "../filter.c", "../glob.c", "../task_memory.c")

ffibuilder = FFI()
ffibuilder.cdef("".join(COMMON["declarations"](HERE / name) for name in ("hist.h", "trigger.h")))
ffibuilder.set_source(
    "tracefs.events.triggers._hist",
    '#include "tracefs/events/triggers/trigger.h"\n',
    sources=[os.path.normpath(f"tracefs/events/triggers/{name}") for name in SOURCES],
    include_dirs=[str(ROOT)],
    depends=[f"tracefs/events/triggers/{name}.h" for name in ("hist", "hist_map", "hist_value", "trigger")],
    extra_compile_args=list(COMMON["CFLAGS"]),
)

if __name__ == "__main__":
    ffibuilder.compile(tmpdir=str(ROOT), verbose=False)
