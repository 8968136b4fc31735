/* SPDX-License-Identifier: GPL-2.0-only */
/* What is known of a traced task, and the table of them. Used by the capture thread alone. */
#ifndef TRACEFS_CAPTURE_TASK_TASK_H
#define TRACEFS_CAPTURE_TASK_TASK_H

#include <stdbool.h>
#include <stdint.h>

struct cap_wants;

/* The pid sets that a sink may have; see PidSet in wanted.py. */
enum cap_set { CAP_TRACER_PIDS, CAP_TRACER_NOTRACE, CAP_EVENT_PIDS, CAP_EVENT_NOTRACE, CAP_SETS };

/* How a task's system calls are captured: the one place where another way would be added is cap_task_choose(). */
enum cap_path {
	CAP_PATH_LEAVE, /* not wanted, nor may its children be: detach at the next stop */
	CAP_PATH_BIRTHS, /* not wanted, but its children may be: stops at events and signals only */
	CAP_PATH_STOPS, /* stops at each system call's entry and exit */
};

enum cap_where {
	CAP_USER,   /* computing, as far as is known */
	CAP_KERNEL, /* in a system call */
};

struct cap_task {
	struct cap_task *next; /* in the bucket */
	int32_t tid, tgid;

	uint64_t in[CAP_SETS]; /* bit s: member of sink s's set */
	uint64_t tracer_sinks, event_sinks; /* what the above and the sinks' wishes come to */
	bool in_scope;
	uint8_t path; /* enum cap_path */

	uint8_t where; /* enum cap_where */
	bool entered;	 /* nr, arch and args are those of the call that it is in */
	bool unrecorded; /* that call's entry was left out, so its exit is too */
	bool followed;	 /* resumed so that it stops at its next call */
	bool newborn;	 /* its first stop has not been seen */
	bool orphan;	 /* its first stop was seen before its parent's report */
	bool interrupted; /* PTRACE_INTERRUPT was sent, its stop has not come */
	bool undone;	 /* it makes the call that it is in again, unless a handler comes first (restart.c) */
	bool at_entry;	 /* stopped at the entry of a call */
	bool filtered;	 /* it stops at the calls that its seccomp filter names (seccomp.h) */
	bool spawning;	 /* our own child, before its execve */
	bool stopped;	 /* in a group stop (PTRACE_LISTEN) */
	bool named;	 /* comm is known */
	uint8_t name_age; /* records since the name was saved */

	int64_t nr;
	uint32_t arch;
	uint64_t args[6];
	uint64_t written; /* sinks that its entry was written for */
	int64_t began, deadline; /* restart_timeout.c: ns */
	char comm[16];

	uint64_t served; /* cap_thread.stops when it last stopped */

	bool stat_kept;
	int stat_fd;	 /* /proc/TID/stat, -1 */
	uint64_t start;	 /* its start time there, 0: not read yet */
	int cpu;	 /* where it was seen at the stop numbered cpu_at */
	uint64_t cpu_at;

	/* placement.c */
	int slot;	 /* in the keeper's table while it is kept, -1 */
	uint64_t seen;	 /* ns: when it last stopped */
	bool computing;	 /* counted as outside a system call */
	bool often;	 /* its last two stops were near each other */
	bool giving;	 /* in a call that hands its affinity on */
	bool asking;	 /* in a call about affinities */
	uint8_t brisk;	 /* short bursts of computing in a row */
	uint8_t refused; /* stops until keeping it is tried again */
};

struct cap_tasks {
	struct cap_task **bucket;
	uint32_t buckets; /* a power of two */
	uint32_t count;
};

bool cap_tasks_init(struct cap_tasks *tasks);
void cap_tasks_free(struct cap_tasks *tasks); /* and all that are in it */
struct cap_task *cap_task_find(const struct cap_tasks *tasks, int32_t tid);
struct cap_task *cap_task_add(struct cap_tasks *tasks, int32_t tid, int32_t tgid); /* not yet there; NULL: no memory */
void cap_task_remove(struct cap_tasks *tasks, struct cap_task *t);		      /* frees it */
void cap_task_rename(struct cap_tasks *tasks, struct cap_task *t, int32_t tid);
/* Walk them all: *place is 0 at first. The one returned may be removed, nothing else changed. */
struct cap_task *cap_task_next(const struct cap_tasks *tasks, uint32_t *place, struct cap_task *after);

/* Decide who records the task, and so how it is captured. After any change of its sets, its scope or the wishes. */
void cap_task_choose(struct cap_task *t, const struct cap_wants *wants);
/* What a child is member of. */
void cap_task_inherit(struct cap_task *child, const struct cap_task *parent, const struct cap_wants *wants);

void cap_task_close_stat(struct cap_task *t); /* procfs.c */

static inline void cap_name_changed(struct cap_task *t)
{
	t->named = false;
	t->name_age = 0;
}

#endif
