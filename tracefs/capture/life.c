/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/* sched_process_fork, _exec and _exit: what the reports of births, execs and deaths say, as the kernel's events. */
#include <string.h>

#include "tracefs/capture/ops.h"
#include "tracefs/capture/place.h"
#include "tracefs/events/task_memory.h"

#define PATH_MAX_RECORDED 1024

struct fork_record {
	struct ev_common common;
	uint32_t parent_comm;
	int32_t parent_pid;
	uint32_t child_comm;
	int32_t child_pid;
	char text[2 * 16];
};

struct exec_record {
	struct ev_common common;
	uint32_t filename;
	int32_t pid, old_pid;
	char text[PATH_MAX_RECORDED + 1];
};

struct exit_record {
	struct ev_common common;
	char comm[16];
	int32_t pid, prio;
	uint8_t group_dead;
	uint8_t pad[3];
};

static bool wanted(struct cap_thread *ct, const struct cap_task *t, int id)
{
	return unlikely(t->event_sinks & ct->event_sinks[id]) && !t->spawning && !cap_is_muted(ct, t->tid);
}

/* Put a string behind the fixed part: its __data_loc, and where the next one goes. */
static uint32_t put_string(void *record, uint32_t *end, const char *text)
{
	uint32_t at = *end, size = (uint32_t)strlen(text) + 1;

	memcpy((char *)record + at, text, size);
	*end = at + size;
	return size << 16 | at;
}

void cap_emit_fork(struct cap_thread *ct, struct cap_task *parent, int32_t child)
{
	struct fork_record rec = {.parent_pid = parent->tid, .child_pid = child};
	uint32_t end = offsetof(struct fork_record, text);

	if (!wanted(ct, parent, EV_SCHED_PROCESS_FORK))
		return;
	cap_task_name(parent);
	/* A child begins with its parent's name. */
	rec.parent_comm = put_string(&rec, &end, parent->comm);
	rec.child_comm = put_string(&rec, &end, parent->comm);
	cap_emit_event(ct, parent, EV_SCHED_PROCESS_FORK, &rec, end);
}

void cap_emit_exec(struct cap_thread *ct, struct cap_task *t, int32_t old_tid)
{
	struct exec_record rec = {.pid = t->tid, .old_pid = old_tid};
	char path[PATH_MAX_RECORDED + 1];
	uint32_t end = offsetof(struct exec_record, text);

	if (!wanted(ct, t, EV_SCHED_PROCESS_EXEC))
		return;
	/* The kernel leaves the path that was asked for in the new program's memory, and says where. */
	if (task_read_string(t->tid, cap_task_execfn(t->tid), path, PATH_MAX_RECORDED) < 0)
		path[0] = 0;
	rec.filename = put_string(&rec, &end, path);
	cap_emit_event(ct, t, EV_SCHED_PROCESS_EXEC, &rec, end);
}

void cap_emit_exit(struct cap_thread *ct, struct cap_task *t)
{
	struct exit_record rec = {.pid = t->tid};

	if (!wanted(ct, t, EV_SCHED_PROCESS_EXIT))
		return;
	cap_task_name(t);
	memcpy(rec.comm, t->comm, sizeof(rec.comm));
	rec.prio = cap_task_prio(t->tid);
	rec.group_dead = t->tid == t->tgid; /* its end is reported when all other threads have ended */
	cap_emit_event(ct, t, EV_SCHED_PROCESS_EXIT, &rec, offsetof(struct exit_record, pad) + sizeof(rec.pad));
}
