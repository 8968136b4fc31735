/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/* Births, execs, waits and deaths: what ptrace reports of them, as the kernel's events. */
#include <limits.h>
#include <linux/audit.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracefs/capture/task/ptrace_calls.h"
#include "tracefs/capture/ptrace/place.h"
#include "tracefs/capture/task/regs.h"
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

/* The flags of the call that a task is in, without the signal in their lowest byte; false where they cannot be had. */
static bool clone_flags(int32_t tid, int event, uint64_t *flags)
{
	struct user_regs_struct regs;

	*flags = event == PTRACE_EVENT_VFORK ? CLONE_VFORK | CLONE_VM : 0;
	if (!cap_get_regs(tid, &regs))
		return false;
	bool native = regs.cs == CAP_CS_64;
	if (regs.orig_rax == (native ? SYS_clone : 120))
		*flags = (native ? regs.rdi : (uint32_t)regs.rbx) & 0xffffffff & ~(uint64_t)CSIGNAL;
	else if (regs.orig_rax == SYS_clone3)
		return task_read(tid, native ? regs.rdi : (uint32_t)regs.rbx, flags, sizeof(*flags));
	return true;
}

void cap_emit_newtask(struct cap_thread *ct, struct cap_task *parent, int32_t child, int event)
{
	struct newtask_record rec = {.pid = child};

	if (!wanted(ct, parent, EV_TASK_NEWTASK) || !clone_flags(parent->tid, event, &rec.clone_flags))
		return;
	cap_task_name(parent);
	memcpy(rec.comm, parent->comm, sizeof(rec.comm));
	rec.oom_score_adj = (int16_t)cap_task_oom_score_adj(parent->tid);
	cap_emit_event(ct, parent, EV_TASK_NEWTASK, &rec, sizeof(rec));
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

void cap_emit_exit(struct cap_thread *ct, struct cap_task *t, int status)
{
	struct exit_record rec = {.pid = t->tid, .exit_code = (uint16_t)status};

	if (!wanted(ct, t, EV_SCHED_PROCESS_EXIT))
		return;
	cap_task_name(t);
	memcpy(rec.comm, t->comm, sizeof(rec.comm));
	rec.prio = cap_task_prio(t->tid);
	rec.group_dead = t->tid == t->tgid; /* its end is reported when all other threads have ended */
	cap_emit_event(ct, t, EV_SCHED_PROCESS_EXIT, &rec, sizeof(rec));
}

#define WAIT4_OPTIONS (WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL)
#define WAITID_OPTIONS (WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL)

/* The process or group that a wait is for, 0 for any; false where the kernel refuses before it begins to wait. */
static bool awaited(const struct cap_task *t, int32_t *pid)
{
	int32_t first = (int32_t)t->args[0], second = (int32_t)t->args[1];

	if (t->nr == SYS_wait4) {
		*pid = first == -1 ? 0 : first < 0 ? -first : first ? first : getpgid(t->tid);
		return !((int32_t)t->args[2] & ~WAIT4_OPTIONS) && first != INT_MIN;
	}
	int32_t options = (int32_t)t->args[3];
	if (options & ~WAITID_OPTIONS || !(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return false;
	*pid = first == P_PGID && !second ? getpgid(t->tid) : second;
	if (first == P_ALL)
		*pid = 0;
	return first == P_ALL || (first == P_PID && second > 0) || (first == P_PGID && second >= 0);
}

void cap_emit_wait(struct cap_thread *ct, struct cap_task *t)
{
	struct wait_record rec = {0};
	uint32_t end = offsetof(struct wait_record, text);

	if (t->arch != AUDIT_ARCH_X86_64 || (t->nr != SYS_wait4 && t->nr != SYS_waitid) ||
	    !wanted(ct, t, EV_SCHED_PROCESS_WAIT) || !awaited(t, &rec.pid))
		return;
	if (rec.pid && kill(rec.pid, 0) && kill(-rec.pid, 0))
		rec.pid = 0; /* as the kernel says of a number that nobody has */
	cap_task_name(t);
	rec.comm = put_string(&rec, &end, t->comm);
	rec.prio = cap_task_prio(t->tid);
	cap_emit_event(ct, t, EV_SCHED_PROCESS_WAIT, &rec, end);
}
