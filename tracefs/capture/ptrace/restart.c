/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/*
 * EINTR that comes of tracing alone is undone: the task makes its call again.
 *
 * Some calls end with EINTR whenever their sleeper is woken by the signal machinery. Of a traced task that is also the case at
 * PTRACE_INTERRUPT, at a SIGCONT to any of its threads, and at signals that it ignores, which the kernel drops when they are sent
 * to an untraced task. Such a call has done nothing yet, so it can be made again.
 *
 * The task is on its way out of the kernel then, with a signal flagged. We put ERESTARTNOHAND in the place of EINTR: the kernel
 * itself makes that EINTR if a handler is to run, and makes the call again if none is. So nothing can come in between, and the
 * task may be let go, or the tracer die, at once.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/ipc.h>
#include <linux/net.h>

#include "tracefs/capture/ptrace/restart_timeout.h"
#include "tracefs/capture/task/call_facts.h"
#include "tracefs/capture/task/ptrace_calls.h"
#include "tracefs/capture/task/regs.h"
#include "tracefs/capture/task/status.h"
#include "tracefs/capture/ptrace/restart.h"

#define ERESTARTNOHAND 514 /* linux/errno.h of the kernel; strace shows it */
/* They end such calls untraced, too, when the task goes on after the stop. */
#define STOP_SIGNALS (CAP_SIGNAL_BIT(SIGSTOP) | CAP_SIGNAL_BIT(SIGTSTP) | CAP_SIGNAL_BIT(SIGTTIN) | CAP_SIGNAL_BIT(SIGTTOU))

bool cap_undoable(uint32_t arch, int32_t nr, uint64_t first)
{
	uint16_t traits = cap_traits_of(arch, nr);

	if (traits & CAP_TRAIT_MULTIPLEX_IPC)
		return (first & 0xffff) == SEMOP || (first & 0xffff) == SEMTIMEDOP;
	if (traits & CAP_TRAIT_MULTIPLEX_SOCKETCALL)
		return first == SYS_ACCEPT || first == SYS_RECV || first == SYS_RECVFROM || first == SYS_RECVMSG ||
		       first == SYS_ACCEPT4;
	return traits & CAP_TRAIT_AGAIN;
}

/* The registers of a stopped task whose call returned EINTR and can be made again. */
static bool ended_early(const struct cap_task *t, struct user_regs_struct *regs)
{
	cap_info info;

	if (!cap_get_regs(t->tid, regs) || (int32_t)regs->rax != -EINTR ||
	    cap_ptrace(PTRACE_GET_SYSCALL_INFO, t->tid, sizeof(info), (uintptr_t)&info) < 0)
		return false;
	return cap_undoable(info.arch, regs->orig_rax, info.arch == AUDIT_ARCH_X86_64 ? regs->rdi : (uint32_t)regs->rbx);
}

static void ended(struct cap_thread *ct, struct cap_task *t, int64_t result)
{
	t->restart.pending = false;
	if (t->entered)
		cap_on_exit(ct, t, t->call.arch, result);
}

static bool undo(struct cap_thread *ct, struct cap_task *t, struct user_regs_struct *regs)
{
	int64_t result = -ERESTARTNOHAND;
	bool over = cap_limit_over(ct, t, &result);

	regs->rax = result;
	if (cap_ptrace(PTRACE_SETREGS, t->tid, 0, (uintptr_t)regs) < 0)
		return false;
	if (over)
		ended(ct, t, result);
	else
		t->restart.pending = true;
	return true;
}

bool cap_undo_eintr(struct cap_thread *ct, struct cap_task *t, bool tracing)
{
	struct user_regs_struct regs;
	struct cap_status s;

	if (!ended_early(t, &regs) || !cap_status_of(t->tid, &s))
		return false;
	uint64_t pending = (s.own | s.shared) & ~s.blocked;
	bool ignored = pending & cap_dropped(&s);
	if ((pending & STOP_SIGNALS) || !(tracing || ignored))
		return false;
	return undo(ct, t, &regs);
}

bool cap_will_undo(const struct cap_task *t, int sig)
{
	struct user_regs_struct regs;
	struct cap_status s;

	return ended_early(t, &regs) && cap_status_of(t->tid, &s) && (cap_dropped(&s) & CAP_SIGNAL_BIT(sig));
}

void cap_on_signal(struct cap_thread *ct, struct cap_task *t, int sig)
{
	struct user_regs_struct regs;
	struct cap_status s;

	if ((!t->restart.pending && !ended_early(t, &regs)) || !cap_status_of(t->tid, &s))
		return;
	bool dropped = cap_dropped(&s) & CAP_SIGNAL_BIT(sig);
	if (t->restart.pending && (s.caught & CAP_SIGNAL_BIT(sig)))
		ended(ct, t, -EINTR); /* the kernel sees to that */
	else if (!t->restart.pending && dropped)
		undo(ct, t, &regs);
}
