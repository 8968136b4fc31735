# SPDX-License-Identifier: GPL-2.0-only
"""Declares tracefs.capture._engine: the stop loop and all that runs once per stop."""

import runpy
from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parents[2]
ROOM = Path(__file__).resolve().parent

CDEF = """
struct rb;
struct cmdlines;
struct cap_thread;
struct cap_recorder;
struct cap_recorder *cap_recorder_of(struct cap_thread *ct);
struct cap_report { int32_t tid; int32_t status; };
struct cap_call { int64_t nr; uint32_t arch; uint64_t args[6]; };
#define AUDIT_ARCH_X86_64 ...
struct cap_spawn {
    const char *path;
    char *const *argv;
    char *const *envp;
    int fds[3];
    uint64_t sigmask;
    uint64_t restore;
    const uint64_t *wanted;
    int exec_error;
};
enum cap_reason { CAP_WOKEN, CAP_CHILD_EXIT, CAP_EXEC };
enum cap_part_kind { CAP_PART_WHOLE, CAP_PART_TEXT, CAP_PART_UNIX };
enum cap_stack { CAP_KERNEL_STACK = 1, CAP_USER_STACK = 2 };
enum cap_set { CAP_TRACER_PIDS, CAP_TRACER_NOTRACE, CAP_EVENT_PIDS, CAP_EVENT_NOTRACE };

struct cap_thread *cap_new(struct cmdlines *cmdlines);
void cap_free(struct cap_thread *ct);
int cap_enter(struct cap_thread *ct);
void cap_leave(struct cap_thread *ct);
int cap_loop(struct cap_thread *ct);
bool cap_resume(struct cap_thread *ct, int32_t tid, int sig);
void cap_wake(struct cap_thread *ct);
void cap_alarm(struct cap_thread *ct, int64_t ns);
void cap_pause(struct cap_recorder *r);
void cap_unpause(struct cap_recorder *r);
int cap_mute(struct cap_recorder *r, int32_t tid);
void cap_unmute(struct cap_recorder *r, int32_t tid);
int cap_sink_add(struct cap_recorder *r, struct rb *rb);
void cap_sink_remove(struct cap_recorder *r, int sink);
void cap_sink_tracer(struct cap_recorder *r, int sink, bool on);
void cap_sink_events(struct cap_recorder *r, int sink, const int32_t *ids, const uint64_t *filters, uint32_t count);
void cap_sink_triggers(struct cap_recorder *r, int sink, const int32_t *ids, const uint64_t *lists, uint32_t count);
void cap_sink_snapshot(struct cap_recorder *r, int sink, struct rb *snapshot);
void cap_sink_stacks(struct cap_recorder *r, int sink, uint8_t stacks);
void cap_mark(struct cap_thread *ct, int sink, int32_t tid, const char *comm, int cpu, const void *rec, uint32_t len,
              const void *seen, uint32_t seen_len);
void cap_take_snapshot(struct cap_recorder *r, int sink, int cpu);
bool cap_soft_off(struct cap_recorder *r, int sink, uint16_t event);
void cap_set_soft_off(struct cap_recorder *r, int sink, uint16_t event, bool off);
void cap_sink_options(struct cap_recorder *r, int sink, bool record_comm, bool record_tgid, const uint64_t *cpus);
void cap_sink_set(struct cap_recorder *r, int sink, int set, bool active, bool follow);
void cap_sink_saves(struct cap_recorder *r, int sink, uint32_t enter, uint32_t exit, uint32_t paths, bool fds);
void cap_describe(struct cap_recorder *r, int32_t nr, uint8_t nargs, const uint8_t saved[2], const uint8_t fds[2],
                  uint8_t asked);
struct cap_part {
	uint8_t arg, kind, steps;
	uint16_t step[3];
	uint16_t at, size;
};
void cap_describe_parts(struct cap_recorder *r, int32_t nr, bool exit, const struct cap_part *parts, uint32_t n);
void cap_types(struct cap_recorder *r, const void *table);
uint64_t cap_stops(struct cap_thread *ct);
uint64_t cap_pages_read(struct cap_thread *ct);

int cap_spawn(struct cap_thread *ct, struct cap_spawn *how);

/* for Python alone: for_python.c */
void cap_report_of(struct cap_thread *ct, struct cap_report *out);
void cap_set_exec_policy(struct cap_thread *ct, bool on);
bool cap_call_of(struct cap_thread *ct, int32_t tid, struct cap_call *out);
void cap_let_go(struct cap_thread *ct, int32_t tid);
void cap_vanished(struct cap_thread *ct, int32_t tid);
bool cap_has(struct cap_thread *ct, int32_t tid);
int cap_list(struct cap_thread *ct, int32_t *tids, int32_t *tgids, uint32_t max);
int cap_attached(struct cap_thread *ct, int32_t tid, int32_t tgid, bool in_scope);
void cap_set_scope(struct cap_thread *ct, int32_t tid, bool in_scope);
void cap_set_member(struct cap_thread *ct, int32_t tid, int sink, int set, bool member);
void cap_clear_members(struct cap_thread *ct, int sink, int set);
int cap_members(struct cap_thread *ct, int sink, int set, int32_t *tids, uint32_t max);
void cap_choose_all(struct cap_thread *ct);
int cap_unstopped(struct cap_thread *ct, int32_t *tids, uint32_t max);
uint32_t cap_spawned(struct cap_thread *ct);
int cap_leaving(struct cap_thread *ct, int32_t *tids, uint32_t max);
int cap_interrupted(struct cap_thread *ct, int32_t *tids, uint32_t max);
void cap_place_hold_off(struct cap_thread *ct, bool on);
int32_t cap_place_keeper(struct cap_thread *ct);
bool cap_interrupt(struct cap_thread *ct, int32_t tid, char state, uint64_t sleeps);
void cap_set_leaving(struct cap_thread *ct, int32_t tid);
void cap_op(void);
int64_t cap_limit_overdue(struct cap_thread *ct);
bool cap_undoable(uint32_t arch, int32_t nr, uint64_t first);
"""

OWN = sorted(
    str(path.relative_to(ROOT))
    for room in ("task", "payload", "record", "ptrace")
    for path in (ROOM / room).glob("*.c")
)
COMMON = runpy.run_path(str(ROOT / "ringbuf/sources.py"))  # importing the package needs what it builds
EVENTS = ("cmdlines", "filter", "glob", "task_memory",
          "triggers/hist", "triggers/hist_map", "triggers/hist_value", "triggers/trigger")  # fmt: skip
ROOMS = ("ringbuf", "tracefs/events", "tracefs/capture", "tracefs/syscalls/types/block")
HEADERS = [str(path.relative_to(ROOT)) for room in ROOMS for path in sorted((ROOT / room).rglob("*.h"))]

ffibuilder = FFI()
ffibuilder.cdef(CDEF)
ffibuilder.set_source(
    "tracefs.capture._engine",
    '#include <linux/audit.h>\n'
    '#include "tracefs/capture/ptrace/for_python.h"\n'
    '#include "tracefs/capture/ptrace/place.h"\n'
    '#include "tracefs/capture/ptrace/restart.h"\n'
    '#include "tracefs/capture/record/emit.h"\n'
    '#include "tracefs/capture/ptrace/restart_timeout.h"\n'
    '#include "tracefs/capture/task/ptrace_calls.h"\n',
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
