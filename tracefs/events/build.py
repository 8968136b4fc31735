# SPDX-License-Identifier: GPL-2.0-only
"""Declares tracefs.events._filter: the table of task names, and the filter that runs before an event is written."""

import runpy
from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parents[2]
COMMON = runpy.run_path(str(ROOT / "ringbuf/sources.py"))  # importing the package needs what this builds

CDEF = """
struct cmdlines;
struct cmdlines *cmdlines_new(uint32_t entries);
void cmdlines_free(struct cmdlines *map);
void cmdlines_save(struct cmdlines *map, int32_t pid, int32_t tgid, const char *comm);
bool cmdlines_find(const struct cmdlines *map, int32_t pid, char *comm, int32_t *tgid);
uint32_t cmdlines_list(const struct cmdlines *map, int32_t *pids, int32_t *tgids, char (*comms)[16], uint32_t max);
struct cmdlines *cmdlines_resized(const struct cmdlines *map, uint32_t entries);
uint32_t cmdlines_size(const struct cmdlines *map);
void cmdlines_clear(struct cmdlines *map);

enum {
    EV_U8, EV_S8, EV_U16, EV_S16, EV_U32, EV_S32, EV_U64, EV_S64, EV_CPU, EV_CHARS, EV_DATA_LOC, EV_REL_LOC, EV_COMM,
    EV_TASK_CHARS, EV_NOTHING,
    EV_EQ = 0, EV_NE, EV_LT, EV_LE, EV_GT, EV_GE, EV_AND, EV_FULL = 16, EV_FRONT, EV_MIDDLE, EV_END, EV_GLOB,
    EV_MASK_EQ = 32, EV_MASK_NE, EV_MASK_AND
};
struct ev_term {
    uint8_t source;
    uint8_t compare;
    uint16_t next[2];
    uint8_t negate;
    uint32_t offset;
    uint32_t size;
    uint32_t data;
    uint32_t data_len;
    int64_t value;
    ...;
};
struct ev_filter { uint32_t terms; uint32_t bytes; struct ev_term term[]; ...; };
bool ev_filter_match(const struct ev_filter *filter, const void *record, uint32_t len, int cpu, const char *comm);
bool glob_match(const char *pattern, uint32_t pattern_len, const char *text, uint32_t text_len);
"""

NAMES = ("cmdlines", "filter", "glob", "task_memory")

ffibuilder = FFI()
ffibuilder.cdef(CDEF)
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
