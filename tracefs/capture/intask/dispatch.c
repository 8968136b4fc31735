/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/* What stops mean for tasks that record themselves, and when they are let. */
#include "tracefs/capture/intask/dispatch.h"

#include <linux/audit.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tracefs/capture/intask/control.h"
#include "tracefs/capture/intask/hub.h"
#include "tracefs/capture/task/call_facts.h"
#include "tracefs/capture/task/ptrace_calls.h"
#include "tracefs/capture/task/regs.h"

#define SET_DISPATCHING 0x4210 /* PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG */
#define SIGSYS_BIT (1ull << (SIGSYS - 1))
#define NO_CALL ((unsigned long long)-1)
#define SYSCALL_BYTES 2
#define RESTART_BLOCK 219 /* restart_syscall */
#define ARCH_SET_GS 0x1001
#define ARCH_GET_GS 0x1004
#define SIGACTION_BYTES 32

static struct in_task *known(struct cap_task *t)
{
	if (!t->inside) {
		t->inside = calloc(1, sizeof(*t->inside));
		if (t->inside) {
			t->inside->task = t;
			t->inside->slot = t->inside->index = -1;
		}
	}
	return t->inside;
}

bool in_runs_free(const struct cap_task *t)
{
	return t->inside && (t->inside->state == IN_BOOTING || t->inside->state == IN_ARMED) && !t->inside->forward;
}

bool in_own_call(struct in_hub *hub, struct cap_task *t, bool entry, uint64_t ip, int64_t nr, const uint64_t args[6])
{
	struct in_task *it = t->inside;
	bool own;

	if (!it || !it->image)
		return false;
	if (in_keeps_apart(hub, it, entry, nr, args))
		return true;
	if (it->forward) {
		if (entry)
			in_arrive(hub, it);
		return true;
	}
	own = entry ? ip - it->image->base >= hub->head.handler && ip - it->image->base < IN_CODE_BYTES
		    : it->in_handler;
	it->in_handler = own && entry;
	return own;
}

static void drop_image(struct in_task *it)
{
	if (it->image)
		in_image_drop(it->image);
	it->image = NULL;
}

/* Its selector is opened: from now on its calls are made where the program makes them. */
void in_open_selector(struct in_task *it)
{
	cap_op();
	rb_store(&it->block->selector, IN_ALLOW);
	if (it->state == IN_ARMED)
		it->state = IN_OPEN;
}

uint64_t in_own_gs(const struct in_task *it)
{
	return it->image->base + IN_BLOCK_AT + (uint64_t)it->index * IN_BLOCK_BYTES;
}

/* Unless it has one of its own. */
static void set_gs(struct in_task *it, uint64_t from, uint64_t to)
{
	struct user_regs_struct regs;

	if (!cap_get_regs(it->task->tid, &regs) || regs.gs_base != from)
		return;
	regs.gs_base = to;
	cap_ptrace(PTRACE_SETREGS, it->task->tid, 0, (uintptr_t)&regs);
}

/*
 * For good, until it executes another program. It is outside of the recorder; patches stay, and lead to the program's
 * own calls.
 */
static void give_up(struct in_hub *hub, struct in_task *it)
{
	struct {
		uint64_t mode, selector, offset, bytes;
	} off = {0};

	if (!it->block)
		return;
	in_open_selector(it);
	cap_ptrace(SET_DISPATCHING, it->task->tid, sizeof(off), (uintptr_t)&off);
	if (!it->gs_away)
		set_gs(it, in_own_gs(it), 0);
	it->gs_away = false;
	in_disarm(hub, it);
}

static void arm_if_it_may(struct in_hub *hub, struct in_task *it)
{
	const struct cap_task *t = it->task;
	uint64_t blocked;

	if (it->state != IN_OPEN || t->path != CAP_PATH_STOPS || in_held(hub) ||
	    ((t->tracer_sinks | t->event_sinks) >> IN_SINKS) ||
	    cap_ptrace(PTRACE_GETSIGMASK, t->tid, sizeof(blocked), (uintptr_t)&blocked) < 0 || blocked & SIGSYS_BIT)
		return;
	it->led = 0;
	memcpy(it->block->comm, t->name.comm, sizeof(it->block->comm));
	cap_op();
	rb_store(&it->block->selector, hub->guard.word);
	it->state = IN_ARMED;
}

