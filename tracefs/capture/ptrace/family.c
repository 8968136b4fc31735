/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/*
 * Tasks that come and go: fork, vfork, clone, exec from another thread, death.
 *
 * A child's first stop and its parent's report of the birth come in either order. Neither can wait for the other
 * (ptrace/thread.h), so a child that comes first is adopted on what /proc says of its kin, and set right when the
 * parent's report comes.
 */
#include <linux/audit.h>
#include <linux/sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tracefs/capture/ptrace/place.h"
#include "tracefs/capture/ptrace/untraced.h"
#include "tracefs/capture/record/events.h"
#include "tracefs/capture/task/actions.h"
#include "tracefs/capture/task/call_facts.h"
#include "tracefs/capture/task/regs.h"
#include "tracefs/capture/task/status.h"
#include "tracefs/events/task_memory.h"

/* Whether tid is a thread of the group: costs a tenth of reading /proc. */
static bool in_group(int32_t tgid, int32_t tid)
{
	return !syscall(SYS_tgkill, tgid, tid, 0);
}

static void name_after(struct cap_task *child, const struct cap_task *parent)
{
	child->name = parent->name;
	child->name.age = 0;
}

/* Whether what signals do in a child is what they do in its parent, for as long as both live. */
static bool shares_actions(const struct cap_task *child, const struct cap_task *parent)
{
	uint32_t traits = parent->entered ? cap_traits_of(parent->call.arch, parent->call.nr) : 0;
	uint64_t flags = traits & CAP_TRAIT_BIRTH_FLAGS ? parent->call.args[0] : 0;

	if (child->tgid == parent->tgid)
		return true;
	if (traits & CAP_TRAIT_BIRTH_STRUCT && !task_read(parent->tid, parent->call.args[0], &flags, sizeof(flags)))
		return false;
	return flags & CLONE_SIGHAND;
}

static void inherit(struct cap_thread *ct, struct cap_task *child, const struct cap_task *parent)
{
	if (unlikely(parent->actions))
		cap_actions_inherit(child, parent, shares_actions(child, parent));
	cap_descent_born(&ct->descent, child, parent);
	cap_task_inherit(child, parent, &ct->recorder.wants);
}

/* The flags of the call that a task is in, without the signal in their lowest byte; false where they cannot be had. */
static bool clone_flags(int32_t tid, int event, uint64_t *flags)
{
	struct user_regs_struct regs;

	*flags = event == PTRACE_EVENT_VFORK ? CLONE_VFORK | CLONE_VM : 0;
	if (!cap_get_regs(tid, &regs))
		return false;
	bool native = regs.cs == CAP_CS_64;
	uint32_t traits = cap_traits_of(native ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_I386, (int64_t)regs.orig_rax);
	if (traits & CAP_TRAIT_BIRTH_FLAGS)
		*flags = (native ? regs.rdi : (uint32_t)regs.rbx) & 0xffffffff & ~(uint64_t)CSIGNAL;
	else if (traits & CAP_TRAIT_BIRTH_STRUCT)
		return task_read(tid, native ? regs.rdi : (uint32_t)regs.rbx, flags, sizeof(*flags));
	return true;
}

void cap_on_birth(struct cap_thread *ct, struct cap_task *parent, int event)
{
	unsigned long message;
	uint64_t flags;

	if (cap_ptrace(PTRACE_GETEVENTMSG, parent->tid, 0, (uintptr_t)&message) < 0)
		return;
	int32_t tid = message;
	cap_untraced_born(parent);
	if (cap_event_wanted(&ct->recorder, parent, EV_TASK_NEWTASK) && clone_flags(parent->tid, event, &flags))
		cap_emit_newtask(&ct->recorder, parent, tid, flags);
	cap_emit_fork(&ct->recorder, parent, tid);
	struct cap_task *child = cap_task_find(&ct->tasks, tid);
	if (child) {
		if (child->orphan)
			inherit(ct, child, parent);
		child->orphan = false;
		if (ct->hub)
			in_on_birth(ct->hub, parent, child);
		return;
	}
	for (unsigned i = 0; i < CAP_EARLY_DEAD; i++)
		if (ct->early_dead[i] == tid) {
			ct->early_dead[i] = 0;
			return;
		}
	child = cap_task_add(&ct->tasks, tid, in_group(parent->tgid, tid) ? parent->tgid : tid);
	if (!child)
		return;
	child->newborn = true;
	name_after(child, parent);
	inherit(ct, child, parent);
	if (ct->hub)
		in_on_birth(ct->hub, parent, child);
}

/*
 * Who gave birth to it: one of its kin that is in a call that gives birth, best of its own group (then it is a thread).
 */
static struct cap_task *parent_of(const struct cap_thread *ct, int32_t tid, int32_t tgid, int32_t ppid)
{
	struct cap_task *best = NULL;
	int best_score = 0;
	uint32_t place = 0;

	for (struct cap_task *t = cap_task_next(&ct->tasks, &place, NULL); t;
	     t = cap_task_next(&ct->tasks, &place, t->next)) {
		bool kin = t->tgid == (tgid != tid ? tgid : ppid);
		int score = 2 * kin + (t->entered && cap_call_is(&t->call, CAP_TRAITS_BIRTH));
		if (t->tid != tid && score > best_score) {
			best = t;
			best_score = score;
		}
	}
	return best;
}

struct cap_task *cap_adopt(struct cap_thread *ct, int32_t tid)
{
	struct cap_status status;

	if (!cap_status_of(tid, &status))
		status.tgid = tid, status.ppid = 0;
	struct cap_task *t = cap_task_add(&ct->tasks, tid, status.tgid);
	if (!t)
		return NULL;
	t->newborn = t->orphan = true;
	struct cap_task *parent = parent_of(ct, tid, status.tgid, status.ppid);
	if (parent) {
		name_after(t, parent);
		inherit(ct, t, parent);
		if (ct->hub)
			in_on_birth(ct->hub, parent, t);
	} else {
		t->in_scope = true;
		cap_task_choose(t, &ct->recorder.wants);
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
			former->stat.start = 0;
			t = former;
		}
	}
	if (t) {
		t->spawning = false;
		cap_actions_drop(t);
		cap_emit_prepare_exec(&ct->recorder, t, (int32_t)message);
		cap_rename_end(&ct->recorder, t);
		cap_emit_exec(&ct->recorder, t, (int32_t)message);
		if (ct->hub)
			in_on_exec(ct->hub, t);
	}
	return t;
}

void cap_forget(struct cap_thread *ct, struct cap_task *t)
{
	if (ct->last == t)
		ct->last = NULL;
	cap_place_forget(ct, t);
	if (ct->hub)
		in_forget(ct->hub, t);
	cap_task_remove(&ct->tasks, t);
}

void cap_on_gone(struct cap_thread *ct, struct cap_task *t)
{
	if (t->orphan)
		ct->early_dead[ct->early_count++ % CAP_EARLY_DEAD] = t->tid;
	cap_forget(ct, t);
}
