# SPDX-License-Identifier: GPL-2.0-only
"""Builds `tracefs.render._render`. Run as a script, it compiles in place."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parents[2]
COMMON = runpy.run_path(str(ROOT / "ringbuf/sources.py"))
SOURCES = [
    "tracefs/render/text.c",
    "tracefs/render/decode.c",
    "tracefs/render/context.c",
    "tracefs/render/syscall.c",
    "tracefs/render/saved.c",
    "tracefs/render/typed/typed.c",
    "tracefs/render/typed/bpf.c",
    "tracefs/render/typed/fds.c",
    "tracefs/render/typed/scalar.c",
    "tracefs/render/typed/object.c",
    "tracefs/render/typed/custom.c",
    "tracefs/render/printfmt/printfmt.c",
    "tracefs/render/event.c",
    "tracefs/render/line.c",
    "tracefs/render/reader.c",
    "tracefs/render/source.c",
    "tracefs/render/lines.c",
]
OTHER_ROOMS = ["tracefs/events/cmdlines.c", "tracefs/syscalls/types/block/walk.c", *COMMON["SOURCES"]]

RENDER_ENUMS = ("rn_flag", "rn_field_kind", "rn_class_kind", "rn_saved_kind", "rn_opcode")
RENDER_STRUCTS = (
    "rn_field",
    "rn_saved_arg",
    "rn_class",
    "rn_table",
    "rn_types",
    "rn_options",
    "rn_symbol",
    "rn_op",
    "rn_piece",
    "rn_program",
)
READER_FUNCTIONS = ("new", "free", "take", "unread", "empty", "reset")
"""Of reader.h, rn_reader_...: what takes its lock itself."""
PYTHON = """
extern "Python" int32_t rn_python_words(const char *name, const uint8_t *bytes, uint32_t length, char *words, uint32_t room);
"""
"""An rn_custom_words that typed/packages.py is."""


def plain(header: str) -> str:
    """A header of this room, as cffi reads it."""
    text: str = COMMON["declarations"](ROOT / "tracefs/render" / header)
    return text


def types(*headers: str) -> str:
    """The definitions of RENDER_ENUMS and RENDER_STRUCTS, in the order of the headers."""
    text = "".join(map(plain, headers))
    names = "|".join((*RENDER_ENUMS, *RENDER_STRUCTS))
    found = re.findall(rf"(?ms)^(?:enum|struct) (?:{names}) \{{.*?^\}};", text)
    assert len(found) == len(RENDER_ENUMS) + len(RENDER_STRUCTS), "a type is not in the headers"
    return "struct rb; struct tt_table; struct cmdlines; struct rn_reader; struct rn_program;\n" + "\n".join(found)


def reader_functions() -> str:
    """The declarations of READER_FUNCTIONS."""
    found = re.findall(rf"(?m)^[^\n(]*\brn_reader_(?:{'|'.join(READER_FUNCTIONS)})\([^;]*;", plain("reader.h"))
    assert len(found) == len(READER_FUNCTIONS), "a function is not in reader.h"
    return "\n".join(found) + "\n"


ffibuilder = FFI()
ffibuilder.cdef(
    types("render.h", "printfmt/printfmt.h") + reader_functions() + plain("lines.h") + plain("typed/custom.h") + PYTHON
)
ffibuilder.set_source(
    "tracefs.render._render",
    '#include "tracefs/render/lines.h"\n#include "tracefs/render/printfmt/printfmt.h"\n'
    '#include "tracefs/render/typed/custom.h"\n',
    sources=[*SOURCES, *OTHER_ROOMS],
    depends=[str(path.relative_to(ROOT)) for path in sorted((ROOT / "tracefs/render").rglob("*.h"))],
    include_dirs=[str(ROOT)],
    extra_compile_args=list(COMMON["CFLAGS"]),
    libraries=["pthread"],
)

if __name__ == "__main__":
    import os

    os.chdir(ROOT)
    ffibuilder.compile(tmpdir=str(ROOT), verbose=False)
