/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/* Births, execs, waits and deaths: what a tracer is told of them, as the kernel's events. */
#include <limits.h>
#include <linux/audit.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracefs/capture/record/events.h"
#include "tracefs/capture/task/call_facts.h"
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
	uint16_t exit_code; /* in what is padding of the kernel's */
};

struct wait_record {
	struct ev_common common;
	uint32_t comm;
	int32_t pid, prio;
	char text[16];
};

struct newtask_record {
	struct ev_common common;
	int32_t pid;
	char comm[16];
	uint32_t pad; /* the flags are aligned as the kernel's u64 */
	uint64_t clone_flags;
	int16_t oom_score_adj;
	uint8_t tail[6];
};

/* Put a string behind the fixed part: its __data_loc, and where the next one goes. */
static uint32_t put_string(void *record, uint32_t *end, const char *text)
{
	uint32_t at = *end, size = (uint32_t)strlen(text) + 1;

	memcpy((char *)record + at, text, size);
	*end = at + size;
	return size << 16 | at;
}

void cap_emit_newtask(struct cap_recorder *r, struct cap_task *parent, int32_t child, uint64_t clone_flags)
{
	struct newtask_record rec = {.pid = child, .clone_flags = clone_flags};

	if (!cap_event_wanted(r, parent, EV_TASK_NEWTASK))
		return;
	cap_task_name(parent);
	memcpy(rec.comm, parent->name.comm, sizeof(rec.comm));
	rec.oom_score_adj = (int16_t)cap_task_oom_score_adj(parent->tid);
	cap_emit_event(r, parent, EV_TASK_NEWTASK, &rec, sizeof(rec));
}

void cap_emit_fork(struct cap_recorder *r, struct cap_task *parent, int32_t child)
{
	struct fork_record rec = {.parent_pid = parent->tid, .child_pid = child};
	uint32_t end = offsetof(struct fork_record, text);

	if (!cap_event_wanted(r, parent, EV_SCHED_PROCESS_FORK))
		return;
	cap_task_name(parent);
	/* A child begins with its parent's name. */
	rec.parent_comm = put_string(&rec, &end, parent->name.comm);
	rec.child_comm = put_string(&rec, &end, parent->name.comm);
	cap_emit_event(r, parent, EV_SCHED_PROCESS_FORK, &rec, end);
}

void cap_emit_exec(struct cap_recorder *r, struct cap_task *t, int32_t old_tid)
{
	struct exec_record rec = {.pid = t->tid, .old_pid = old_tid};
	char path[PATH_MAX_RECORDED + 1];
	uint32_t end = offsetof(struct exec_record, text);

	if (!cap_event_wanted(r, t, EV_SCHED_PROCESS_EXEC))
		return;
	/* The kernel leaves the path that was asked for in the new program's memory, and says where. */
	if (task_read_string(t->tid, cap_task_execfn(t->tid), path, PATH_MAX_RECORDED) < 0)
		path[0] = 0;
	rec.filename = put_string(&rec, &end, path);
	cap_emit_event(r, t, EV_SCHED_PROCESS_EXEC, &rec, end);
}

void cap_emit_exit(struct cap_recorder *r, struct cap_task *t, int status)
{
	struct exit_record rec = {.pid = t->tid, .exit_code = (uint16_t)status};

	if (!cap_event_wanted(r, t, EV_SCHED_PROCESS_EXIT))
		return;
	cap_task_name(t);
	memcpy(rec.comm, t->name.comm, sizeof(rec.comm));
	rec.prio = cap_task_prio(t->tid);
	rec.group_dead = t->tid == t->tgid; /* its end is reported when all other threads have ended */
	cap_emit_event(r, t, EV_SCHED_PROCESS_EXIT, &rec, sizeof(rec));
}

#define WAIT4_OPTIONS (WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL)
#define WAITID_OPTIONS (WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL)

/* The process or group that a wait is for, 0 for any; false where the kernel refuses before it begins to wait. */
static bool awaited(const struct cap_task *t, const struct cap_call *call, int32_t *pid)
{
	int32_t first = (int32_t)call->args[0], second = (int32_t)call->args[1];

	if (call->nr == SYS_wait4) { /* of the two that wait */
		*pid = first == -1 ? 0 : first < 0 ? -first : first ? first : getpgid(t->tid);
		return !((int32_t)call->args[2] & ~WAIT4_OPTIONS) && first != INT_MIN;
	}
	int32_t options = (int32_t)call->args[3];
	if (options & ~WAITID_OPTIONS || !(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return false;
	*pid = first == P_PGID && !second ? getpgid(t->tid) : second;
	if (first == P_ALL)
		*pid = 0;
	return first == P_ALL || (first == P_PID && second > 0) || (first == P_PGID && second >= 0);
}

void cap_emit_wait(struct cap_recorder *r, struct cap_task *t)
{
	struct wait_record rec = {0};
	uint32_t end = offsetof(struct wait_record, text);

	if (likely(t->call.arch != AUDIT_ARCH_X86_64 || !cap_call_is(&t->call, CAP_TRAIT_WAIT)) ||
	    !cap_event_wanted(r, t, EV_SCHED_PROCESS_WAIT) || !awaited(t, &t->call, &rec.pid))
		return;
	if (rec.pid && kill(rec.pid, 0) && kill(-rec.pid, 0))
		rec.pid = 0; /* as the kernel says of a number that nobody has */
	cap_task_name(t);
	rec.comm = put_string(&rec, &end, t->name.comm);
	rec.prio = cap_task_prio(t->tid);
	cap_emit_event(r, t, EV_SCHED_PROCESS_WAIT, &rec, end);
}
