/* SPDX-License-Identifier: GPL-2.0-only */
/* What Python's policy asks of and tells about tasks, by number. Each takes emit_lock: any thread may call them. */
#ifndef TRACEFS_CAPTURE_PTRACE_FOR_PYTHON_H
#define TRACEFS_CAPTURE_PTRACE_FOR_PYTHON_H

#include "tracefs/capture/ptrace/thread.h"

struct cap_recorder *cap_recorder_of(struct cap_thread *ct);
/*
 * Write what a program wrote into trace_marker, by any task, and run its event's triggers. seen: the record as these
 * see it, without the line's end. false: it was not written, for lack of room or since the sink does not record that
 * CPU.
 */
bool cap_mark(struct cap_thread *ct, int sink, int32_t tid, const char *comm, int cpu, const void *rec, uint32_t len,
	      const void *seen, uint32_t seen_len);
uint64_t cap_stops(struct cap_thread *ct);      /* handled so far */
uint64_t cap_pages_read(struct cap_thread *ct); /* of tasks' memory, so far */
void cap_report_of(struct cap_thread *ct, struct cap_report *out);
void cap_set_exec_policy(struct cap_thread *ct, bool on);
/* after CAP_EXEC; false: the task is gone */
bool cap_call_of(struct cap_thread *ct, int32_t tid, struct cap_call *out);
/* [capture] after CAP_EXEC: detach it where it stands, before its execve */
void cap_let_go(struct cap_thread *ct, int32_t tid);
void cap_vanished(struct cap_thread *ct, int32_t tid); /* [capture] it has gone, or is not traced, without a report */
bool cap_has(struct cap_thread *ct, int32_t tid);
/* The lists return how many there are, and write at most max. */
int cap_list(struct cap_thread *ct, int32_t *tids, int32_t *tgids, uint32_t max);
int cap_leaving(struct cap_thread *ct, int32_t *tids, uint32_t max); /* those to be detached */
int cap_members(struct cap_thread *ct, int sink, int set, int32_t *tids, uint32_t max);
void cap_memory_is_served(struct cap_thread *ct); /* task_memory.h: some task has a userfaultfd */
int cap_attached(struct cap_thread *ct, int32_t tid, int32_t tgid, bool in_scope); /* seized: 0 or -ENOMEM */
void cap_set_scope(struct cap_thread *ct, int32_t tid, bool in_scope);
void cap_set_generation(struct cap_thread *ct, int32_t tid, uint32_t generation); /* descent.h */
/* [capture] whose end makes cap_loop() return, once; 0: nobody's */
void cap_set_root(struct cap_thread *ct, int32_t tid);
void cap_set_depth(struct cap_thread *ct, uint32_t depth);
bool cap_add_glob(struct cap_thread *ct, bool leave, const char *glob); /* false: too long, or too many */
void cap_set_member(struct cap_thread *ct, int32_t tid, int sink, int set, bool member);
void cap_clear_members(struct cap_thread *ct, int sink, int set);
void cap_choose_all(struct cap_thread *ct); /* after changes of scope, members or sinks */
/* Those whose path needs a stop that will not come by itself: not yet followed from call to call. */
int cap_unstopped(struct cap_thread *ct, int32_t *tids, uint32_t max);
uint32_t cap_spawned(struct cap_thread *ct);                             /* children of cap_spawn() that live */
int cap_interrupted(struct cap_thread *ct, int32_t *tids, uint32_t max); /* those whose interrupt has not arrived */
void cap_set_leaving(struct cap_thread *ct, int32_t tid);
/*
 * [capture] Make a seized task stop soon, if it is still as it was seen: in that state of proc(5), and as often asleep
 * before; state 0: whatever it does.
 * false: it is not, or is gone.
 */
bool cap_interrupt(struct cap_thread *ct, int32_t tid, char state, uint64_t sleeps);

/*
 * [capture] From now on programs may record themselves (intask/). 0, or -ENOTSUP: this machine, or this thread's
 * number, does not do.
 */
int cap_in_task(struct cap_thread *ct);
bool cap_in_task_suits(int32_t tid);   /* whether a thread of that number can be the capture thread then */
const char *cap_in_task_machine(void); /* why not on this machine; NULL: programs can */
/* Programs that began, by enum in_reason (intask/hub.h); how many reasons there are. */
unsigned cap_in_task_reasons(struct cap_thread *ct, uint32_t *counts, unsigned max);
/* Threads that do nothing are made until the next one is likely to have a number that suits. */
void cap_in_task_approach(void);

#endif