void in_on_stop(struct in_hub *hub, struct cap_task *t)
{
	struct in_task *it = t->inside;

	if (!it || !it->block)
		return;
	if (!in_held(hub)) { /* membership may have changed */
		it->block->tracers = in_sinks(t->tracer_sinks);
		it->block->events = in_sinks(t->event_sinks);
	}
	if (it->state != IN_BOOTING || !rb_load(&it->block->booted))
		return;
	it->state = IN_ARMED;
}

/* ---- calls ---- */

/* What it does to its process cannot be had together with recording itself, nor may what it executes later. */
static bool confines(const struct cap_call *call)
{
	switch (call->nr) {
	case SYS_seccomp:
	case SYS_unshare:
	case SYS_setns:
	case SYS_setuid:
	case SYS_setgid:
	case SYS_setreuid:
	case SYS_setregid:
	case SYS_setresuid:
	case SYS_setresgid:
	case SYS_setfsuid:
	case SYS_setfsgid:
	case SYS_setgroups:
	case SYS_capset:
	case SYS_chroot:
	case SYS_pivot_root:
	case SYS_personality:
		return call->nr != SYS_personality || (uint32_t)call->args[0] != 0xffffffff; /* that only asks */
	case SYS_prctl:
		return call->args[0] == PR_SET_SECCOMP || call->args[0] == PR_SET_DUMPABLE ||
		       call->args[0] == PR_SET_NO_NEW_PRIVS;
	default:
		return false;
	}
}

static bool is_sigsys_action(const struct cap_call *call)
{
	return call->nr == SYS_rt_sigaction && (int32_t)call->args[0] == SIGSYS;
}

/*
 * It says that SIGSYS shall have the default action, which it has for all that it can tell: ours stays in its place.
 * The kernel is given our action, where the program has its own, which is there again after the call.
 */
static bool keeps_handler(const struct in_hub *hub, struct in_task *it, const struct cap_call *call)
{
	const uint64_t ours[SIGACTION_BYTES / 8] = {it->image->base + hub->head.handler, IN_ACTION_FLAGS,
						    it->image->base + hub->head.restorer, ~0ull};

	if (!it->image->handler || it->swapped || !it->block ||
	    !in_peek(it->task->tid, call->args[1], it->own, sizeof(it->own)) || it->own[0] ||
	    !in_poke(it->task->tid, call->args[1], ours, sizeof(ours)))
		return false;
	it->swapped = true;
	return true;
}

static bool ends_recording(struct in_hub *hub, struct in_task *it, const struct cap_call *call)
{
	if (call->arch != AUDIT_ARCH_X86_64)
		return false;
	if (call->nr == SYS_arch_prctl)
		return call->args[0] == ARCH_SET_GS || call->args[0] == ARCH_GET_GS;
	if (call->nr == SYS_prctl && call->args[0] == 59 /* PR_SET_SYSCALL_USER_DISPATCH */)
		return true;
	if (is_sigsys_action(call) && call->args[1])
		return !keeps_handler(hub, it, call);
	if (call->nr == SYS_rt_sigaction && in_handles_queued(it->task->tid, call->args))
		return true;
	return call->nr == SYS_modify_ldt || call->nr == 453 /* map_shadow_stack */ ||
	       in_ranges_over(it->image, call->nr, call->args);
}

void in_on_enter(struct in_hub *hub, struct cap_task *t)
{
	const struct cap_call *call = &t->call;
	struct in_task *it = t->inside;
	bool native = call->arch == AUDIT_ARCH_X86_64;

	if (native && confines(call) && (it = known(t)))
		it->confined = true;
	if (!it || !it->image)
		return;
	if (ends_recording(hub, it, call) || it->confined) {
		if (native && in_ranges_over(it->image, call->nr, call->args) && !it->image->threads)
			in_image_restore(it->image, t->tid);
		give_up(hub, it);
	}
	it->asks_sigsys = native && it->image->handler && !it->has_own_action && is_sigsys_action(call);
	if (!cap_call_is(call, CAP_TRAITS_BIRTH))
		return;
	if (in_runs_beside(in_birth_flags(t))) {
		if (it->block)
			in_meet_all(hub->files, it->image, t->tid);
		it->image->threads = true;
	}
	if (it->block) {
		set_gs(it, in_own_gs(it), 0);
		it->gs_away = true;
	}
}

