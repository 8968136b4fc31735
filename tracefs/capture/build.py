# SPDX-License-Identifier: GPL-2.0-only
"""Declares tracefs.capture._engine: the stop loop and all that runs once per stop."""

import re
import runpy
import sys
from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parents[2]
ROOM = Path(__file__).resolve().parent

COMMON = runpy.run_path(str(ROOT / "ringbuf/sources.py"))  # importing the package needs what it builds
FACES = ("ptrace/for_python", "ptrace/thread", "ptrace/place", "ptrace/restart", "ptrace/restart_timeout", "ptrace/seccomp",
         "record/sink", "record/emit", "task/ptrace_calls")  # fmt: skip
"""Headers whose functions Python may call."""
TYPES = ("task/task", "payload/gather", "record/sink", "ptrace/thread")
ENUMS = ("cap_reason", "cap_spawn_step", "cap_part_kind", "cap_stack", "cap_set")
STRUCTS = ("cap_report", "cap_call", "cap_rlimit", "cap_spawn_failure", "cap_spawn", "cap_part", "cap_wish_set", "cap_wish_event",
           "cap_wish")  # fmt: skip
SIZES = ("CAP_PART_STEPS", "CAP_CPU_WORDS")
"""Of arrays within them: macros that cffi must be told the values of."""
NOT_FOR_PYTHON = (
    r"cap_info|siginfo_t|pid_t|struct (cap_task|cap_emission|cap_filter|cap_frame|cap_sink)\b|cap_recorder_(init|free)"
)
CONSTANTS = ("AUDIT_ARCH_X86_64", "CAP_WANTED_WORDS")


def declared() -> str:
    """What Python sees of the headers, as they have it."""
    types = "".join(COMMON["declarations"](ROOM / f"{name}.h") for name in TYPES)
    faces = "".join(COMMON["declarations"](ROOM / f"{name}.h") for name in FACES)
    found = re.findall(rf"(?ms)^(?:enum (?:{'|'.join(ENUMS)})|struct (?:{'|'.join(STRUCTS)})) \{{.*?\}};", types)
    assert len(found) == len(ENUMS) + len(STRUCTS), "a type is not in the headers"
    texts = "".join((ROOM / f"{name}.h").read_text() for name in TYPES)
    sizes = "".join(f"#define {name} {re.findall(rf'#define {name} ([0-9]+)', texts)[0]}\n" for name in SIZES)
    functions = re.findall(r"(?m)^[a-z][\w *]*?\bcap_\w+\([^;{]*?\);", faces)
    functions = [each for each in functions if not re.search(NOT_FOR_PYTHON, each)]
    constants = "".join(f"#define {name} ...\n" for name in CONSTANTS)
    return constants + sizes + "\n".join([*found, *functions])


def write_traits() -> None:
    """What tracefs/syscalls/traits.tbl says, for the engine."""
    sys.path.insert(0, str(ROOT))
    from tracefs.syscalls import traits

    target, text = ROOM / "task/_call_traits.h", traits.header()
    if not target.exists() or target.read_text() != text:
        target.write_text(text)


write_traits()
INSIDE = ("recorder.c", "alone.c")
"""Those of intask/ that run in tasks: what intask/build.py links comes into the engine as bytes."""
OWN = sorted(
    str(path.relative_to(ROOT))
    for room in ("task", "payload", "record", "ptrace", "intask")
    for path in (ROOM / room).glob("*.c")
    if path.name not in INSIDE
)
EVENTS = ("cmdlines", "filter", "glob", "task_memory",
          "triggers/hist", "triggers/hist_map", "triggers/hist_value", "triggers/trigger")  # fmt: skip
ROOMS = ("ringbuf", "tracefs/events", "tracefs/capture", "tracefs/syscalls/types/block")
HEADERS = [str(path.relative_to(ROOT)) for room in ROOMS for path in sorted((ROOT / room).rglob("*.h"))]

ffibuilder = FFI()
ffibuilder.cdef(declared())
ffibuilder.set_source(
    "tracefs.capture._engine",
    "#include <linux/audit.h>\n"
    + "".join(f'#include "tracefs/capture/{name}.h"\n' for name in FACES)
    + runpy.run_path(str(ROOM / "intask/build.py"))["as_c"](),
    sources=[
        *OWN,
        *COMMON["SOURCES"],
        *(f"tracefs/events/{name}.c" for name in EVENTS),
        "tracefs/syscalls/types/block/walk.c",
    ],
    include_dirs=[str(ROOT)],
    depends=HEADERS,
    extra_compile_args=list(COMMON["CFLAGS"]),
)

if __name__ == "__main__":
    ffibuilder.compile(tmpdir=str(ROOT), verbose=False)
