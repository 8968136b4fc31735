/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/* One stop: what kind it is, what it means for its task, and how the task goes on. */
#include <errno.h>
#include <linux/audit.h>
#include <signal.h>

#include "tracefs/capture/ptrace/seccomp.h"
#include "tracefs/capture/task/ptrace_calls.h"
#include "tracefs/capture/ptrace/place.h"
#include "tracefs/capture/task/regs.h"
#include "tracefs/capture/ptrace/restart.h"
#include "tracefs/capture/ptrace/untraced.h"
#include "tracefs/capture/record/events.h"
#include "tracefs/capture/task/call_facts.h"

#define SYSCALL_STOP (SIGTRAP | 0x80)

/*
 * Let a stopped task go on, in the way that its path says. false: it is gone (killed meanwhile), its end will be
 * reported. An error that is neither success nor that would make waitid report the same stop for ever: the task is let
 * go then.
 *
 * At the entry of a call no task is let go: the kernel flags a signal then that does not exist, and epoll_wait and its
 * like would end with EINTR. At all other stops that flag is cleared on the way back to the program.
 */
bool cap_release(struct cap_thread *ct, struct cap_task *t, int sig)
{
	bool leave = t->path == CAP_PATH_LEAVE && !t->filtered, entry = t->at_entry;
	long error;

	cap_place_resume(ct, t);
	t->at_entry = t->held = false;
	if (leave && !entry && (!ct->hub || in_part(ct->hub, t))) {
		error = cap_ptrace(PTRACE_DETACH, t->tid, 0, sig);
		if (error != -ESRCH)
			cap_on_gone(ct, t);
		return error >= 0;
	}
	bool free = in_runs_free(t);
	bool follow = !free && (cap_must_follow(ct, t) || leave || (entry && t->interrupted));

	if (t->filtered) /* to the end of a call that it stopped at */
		follow = t->entered || entry;
	error = cap_ptrace(follow ? PTRACE_SYSCALL : PTRACE_CONT, t->tid, 0, sig);
	if (unlikely(error < 0 && error != -ESRCH)) {
		t->path = CAP_PATH_LEAVE;
		return cap_release(ct, t, sig);
	}
	t->followed = follow || free || t->filtered;
	t->entered &= follow;
	t->restart.pending &= follow;
	return error >= 0;
}

/* A filter of its own asked for a tracer that it does not have: the call fails, as it does then. */
static void refuse(struct cap_task *t)
{
	struct user_regs_struct regs;

	if (!cap_get_regs(t->tid, &regs))
		return;
	regs.orig_rax = (unsigned long long)-1;
	regs.rax = (unsigned long long)-ENOSYS;
	cap_ptrace(PTRACE_SETREGS, t->tid, 0, (uintptr_t)&regs);
}

/* Of in-task capture; no call of the program's. */
static bool is_own_call(struct cap_thread *ct, struct cap_task *t, const cap_info *info)
{
	bool entry = info->op == PTRACE_SYSCALL_INFO_ENTRY, native = info->arch == AUDIT_ARCH_X86_64;
	uint64_t args[6];

	for (int i = 0; i < 6; i++)
		args[i] = info->entry.args[i];
	if (!in_own_call(ct->hub, t, entry, info->instruction_pointer, native ? (int64_t)info->entry.nr : -1, args))
		return false;
	t->at_entry = entry;
	return true;
}

static int on_syscall_stop(struct cap_thread *ct, struct cap_task *t)
{
	bool interrupted = t->interrupted;
	cap_info info;

	if (cap_ptrace(PTRACE_GET_SYSCALL_INFO, t->tid, sizeof(info), (uintptr_t)&info) < 0)
		return CAP_GO_ON; /* killed */
	if (unlikely(ct->hub) && is_own_call(ct, t, &info)) {
		cap_release(ct, t, 0);
		return CAP_GO_ON;
	}
	if (info.op == PTRACE_SYSCALL_INFO_SECCOMP && info.seccomp.ret_data != CAP_FILTER_DATA)
		refuse(t);
	else if (info.op == PTRACE_SYSCALL_INFO_ENTRY || info.op == PTRACE_SYSCALL_INFO_SECCOMP) {
		cap_on_enter(ct, t, &info);
		if (unlikely(t->filtered))
			cap_untraced_begin(t);
		cap_place_call_begins(ct, t);
		if (unlikely(ct->hub))
			in_on_enter(ct->hub, t);
		t->at_entry = true;
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
		cap_place_call_ends(ct, t);
		if (unlikely(t->cloned_with)) {
			cap_untraced_born(t);
			t->cloned_with = 0;
		}
		t->interrupted = false;
		bool ended = info.exit.rval == -EINTR || cap_is_restart(info.exit.rval);
		bool again = unlikely(ended) && cap_undo_eintr(ct, t, interrupted);
		if (unlikely(ct->hub))
			in_on_return(t, info.exit.rval);
		if (likely(!again))
			cap_on_exit(ct, t, info.arch, info.exit.rval);
		if (unlikely(ct->hub))
			in_on_exit(ct->hub, t, info.exit.rval, again);
	}
	if (unlikely(ct->exec_policy && t->at_entry && !t->filtered && cap_call_is(&t->call, CAP_TRAIT_EXEC))) {
		/*
		 * Deciding may take long, and the others' stops are to be seen meanwhile: so this one is consumed. The
		 * stop at a call's entry carries no signal that could be lost with it.
		 */
		cap_consume_stop(t->tid);
		t->held = true;
		ct->report = (struct cap_report){.tid = t->tid};
		return CAP_EXEC;
	}
	cap_release(ct, t, 0);
	return CAP_GO_ON;
}

