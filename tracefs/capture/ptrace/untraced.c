/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracefs/capture/ptrace/untraced.h"

#include <linux/audit.h>
#include <linux/sched.h>

#include "tracefs/capture/task/call_facts.h"
#include "tracefs/capture/task/ptrace_calls.h"
#include "tracefs/capture/task/regs.h"
#include "tracefs/events/task_memory.h"

static unsigned long long *first_argument(const struct cap_task *t, struct user_regs_struct *regs)
{
	return t->call.arch == AUDIT_ARCH_X86_64 ? &regs->rdi : &regs->rbx;
}

/* Where the flags are as `from`, make them `to`: in a register, or where the first argument points. */
static bool change(const struct cap_task *t, uint64_t from, uint64_t to)
{
	struct user_regs_struct regs;
	uint64_t flags;

	if (cap_call_is(&t->call, CAP_TRAIT_BIRTH_STRUCT)) /* else the program has put something else there */
		return task_read(t->tid, t->call.args[0], &flags, sizeof(flags)) && flags == from &&
		       cap_ptrace(PTRACE_POKEDATA, t->tid, t->call.args[0], to) >= 0;
	if (!cap_get_regs(t->tid, &regs) || *first_argument(t, &regs) != from)
		return false;
	*first_argument(t, &regs) = to;
	return cap_ptrace(PTRACE_SETREGS, t->tid, 0, (uintptr_t)&regs) >= 0;
}

void cap_untraced_begin(struct cap_task *t)
{
	uint64_t flags = 0;

	t->cloned_with = 0;
	if (cap_call_is(&t->call, CAP_TRAIT_BIRTH_FLAGS))
		flags = t->call.args[0];
	else if (!cap_call_is(&t->call, CAP_TRAIT_BIRTH_STRUCT) ||
		 !task_read(t->tid, t->call.args[0], &flags, sizeof(flags)))
		return;
	if (flags & CLONE_UNTRACED && change(t, flags, flags & ~(uint64_t)CLONE_UNTRACED))
		t->cloned_with = flags;
}

void cap_untraced_born(struct cap_task *t)
{
	if (t->cloned_with)
		change(t, t->cloned_with & ~(uint64_t)CLONE_UNTRACED, t->cloned_with);
}

/* Memory that it shares is its parent's affair. */
void cap_untraced_child(struct cap_task *t)
{
	if (t->cloned_with && !(t->cloned_with & CLONE_VM && cap_call_is(&t->call, CAP_TRAIT_BIRTH_STRUCT)))
		cap_untraced_born(t);
	t->cloned_with = 0;
}