/* It is told that SIGSYS has the action that it would have without us: the default. */
static void hide_handler(struct in_task *it, const struct cap_call *call)
{
	static const uint8_t by_default[SIGACTION_BYTES];

	if (call->args[2])
		in_poke(it->task->tid, call->args[2], by_default, sizeof(by_default));
	if (!call->args[1] || it->swapped)
		return;
	if (it->own_actions)
		it->has_own_action = true;
	else
		it->image->handler = false;
}

void in_on_return(struct cap_task *t, int64_t result)
{
	struct in_task *it = t->inside;

	if (!it || !it->asks_sigsys)
		return;
	if (it->swapped)
		in_poke(t->tid, t->call.args[1], it->own, sizeof(it->own));
	if (!result)
		hide_handler(it, &t->call);
	it->asks_sigsys = it->swapped = false;
}

void in_on_exit(struct in_hub *hub, struct cap_task *t, int64_t result, bool again)
{
	struct in_task *it = t->inside;

	if (it && it->executed && !again) {
		it->executed = false;
		hub->reasons[in_arm(hub, it)]++;
		if (it->state == IN_NONE)
			drop_image(it);
		return;
	}
	if (it && it->joins)
		in_join(hub, it);
	if (!it || !it->block || it->state != IN_OPEN)
		return;
	if (it->gs_away) {
		set_gs(it, 0, in_own_gs(it));
		it->gs_away = false;
	}
	if (rb_load(&it->block->halt))
		give_up(hub, it);
	else if (!again && !(result <= -512 && result >= -516) && result != RESTART_BLOCK)
		arm_if_it_may(hub, it);
}

/* ---- signals ---- */

/* The call is made by a stop, where the program makes it. */
static void leave_to_stop(struct in_task *it, struct user_regs_struct *regs)
{
	in_open_selector(it);
	regs->rip -= SYSCALL_BYTES;
	regs->orig_rax = NO_CALL;
	cap_ptrace(PTRACE_SETREGS, it->task->tid, 0, (uintptr_t)regs);
}

/* As a stub does: the recorder makes the call that stands at that place. */
static void lead(struct in_task *it, uint64_t site, struct user_regs_struct *regs)
{
	uint64_t flags = regs->eflags;

	it->led = site;
	it->led_at = it->block->enters;
	regs->rcx = site;
	regs->r11 = (flags & 0xd5) << 8 | (flags >> 11 & 1);
	regs->rip = it->image->entry;
	regs->orig_rax = NO_CALL;
	cap_ptrace(PTRACE_SETREGS, it->task->tid, 0, (uintptr_t)regs);
}

/* A call that does not come from the recorder. */
static void on_dispatch(struct in_hub *hub, struct in_task *it, unsigned arch)
{
	struct user_regs_struct regs;
	uint64_t site;

	if (!cap_get_regs(it->task->tid, &regs) || in_help(hub, it, &regs))
		return;
	site = regs.rip - SYSCALL_BYTES;
	if (regs.gs_base != in_own_gs(it) || rb_load(&it->block->halt)) {
		leave_to_stop(it, &regs);
		give_up(hub, it);
	} else if (arch != AUDIT_ARCH_X86_64 || regs.rax >= IN_CALLS ||
		   hub->control->call[regs.rax].class == IN_CLASS_STOP || in_held(hub) ||
		   (it->led == site && it->led_at == it->block->enters)) {
		it->led = 0;
		leave_to_stop(it, &regs);
	} else {
		if (!in_image_patch(it->image, site))
			in_meet(hub->files, it->image, it->task->tid, site);
		lead(it, site, &regs);
	}
}

