/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/*
 * EINTR that comes of tracing alone is undone: the task makes its call again.
 *
 * Some calls end with EINTR whenever their sleeper is woken by the signal machinery. Of a traced task that is also the
 * case at PTRACE_INTERRUPT, at a SIGCONT to any of its threads, and at signals that it ignores, which the kernel drops
 * when they are sent to an untraced task. Such a call has done nothing yet, so it can be made again.
 *
 * The task is on its way out of the kernel then, with a signal flagged. We put ERESTARTNOHAND in the place of EINTR:
 * the kernel itself makes that EINTR if a handler is to run, and makes the call again if none is. So nothing can come
 * in between, and the task may be let go, or the tracer die, at once.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/ipc.h>
#include <linux/net.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tracefs/capture/ptrace/restart_timeout.h"
#include "tracefs/capture/task/call_facts.h"
#include "tracefs/capture/task/clock.h"
#include "tracefs/capture/task/ptrace_calls.h"
#include "tracefs/capture/task/regs.h"
#include "tracefs/capture/task/status.h"
#include "tracefs/capture/ptrace/restart.h"

/* They end such calls untraced, too, when the task goes on after the stop. */
#define STOP_SIGNALS                                                                                                   \
	(CAP_SIGNAL_BIT(SIGSTOP) | CAP_SIGNAL_BIT(SIGTSTP) | CAP_SIGNAL_BIT(SIGTTIN) | CAP_SIGNAL_BIT(SIGTTOU))

bool cap_undoable(uint32_t arch, int32_t nr, uint64_t first)
{
	uint32_t traits = cap_traits_of(arch, nr);

	if (traits & CAP_TRAIT_MULTIPLEX_IPC)
		return (first & 0xffff) == SEMOP || (first & 0xffff) == SEMTIMEDOP;
	if (traits & CAP_TRAIT_MULTIPLEX_SOCKETCALL)
		return first == SYS_ACCEPT || first == SYS_RECV || first == SYS_RECVFROM || first == SYS_RECVMSG ||
		       first == SYS_ACCEPT4;
	return traits & CAP_TRAIT_AGAIN;
}

/* The same, where an interrupt of ours might have it return with a part of its work done. */
static bool undoable_if_ignored(uint32_t arch, int32_t nr, uint64_t first)
{
	uint32_t traits = cap_traits_of(arch, nr);

	if (traits & CAP_TRAIT_MULTIPLEX_SOCKETCALL)
		return first == SYS_CONNECT || first == SYS_SEND || first == SYS_SENDTO || first == SYS_SENDMSG ||
		       first == SYS_SENDMMSG || first == SYS_RECVMMSG;
	return traits & CAP_TRAIT_AGAIN_IGNORED;
}

/* Filters that all whom we start have from us: what these forbid we could not do, either. */
static uint32_t own_filters(void)
{
	static _Atomic int64_t known = -1;
	struct cap_status s;

	if (known < 0)
		known = cap_status_of((int32_t)syscall(SYS_gettid), &s) ? s.filters : 0;
	return (uint32_t)known;
}

/* It has a filter of its own, which may not know restart_syscall(2), as untraced it never calls that. */
static bool is_in_sandbox(const struct cap_task *t, const struct cap_status *s)
{
	return s->filters > own_filters() + t->filtered;
}

/*
 * How a call returned, and what is to be done: nothing, make it again as the kernel would not, leave that to the
 * kernel.
 */
enum verdict { IT_ENDED, MAKE_AGAIN, KERNEL_DOES };

static enum verdict judge(const struct cap_task *t, const struct user_regs_struct *regs, const struct cap_status *s)
{
	int32_t result = (int32_t)regs->rax;
	cap_info info;

	if ((result != -EINTR && !cap_starts_again(regs)) ||
	    cap_ptrace(PTRACE_GET_SYSCALL_INFO, t->tid, sizeof(info), (uintptr_t)&info) < 0)
		return IT_ENDED;
	int32_t nr = (int32_t)regs->orig_rax;
	bool native = info.arch == AUDIT_ARCH_X86_64;
	uint64_t first = native ? regs->rdi : (uint32_t)regs->rbx;

