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
#include <stddef.h>

#include "tracefs/capture/ptrace/restart_timeout.h"
#include "tracefs/capture/task/ptrace_calls.h"
#include "tracefs/capture/task/regs.h"
#include "tracefs/capture/task/status.h"
#include "tracefs/capture/ptrace/restart.h"

#define ERESTARTNOHAND 514 /* linux/errno.h of the kernel; strace shows it */
/* They end such calls untraced, too, when the task goes on after the stop. */
#define STOP_SIGNALS (CAP_SIGNAL_BIT(SIGSTOP) | CAP_SIGNAL_BIT(SIGTSTP) | CAP_SIGNAL_BIT(SIGTTIN) | CAP_SIGNAL_BIT(SIGTTOU))

/* Those that have done nothing when they return EINTR; of receiving ones, those with a receive time-out do. */
static const int16_t undoable_64[] = {
	0, 19, 43, 288, 45, 47, /* read, readv, accept, accept4, recvfrom, recvmsg */
	232, 281, 441,		/* epoll_wait, epoll_pwait, epoll_pwait2 */
	65, 220,		/* semop, semtimedop */
	128,			/* rt_sigtimedwait */
	208, 333, 426,		/* io_getevents, io_pgetevents, io_uring_enter */
};
static const int16_t undoable_32[] = {
	3, 145, 364, 371, 372, /* read, readv, accept4, recvfrom, recvmsg */
	256, 319, 441,	       /* epoll_wait, epoll_pwait, epoll_pwait2 */
	420,		       /* semtimedop_time64 */
	177, 421,	       /* rt_sigtimedwait, rt_sigtimedwait_time64 */
	247, 385, 416, 426,    /* io_getevents, io_pgetevents, io_pgetevents_time64, io_uring_enter */
};
enum { COMPAT_SOCKETCALL = 102, COMPAT_IPC = 117 };

static bool listed(const int16_t *numbers, size_t count, int32_t nr)
{
	for (size_t i = 0; i < count; i++)
		if (numbers[i] == nr)
			return true;
	return false;
}

#define LISTED(numbers, nr) listed(numbers, sizeof(numbers) / sizeof(*(numbers)), nr)

bool cap_undoable(uint32_t arch, int32_t nr, uint64_t first)
{
	if (arch == AUDIT_ARCH_X86_64)
		return LISTED(undoable_64, nr);
	if (nr == COMPAT_IPC) /* SEMOP, SEMTIMEDOP */
		return (first & 0xffff) == 1 || (first & 0xffff) == 4;
	if (nr == COMPAT_SOCKETCALL) /* accept, recv, recvfrom, recvmsg, accept4 */
		return first == 5 || first == 10 || first == 12 || first == 17 || first == 18;
	return LISTED(undoable_32, nr);
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
