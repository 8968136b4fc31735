/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/*
 * Threads and children of programs that record themselves. All that they need is in their memory already, so they are
 * given a block of their own without a call: gs and dispatching are set by their tracer at their first stop. After each
 * step they run correctly without a tracer, as the selector is open until arm_if_it_may() (dispatch.c).
 */
#include <linux/audit.h>
#include <linux/sched.h>
#include <string.h>
#include <sys/syscall.h>

#include "tracefs/capture/intask/hub.h"
#include "tracefs/capture/task/ptrace_calls.h"
#include "tracefs/capture/task/regs.h"

#define SET_DISPATCHING 0x4210 /* PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG */

uint64_t in_birth_flags(const struct cap_task *t)
{
	uint64_t flags = ~0ull;

	if (t->call.arch != AUDIT_ARCH_X86_64)
		return flags;
	switch (t->call.nr) {
	case SYS_fork:
		return 0;
	case SYS_vfork:
		return CLONE_VM | CLONE_VFORK;
	case SYS_clone:
		return t->call.args[0];
	default:
		in_peek(t->tid, t->call.args[0], &flags, sizeof(flags));
		return flags;
	}
}

bool in_runs_beside(uint64_t flags)
{
	return (flags & CLONE_VM) && (!(flags & CLONE_VFORK) || (flags & CLONE_UNTRACED));
}

/* Who its parent is may have been a guess (cap_adopt()): so its own memory is asked. */
static bool is_of_family(const struct in_hub *hub, const struct in_task *it)
{
	struct {
		uint64_t cookie, family;
	} there;

	return in_peek(it->task->tid, it->image->base + IN_BLOCK_AT + IN_TEMPLATE_COOKIE, &there, sizeof(there)) &&
	       there.cookie == hub->control->cookie && there.family == it->image->family->number;
}

static bool fill_frame(struct in_hub *hub, struct in_task *it)
{
	struct in_frame frame = {0};

	return in_begin_frame(hub, it->task, &frame) && in_poke(it->task->tid, in_frame_at(it), &frame, sizeof(frame));
}

static bool begin(struct in_task *it, uint64_t exempt)
{
	struct {
		uint64_t mode, selector, offset, bytes;
	} on = {1, in_own_gs(it) + IN_SELECTOR, it->image->base, exempt};
	struct user_regs_struct regs;

	if (!cap_get_regs(it->task->tid, &regs) || regs.gs_base || regs.cs != CAP_CS_64)
		return false;
	regs.gs_base = in_own_gs(it);
	if (cap_ptrace(PTRACE_SETREGS, it->task->tid, 0, (uintptr_t)&regs) < 0)
		return false;
	if (cap_ptrace(SET_DISPATCHING, it->task->tid, sizeof(on), (uintptr_t)&on) >= 0)
		return true;
	regs.gs_base = 0;
	cap_ptrace(PTRACE_SETREGS, it->task->tid, 0, (uintptr_t)&regs);
	return false;
}

void in_join(struct in_hub *hub, struct in_task *it)
{
	it->joins = false;
	if (it->block || it->confined || !it->image || it->task->path != CAP_PATH_STOPS ||
	    it->image->shape != hub->shape || !is_of_family(hub, it))
		return;
	if (!in_take_block(hub, it)) {
		hub->reasons[IN_CROWDED]++;
		return;
	}
	if (fill_frame(hub, it) && begin(it, hub->head.exempt_end))
		it->state = IN_OPEN;
	else
		in_disarm(hub, it);
}
