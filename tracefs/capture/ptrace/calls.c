/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/* The calls of stopped tasks: what they are in, and what is recorded of it. */
#include <linux/audit.h>
#include <string.h>

#include "tracefs/capture/ptrace/restart_timeout.h"
#include "tracefs/capture/record/call.h"
#include "tracefs/capture/record/events.h"
#include "tracefs/capture/task/actions.h"
#include "tracefs/capture/task/call_facts.h"
#include "tracefs/capture/task/regs.h"
#include "tracefs/events/task_memory.h"

#define ASK_CPU (-1) /* cap_record_enter(), cap_record_exit() */

/* Calls of which more is to be known than what is recorded of any. */
#define SPECIAL (CAP_TRAIT_EXEC | CAP_TRAIT_RENAME | CAP_TRAITS_ACTION | CAP_TRAITS_SEND | CAP_TRAITS_FAULTS)

static void begin_special(struct cap_recorder *r, struct cap_task *t, uint32_t traits)
{
	if (traits & CAP_TRAITS_ACTION)
		cap_actions_begin(t);
	if (traits & CAP_TRAITS_FAULTS && cap_call_makes_userfaults(&t->call))
		task_memory_is_served();
	if (t->unrecorded)
		return;
	if (traits & CAP_TRAITS_SEND)
		cap_sent_begin(r, t);
	if (traits & CAP_TRAIT_EXEC)
		cap_prepare_exec_begin(r, t);
	if (traits & CAP_TRAIT_EXEC || cap_call_sets_name(&t->call))
		cap_rename_begin(r, t);
}

static void end_special(struct cap_recorder *r, struct cap_task *t, uint32_t traits, int64_t result)
{
	if (traits & CAP_TRAITS_ACTION)
		cap_actions_end(t, result);
	if (cap_call_sets_name(&t->call) && !result)
		cap_rename_end(r, t);
	if (t->unrecorded)
		return;
	if (traits & CAP_TRAITS_SEND)
		cap_sent_end(r, t, result);
	if (traits & CAP_TRAIT_RENAME)
		cap_emit_prctl(r, t, result);
}

void cap_on_enter(struct cap_thread *ct, struct cap_task *t, const cap_info *info)
{
	struct cap_recorder *r = &ct->recorder;
	bool again = t->restart.pending && t->entered;

	t->restart.pending = false;
	t->in_kernel = true;
	if (unlikely(again))
		return; /* the same call, for all that the program knows */
	t->entered = true;
	t->call.nr = (int32_t)info->entry.nr;
	t->call.arch = info->arch;
	memcpy(t->call.args, info->entry.args, sizeof(t->call.args));
	if (unlikely(cap_limited(t->call.arch, t->call.nr)))
		cap_limit_begin(t);
	if (unlikely(cap_descent_by_exec(&ct->descent) && cap_call_is(&t->call, CAP_TRAIT_EXEC))) {
		cap_descent_executes(&ct->descent, t);
		cap_task_choose(t, &r->wants);
	}
	t->unrecorded = (t->spawning && !cap_call_is(&t->call, CAP_TRAIT_EXEC)) || cap_is_muted(r, t->tid);
	uint32_t traits = cap_traits_of(t->call.arch, t->call.nr);
	if (!t->unrecorded) {
		cap_record_enter(r, t, &t->call, ASK_CPU);
		cap_emit_wait(r, t);
	}
	if (unlikely(traits & SPECIAL))
		begin_special(r, t, traits);
}

static void take_regs(struct cap_call *call, const struct user_regs_struct *regs, uint32_t arch)
{
	uint64_t native[6] = {regs->rdi, regs->rsi, regs->rdx, regs->r10, regs->r8, regs->r9};
	uint64_t compat[6] = {regs->rbx, regs->rcx, regs->rdx, regs->rsi, regs->rdi, regs->rbp};

	call->arch = arch;
	call->nr = (int32_t)regs->orig_rax;
	for (int i = 0; i < 6; i++)
		call->args[i] = arch == AUDIT_ARCH_X86_64 ? native[i] : (uint32_t)compat[i];
}

/* The call of a task in an exit stop whose entry was not seen. A call leaves its arguments' registers as they were. */
static void take_missed(struct cap_task *t, uint32_t arch)
{
	struct user_regs_struct regs;

	t->call.nr = -1;
	t->call.arch = arch;
	if (cap_get_regs(t->tid, &regs))
		take_regs(&t->call, &regs, arch);
}

void cap_on_exit(struct cap_thread *ct, struct cap_task *t, uint32_t arch, int64_t result)
{
	struct cap_recorder *r = &ct->recorder;

	if (!t->entered) {
		take_missed(t, arch);
		t->written = 0;
		t->unrecorded = cap_is_muted(r, t->tid);
	}
	uint32_t traits = t->entered ? cap_traits_of(t->call.arch, t->call.nr) : 0;
	if (unlikely(traits & SPECIAL))
		end_special(r, t, traits, result);
	if (!t->unrecorded)
		cap_record_exit(r, t, &t->call, result, ASK_CPU);
	if (unlikely(cap_descent_by_exec(&ct->descent) && t->entered && cap_call_is(&t->call, CAP_TRAIT_EXEC))) {
		cap_descent_executed(&ct->descent, t, result);
		cap_task_choose(t, &r->wants);
	}
	t->in_kernel = t->entered = t->unrecorded = false;
	t->restart.deadline = 0;
}

void cap_on_return(struct cap_thread *ct, struct cap_task *t)
{
	struct user_regs_struct regs;
	cap_info info;

	if (t->spawning || cap_is_muted(&ct->recorder, t->tid) || !(t->tracer_sinks | t->event_sinks) ||
	    !cap_get_regs(t->tid, &regs) || (int64_t)regs.orig_rax < 0 || cap_starts_again(&regs) ||
	    cap_ptrace(PTRACE_GET_SYSCALL_INFO, t->tid, sizeof(info), (uintptr_t)&info) < 0)
		return;
	take_regs(&t->call, &regs, info.arch);
	cap_record_exit(&ct->recorder, t, &t->call,
			info.arch == AUDIT_ARCH_X86_64 ? (int64_t)regs.rax : (int32_t)regs.rax, ASK_CPU);
}

void cap_on_middle(struct cap_thread *ct, struct cap_task *t, const struct user_regs_struct *regs, uint32_t arch)
{
	take_regs(&t->call, regs, arch);
	if (cap_limited(t->call.arch, t->call.nr))
		cap_limit_begin(t);
	t->written = 0;
	t->in_kernel = t->entered = true;
	t->unrecorded = t->spawning || cap_is_muted(&ct->recorder, t->tid);
}
