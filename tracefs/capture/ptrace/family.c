/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/*
 * Tasks that come and go: fork, vfork, clone, exec from another thread, death.
 *
 * A child's first stop and its parent's report of the birth come in either order. Neither can wait for the other (ptrace/thread.h), so a child
 * that comes first is adopted on what /proc says of its kin, and set right when the parent's report comes.
 */
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tracefs/capture/task/ptrace_calls.h"
#include "tracefs/capture/ptrace/place.h"

/* Whether tid is a thread of the group: costs a tenth of reading /proc. */
static bool in_group(int32_t tgid, int32_t tid)
{
	return !syscall(SYS_tgkill, tgid, tid, 0);
}

static void name_after(struct cap_task *child, const struct cap_task *parent)
{
	memcpy(child->comm, parent->comm, sizeof(child->comm));
	child->named = parent->named;
}

void cap_on_birth(struct cap_thread *ct, struct cap_task *parent, int event)
{
	unsigned long message;

	if (cap_ptrace(PTRACE_GETEVENTMSG, parent->tid, 0, (uintptr_t)&message) < 0)
		return;
	int32_t tid = message;
	cap_emit_newtask(ct, parent, tid, event);
	cap_emit_fork(ct, parent, tid);
	struct cap_task *child = cap_task_find(&ct->tasks, tid);
	if (child) {
		if (child->orphan)
			cap_task_inherit(child, parent, &ct->wants);
		child->orphan = false;
		return;
	}
	for (unsigned i = 0; i < sizeof(ct->early_dead) / sizeof(*ct->early_dead); i++)
		if (ct->early_dead[i] == tid) {
			ct->early_dead[i] = 0;
			return;
		}
	child = cap_task_add(&ct->tasks, tid, in_group(parent->tgid, tid) ? parent->tgid : tid);
	if (!child)
		return;
	child->newborn = true;
	name_after(child, parent);
	cap_task_inherit(child, parent, &ct->wants);
}

/* Who gave birth to it: one of its kin that is in a call that gives birth, best of its own group (then it is a thread). */
static const struct cap_task *parent_of(const struct cap_thread *ct, int32_t tid, int32_t tgid, int32_t ppid)
{
	const struct cap_task *best = NULL;
	int best_score = 0;
	uint32_t place = 0;

	for (struct cap_task *t = cap_task_next(&ct->tasks, &place, NULL); t; t = cap_task_next(&ct->tasks, &place, t->next)) {
		bool kin = t->tgid == (tgid != tid ? tgid : ppid);
		int score = 2 * kin + cap_before_birth(t);
		if (t->tid != tid && score > best_score) {
			best = t;
			best_score = score;
		}
	}
	return best;
}

struct cap_task *cap_adopt(struct cap_thread *ct, int32_t tid)
{
	int32_t tgid = tid, ppid = 0;

	cap_task_kin(tid, &tgid, &ppid);
	struct cap_task *t = cap_task_add(&ct->tasks, tid, tgid);
	if (!t)
		return NULL;
	t->newborn = t->orphan = true;
	const struct cap_task *parent = parent_of(ct, tid, tgid, ppid);
	if (parent) {
		name_after(t, parent);
		cap_task_inherit(t, parent, &ct->wants);
	} else {
		t->in_scope = true;
		cap_task_choose(t, &ct->wants);
	}
	return t;
}

/* The thread that called exec now has its group's number; the group's former leader has gone without a report. */
struct cap_task *cap_on_exec(struct cap_thread *ct, struct cap_task *t, int32_t tid)
{
	unsigned long message = (unsigned long)tid;

	if (cap_ptrace(PTRACE_GETEVENTMSG, tid, 0, (uintptr_t)&message) >= 0 && (int32_t)message != tid) {
		struct cap_task *former = cap_task_find(&ct->tasks, message);
		if (former) {
			if (t)
				cap_forget(ct, t);
			cap_task_rename(&ct->tasks, former, tid);
			cap_task_close_stat(former);
			former->start = 0;
			t = former;
		}
	}
	if (t) {
		t->spawning = false;
		cap_rename_end(ct, t);
		cap_emit_exec(ct, t, (int32_t)message);
	}
	return t;
}

void cap_forget(struct cap_thread *ct, struct cap_task *t)
{
	if (ct->last == t)
		ct->last = NULL;
	cap_place_forget(ct, t);
	cap_task_remove(&ct->tasks, t);
}

void cap_on_gone(struct cap_thread *ct, struct cap_task *t)
{
	if (t->orphan)
		ct->early_dead[ct->early_count++ % (sizeof(ct->early_dead) / sizeof(*ct->early_dead))] = t->tid;
	cap_forget(ct, t);
}
