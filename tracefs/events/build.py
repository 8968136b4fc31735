# SPDX-License-Identifier: GPL-2.0-only
"""Declares tracefs.events._filter: the table of task names, and the filter that runs before an event is written."""

import runpy
from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parents[2]
COMMON = runpy.run_path(str(ROOT / "ringbuf/sources.py"))  # importing the package needs what this builds

NAMES = ("cmdlines", "filter", "glob", "task_memory")
FACES = ("cmdlines", "filter", "glob")
"""Headers that Python sees, as they are."""
CONSTANTS = "#define CMDLINE_LEN 16\n#define EV_ACCEPT ...\n#define EV_REJECT ...\n"
"""Macros of those: the length of an array must be known here, and the compiler checks it."""

ffibuilder = FFI()
ffibuilder.cdef(CONSTANTS + "".join(COMMON["declarations"](ROOT / f"tracefs/events/{name}.h") for name in FACES))
ffibuilder.set_source(
    "tracefs.events._filter",
    "".join(f'#include "tracefs/events/{name}.h"\n' for name in NAMES),
    sources=[f"tracefs/events/{name}.c" for name in NAMES],
    include_dirs=[str(ROOT)],
    depends=[f"tracefs/events/{name}.h" for name in (*NAMES, "record")],
    extra_compile_args=list(COMMON["CFLAGS"]),
)

if __name__ == "__main__":
    ffibuilder.compile(tmpdir=str(ROOT), verbose=False)
