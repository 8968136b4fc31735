# SPDX-License-Identifier: GPL-2.0-only
"""Declares tracefs.events._filter: the table of task names, and the filter that runs before an event is written."""

from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parents[2]

CDEF = """
struct cmdlines;
struct cmdlines *cmdlines_new(uint32_t entries);
void cmdlines_free(struct cmdlines *map);
void cmdlines_save(struct cmdlines *map, int32_t pid, int32_t tgid, const char *comm);
bool cmdlines_find(const struct cmdlines *map, int32_t pid, char *comm, int32_t *tgid);
uint32_t cmdlines_list(const struct cmdlines *map, int32_t *pids, int32_t *tgids, char (*comms)[16], uint32_t max);
int cmdlines_resize(struct cmdlines *map, uint32_t entries);
uint32_t cmdlines_size(const struct cmdlines *map);
void cmdlines_clear(struct cmdlines *map);
"""

ffibuilder = FFI()
ffibuilder.cdef(CDEF)
ffibuilder.set_source(
    "tracefs.events._filter",
    '#include "tracefs/events/cmdlines.h"\n',
    sources=["tracefs/events/cmdlines.c"],
    include_dirs=[str(ROOT)],
    depends=["tracefs/events/cmdlines.h"],
    extra_compile_args=["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-mcx16"],
)

if __name__ == "__main__":
    ffibuilder.compile(tmpdir=str(ROOT), verbose=False)