/*
 * PTRACE_EVENT_STOP: the first stop of a newborn, the answer to PTRACE_INTERRUPT, the end of a group stop, or a group
 * stop.
 */
static int on_event_stop(struct cap_thread *ct, struct cap_task *t, int sig)
{
	bool was_stopped = t->stopped, newborn = t->newborn;

	t->newborn = false;
	if (unlikely(newborn && t->cloned_with))
		cap_untraced_child(t);
	if (sig != SIGTRAP) {
		t->stopped = true;
		cap_emit_stopped(&ct->recorder, t, sig);
		if (t->path == CAP_PATH_LEAVE)
			cap_release(ct, t, 0);
		else
			cap_ptrace(PTRACE_LISTEN, t->tid, 0, 0);
		return CAP_GO_ON;
	}
	t->stopped = false;
	if (unlikely(ct->hub) && newborn)
		in_on_newborn(ct->hub, t);
	else if (unlikely(ct->hub) && in_runs_free(t))
		cap_take_over(ct, t);
	if ((was_stopped || newborn || !cap_undo_eintr(ct, t, true)) && !t->followed)
		cap_on_return(ct, t);
	cap_release(ct, t, 0);
	return CAP_GO_ON;
}

static void record_signal(struct cap_thread *ct, struct cap_task *t, int sig)
{
	siginfo_t info;

	if ((cap_event_wanted(&ct->recorder, t, EV_SIGNAL_DELIVER) ||
	     cap_event_wanted(&ct->recorder, t, EV_SIGNAL_IGNORED)) &&
	    cap_ptrace(PTRACE_GETSIGINFO, t->tid, 0, (uintptr_t)&info) >= 0)
		cap_emit_signal(&ct->recorder, t, sig, &info);
}

static void on_signal(struct cap_thread *ct, struct cap_task *t, int sig)
{
	enum in_signal what = IN_SIGNAL;

	if (unlikely(ct->hub)) {
		bool undone = in_runs_free(t) && cap_will_undo(t, sig);

		if (undone)
			cap_take_over(ct, t);
		what = in_on_signal(ct->hub, t, sig, undone);
	}
	if (what == IN_NO_SIGNAL)
		sig = 0;
	if (what == IN_SIGNAL) {
		record_signal(ct, t, sig);
		cap_on_signal(ct, t, sig);
	}
	cap_release(ct, t, sig);
}

int cap_on_stop(struct cap_thread *ct, int32_t tid, int status)
{
	struct cap_task *t = ct->last;
	int event = status >> 8 & 0xff, sig = status & 0x7f;

	if (unlikely(!t || t->tid != tid)) {
		t = cap_task_find(&ct->tasks, tid);
		if (!t && event != PTRACE_EVENT_EXEC)
			t = cap_adopt(ct, tid);
		ct->last = t;
	}
	if (event == PTRACE_EVENT_EXEC) {
		/*
		 * The one stop that must be consumed: of a thread that took its leader's number the kernel refuses all
		 * requests (ESRCH) until then. An event stop carries no signal that could be lost with it.
		 */
		cap_consume_stop(tid);
		ct->last = t = cap_on_exec(ct, t, tid);
	}
	if (unlikely(!t)) { /* no memory for it */
		cap_ptrace(PTRACE_DETACH, tid, 0, event || (status & 0x80) ? 0 : sig);
		return CAP_GO_ON;
	}
	t->served = ct->stops;
	cap_place_stopped(ct, t);
	if (unlikely(ct->hub))
		in_on_stop(ct->hub, t);
	if (likely(!event && (status & 0xff) == SYSCALL_STOP))
		return on_syscall_stop(ct, t);
	t->interrupted = false; /* any stop answers an interrupt, and the kernel forgets it */
	switch (event) {
	case PTRACE_EVENT_SECCOMP:
		/* Of one that is followed to its call's exit (it makes a call again) the entry was seen before. */
		if (!t->entered || t->restart.pending)
			return on_syscall_stop(ct, t);
		break;
	case PTRACE_EVENT_STOP:
		return on_event_stop(ct, t, sig);
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		cap_on_birth(ct, t, event);
		break;
	case 0:
		on_signal(ct, t, sig);
		return CAP_GO_ON;
	}
	cap_release(ct, t, 0);
	return CAP_GO_ON;
}

bool cap_resume(struct cap_thread *ct, int32_t tid, int sig)
{
	pthread_mutex_lock(&ct->recorder.emit_lock);
	struct cap_task *t = cap_task_find(&ct->tasks, tid);
	bool there = t && t->held && cap_release(ct, t, sig);
	pthread_mutex_unlock(&ct->recorder.emit_lock);
	return there;
}