enum in_signal in_on_signal(struct in_hub *hub, struct cap_task *t, int sig, bool undone)
{
	struct in_task *it = t->inside;
	struct user_regs_struct regs;
	siginfo_t info = {0};

	if (!it || !it->image)
		return IN_SIGNAL;
	if (it->state == IN_BOOTING) {
		if (sig != SIGURG || !cap_get_regs(t->tid, &regs) || regs.rip - it->boot >= IN_BLOCK_BYTES)
			return IN_SIGNAL;
		hub->reasons[IN_RECORDS_ITSELF]--;
		hub->reasons[IN_BOOT_FAILED]++;
		in_disarm(hub, it);
		drop_image(it);
		return IN_NO_SIGNAL;
	}
	if (sig == SIGSYS && cap_ptrace(PTRACE_GETSIGINFO, t->tid, 0, (uintptr_t)&info) >= 0 &&
	    info.si_code == IN_USER_DISPATCH && it->block) {
		if (it->state == IN_ARMED)
			on_dispatch(hub, it, info.si_arch);
		else if (cap_get_regs(t->tid, &regs))
			leave_to_stop(it, &regs);
		return IN_NO_SIGNAL;
	}
	if (undone || !cap_get_regs(t->tid, &regs))
		return IN_SIGNAL;
	switch (in_settle(hub, it, sig, &regs)) {
	case IN_PLACE_WRITES:
		return IN_SIGNAL_RETURNS;
	case IN_PLACE_STAYS: /* no handler will see it */
		return IN_SIGNAL;
	default:
		break;
	}
	if (it->block)
		in_open_selector(it);
	/* Our handler gives it the default action and sends it once more. */
	return sig == SIGSYS && it->image->handler ? IN_SIGNAL_RETURNS : IN_SIGNAL;
}

/* ---- tasks ---- */

void in_on_exec(struct in_hub *hub, struct cap_task *t)
{
	struct in_task *it = known(t);

	if (!it)
		return;
	in_disarm(hub, it);
	drop_image(it);
	it->gs_away = it->asks_sigsys = it->joins = it->own_actions = it->has_own_action = it->swapped = it->waits =
		false;
	it->executed = true;
}

void in_on_birth(struct in_hub *hub, struct cap_task *parent, struct cap_task *child)
{
	const struct in_task *from = parent->inside;
	struct in_task *it;
	uint64_t flags;

	(void)hub;
	if (!from || !(from->image || from->confined) || (child->inside && child->inside->image) ||
	    !(it = known(child)))
		return;
	flags = in_birth_flags(parent);
	it->confined = from->confined || (flags & (CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS));
	if (!from->image)
		return;
	it->image = flags & CLONE_VM ? in_image_share(from->image) : in_image_copy(from->image);
	it->own_actions = (flags & CLONE_VM) && !(flags & CLONE_SIGHAND);
	it->joins = from->block && !rb_load(&from->block->halt);
	if (in_runs_beside(flags))
		from->image->threads = true;
}

void in_on_newborn(struct in_hub *hub, struct cap_task *t)
{
	struct in_task *it = t->inside;

	if (!it || !it->joins)
		return;
	in_join(hub, it);
	arm_if_it_may(hub, it);
}

bool in_part(struct in_hub *hub, struct cap_task *t)
{
	struct in_task *it = t->inside;
	struct user_regs_struct regs;

	if (!it || !it->image)
		return true;
	if (it->state == IN_BOOTING || !cap_get_regs(t->tid, &regs))
		return false;
	if (it->block && regs.rip - it->image->base < IN_RINGS_AT)
		return false; /* it goes on by itself when its tracer has gone: guard.h */
	give_up(hub, it);
	if (it->image->users == 1 && !it->image->threads)
		in_image_restore(it->image, t->tid);
	return true;
}

void in_forget(struct in_hub *hub, struct cap_task *t)
{
	if (!t->inside)
		return;
	in_disarm(hub, t->inside);
	drop_image(t->inside);
	free(t->inside);
	t->inside = NULL;
}