	if (result == -EINTR)
		return cap_undoable(info.arch, nr, first) || undoable_if_ignored(info.arch, nr, first) ? MAKE_AGAIN
												       : IT_ENDED;
	/* io_pgetevents: the kernel would begin its time anew */
	if (result == -CAP_ERESTARTNOHAND && !t->restart.pending && cap_undoable(info.arch, nr, first) &&
	    cap_timeout_of(info.arch, nr))
		return MAKE_AGAIN;
	struct cap_call call = {.nr = nr, .arch = info.arch, .args = {regs->rdi}};
	if (result == -CAP_ERESTART_RESTARTBLOCK && cap_limit_keeps(&call) && is_in_sandbox(t, s))
		return MAKE_AGAIN;
	return KERNEL_DOES;
}

static void pending(struct cap_task *t, int32_t result)
{
	t->restart.pending = true;
	t->restart.ended = result;
}

static void ended(struct cap_thread *ct, struct cap_task *t, int64_t result)
{
	t->restart.pending = false;
	if (t->entered)
		cap_on_exit(ct, t, t->call.arch, result);
}

static bool undo(struct cap_thread *ct, struct cap_task *t, struct user_regs_struct *regs)
{
	int64_t result = -CAP_ERESTARTNOHAND;
	bool over = cap_limit_over(ct, t, &result);

	regs->rax = result;
	if (cap_ptrace(PTRACE_SETREGS, t->tid, 0, (uintptr_t)regs) < 0)
		return false;
	if (over)
		ended(ct, t, result);
	else
		pending(t, -EINTR);
	return true;
}

/* What was attached to in a call has that as its own from now on. */
static bool call_known(struct cap_thread *ct, struct cap_task *t, const struct user_regs_struct *regs)
{
	cap_info info;

	if (!t->entered) {
		if (cap_ptrace(PTRACE_GET_SYSCALL_INFO, t->tid, sizeof(info), (uintptr_t)&info) < 0)
			return false;
		cap_on_middle(ct, t, regs, info.arch);
	}
	return true;
}

static bool returned_early(const struct cap_task *t, struct user_regs_struct *regs)
{
	return cap_get_regs(t->tid, regs) && ((int32_t)regs->rax == -EINTR || cap_starts_again(regs));
}

bool cap_undo_eintr(struct cap_thread *ct, struct cap_task *t, bool tracing)
{
	struct user_regs_struct regs;
	struct cap_status s;

	if (!returned_early(t, &regs) || !cap_status_of(t->tid, &s))
		return false;
	enum verdict verdict = judge(t, &regs, &s);
	uint64_t waiting = (s.own | s.shared) & ~s.blocked;
	bool ignored = waiting & cap_dropped(&s);
	if (verdict == IT_ENDED || (waiting & STOP_SIGNALS) || !(tracing || ignored) || !call_known(ct, t, &regs))
		return false;
	if (verdict == MAKE_AGAIN)
		return undo(ct, t, &regs);
	pending(t, (int32_t)regs.rax);
	return true;
}

bool cap_will_undo(const struct cap_task *t, int sig)
{
	struct user_regs_struct regs;
	struct cap_status s;

	return returned_early(t, &regs) && cap_status_of(t->tid, &s) && (cap_dropped(&s) & CAP_SIGNAL_BIT(sig)) &&
	       judge(t, &regs, &s) != IT_ENDED;
}

void cap_take_over(struct cap_thread *ct, struct cap_task *t)
{
	struct user_regs_struct regs;
	uint32_t written;
	int64_t ns;

	if (!in_take_over(ct->hub, t, &ns, &written) || !cap_get_regs(t->tid, &regs))
		return;
	cap_on_middle(ct, t, &regs, AUDIT_ARCH_X86_64);
	t->written = written;
	t->restart.began = cap_now_ns() - ns;
}

void cap_on_signal(struct cap_thread *ct, struct cap_task *t, int sig)
{
	struct user_regs_struct regs;
	struct cap_status s;

	if ((!t->restart.pending && !returned_early(t, &regs)) || !cap_status_of(t->tid, &s))
		return;
	bool dropped = cap_dropped(&s) & CAP_SIGNAL_BIT(sig);
	if (t->restart.pending && (s.caught & CAP_SIGNAL_BIT(sig)))
		ended(ct, t, t->restart.ended); /* the kernel sees to that */
	else if (!t->restart.pending && dropped && judge(t, &regs, &s) == MAKE_AGAIN &&
		 (!t->filtered || call_known(ct, t, &regs)))
		undo(ct, t, &regs);
}
