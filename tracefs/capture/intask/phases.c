/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/*
 * Where a thread is in our code, and where that is in its program: before a call, or after it. When a signal is about
 * to be taken the thread is put there, so that no handler ever sees a place of ours, and no call is lost or made twice.
 *
 * Most of our code leaves no doubt: until something is written nothing was done, and the thread goes back before its
 * call; after the call was made it goes behind it, with the record of the exit made here if it was not made yet. While
 * a record is being written nothing can be said from outside: the thread is let run to its end, see in_let_end().
 * From there, and where the enter is written and the call not made yet, the thread goes forward into its call: see
 * in_arrive().
 */
#include "tracefs/capture/intask/hub.h"

#include <errno.h>
#include <linux/audit.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <x86intrin.h>

#include "tracefs/capture/record/call.h"
#include "tracefs/capture/task/clock.h"
#include "tracefs/capture/task/ptrace_calls.h"
#include "tracefs/capture/task/regs.h"

#define BY_LAHF 0xd5ull /* SF, ZF, AF, PF, CF */
#define OVERFLOW 0x800ull
#define NO_CALL ((unsigned long long)-1)
#define AFTER_SYSCALL 2 /* bytes of the instruction */
#define ASK_CPU (-1)

uint64_t in_frame_at(const struct in_task *it)
{
	return it->image->base + IN_SLOT_AT + (it->index + 1) * (uint64_t)IN_SLOT_BYTES - IN_FRAME_BYTES;
}

/* Flags from ax as lahf and seto leave it. */
static uint64_t merged(uint64_t flags, uint64_t ax)
{
	return (flags & ~(BY_LAHF | OVERFLOW)) | (ax >> 8 & BY_LAHF) | ((ax & 1) ? OVERFLOW : 0);
}

static uint64_t address_of(uint64_t packed)
{
	return (uint64_t)((int64_t)(packed << 16) >> 16);
}

static void unpack(struct user_regs_struct *regs, uint64_t packed)
{
	regs->eflags = merged(regs->eflags, packed >> 48);
	regs->rip = address_of(packed);
}

/* In a stub: before one of the moved instructions, or behind them. */
static void leave_stub(const struct in_image *image, struct user_regs_struct *regs)
{
	const struct in_patch *p = in_image_stub(image, regs->rip);
	uint64_t offset;

	if (!p)
		return;
	offset = regs->rip - image->base - IN_STUBS_AT - p->stub;
	for (unsigned i = 0; i < p->steps; i++)
		if (p->step[i].stub == offset) {
			regs->rip = p->place + p->step[i].place;
			return;
		}
	if (offset >= p->moved + IN_TAIL_CLOBBERED && offset < p->moved + IN_TAIL_RESTORED)
		regs->rax = regs->rcx;
	regs->rip = p->at;
}

/*
 * Between a stub and the first thing that is kept in the frame; all registers but rax, rcx, r11 and the flags are the
 * program's.
 */
static void leave_entry(const struct in_head *head, uint64_t offset, struct user_regs_struct *regs)
{
	if (offset >= head->placed) {
		unpack(regs, regs->rcx);
		return;
	}
	if (offset == head->packed)
		regs->eflags = merged(regs->eflags, regs->r11 >> 48);
	regs->rip = regs->rcx;
}

/* On the way from the recorder to the program's `syscall`; its instructions in entry.S, by their lengths. */
static void leave_leaving(const struct in_head *head, uint64_t offset, struct user_regs_struct *regs)
{
	enum {
		NUMBER_KEPT = 3,
		PACKED_COPIED = 6,
		SHIFTED = 10,
		ADDRESS = 14,
		FLAGS_ALONE = 18,
		FLAGS_ADDED = 20,
		FLAGS_SET = 21
	};
	uint64_t at = offset - head->leave;

	if (at < SHIFTED)
		unpack(regs, regs->rcx);
	else if (at < FLAGS_ALONE)
		unpack(regs, regs->rax); /* rcx has lost its flags */
	else {
		if (at == FLAGS_ALONE)
			regs->eflags = merged(regs->eflags, regs->rax);
		else if (at == FLAGS_ADDED)
			regs->eflags = merged(regs->eflags, (regs->rax & 0xff00) | !!(regs->eflags & OVERFLOW));
		regs->rip = regs->rcx;
	}
	if (at >= NUMBER_KEPT)
		regs->rax = regs->r11;
}

/* All registers but rax, rip and orig_rax, as the program had them when it made its call. */
static void from_frame(const struct in_frame *f, struct user_regs_struct *regs)
{
	regs->rdi = f->args[0];
	regs->rsi = f->args[1];
	regs->rdx = f->args[2];
	regs->r10 = f->args[3];
	regs->r8 = f->args[4];
	regs->r9 = f->args[5];
	regs->rsp = f->rsp;
	regs->rbx = f->kept[0];
	regs->rbp = f->kept[1];
	regs->r12 = f->kept[2];
	regs->r13 = f->kept[3];
	regs->r14 = f->kept[4];
	regs->r15 = f->kept[5];
}

static void before_call(const struct in_frame *f, uint64_t flags, struct user_regs_struct *regs)
{
	from_frame(f, regs);
	regs->rax = f->nr;
	regs->rip = address_of(f->site);
	regs->eflags = merged(flags, f->site >> 48);
	regs->orig_rax = NO_CALL;
}

static void after_call(const struct in_frame *f, uint64_t result, struct user_regs_struct *regs)
{
	from_frame(f, regs);
	regs->rax = result;
	regs->rip = regs->rcx = address_of(f->site) + AFTER_SYSCALL;
	regs->eflags = regs->r11 = merged(f->flags, f->site >> 48);
}

static void record_exit(struct in_hub *hub, struct in_task *it, const struct in_frame *f, int64_t result)
{
	struct cap_call call = {.nr = (int32_t)f->nr, .arch = AUDIT_ARCH_X86_64};

	memcpy(call.args, f->args, sizeof(call.args));
	it->task->written = f->written;
	cap_record_exit(hub->r, it->task, &call, result, ASK_CPU);
}

/*
 * The record that is being written is let end: all signals are blocked, and the recorder is told to set the mask again
 * when it has. (The kernel puts a signal back that is blocked when its stop ends.) SIGSTOP cannot be blocked: it is
 * taken where the thread is.
 */
static bool let_end(struct in_task *it, bool before_call)
{
	uint64_t mask, all = ~0ull;
	uint8_t remask = 1;

	if (cap_ptrace(PTRACE_GETSIGMASK, it->task->tid, sizeof(mask), (uintptr_t)&mask) < 0 ||
	    !in_poke(it->task->tid, in_frame_at(it) + IN_MASK, &mask, sizeof(mask)) ||
	    !in_poke(it->task->tid, in_frame_at(it) + IN_REMASK, &remask, sizeof(remask)))
		return false;
	if (cap_ptrace(PTRACE_SETSIGMASK, it->task->tid, sizeof(all), (uintptr_t)&all) < 0)
		return false;
	it->forward = before_call;
	return true;
}

void in_arrive(struct in_hub *hub, struct in_task *it)
{
	struct user_regs_struct regs;
	struct in_frame f;

	if (!cap_get_regs(it->task->tid, &regs) || regs.rip != it->image->base + hub->head.unmasked ||
	    !in_peek(it->task->tid, in_frame_at(it), &f, sizeof(f)))
		return; /* another call of the recorder's */
	it->forward = false;
	if (cap_ptrace(PTRACE_SETSIGMASK, it->task->tid, sizeof(f.mask), (uintptr_t)&f.mask) < 0)
		return;
	from_frame(&f, &regs);
	regs.rsi = f.rsi;
	regs.orig_rax = f.nr;
	regs.rip = it->image->base + hub->head.after;
	cap_ptrace(PTRACE_SETREGS, it->task->tid, 0, (uintptr_t)&regs);
}

/* In the recorder, with a frame. */
static enum in_place leave_recorder(struct in_hub *hub, struct in_task *it, int sig, struct user_regs_struct *regs)
{
	const struct in_head *head = &hub->head;
	uint64_t offset = regs->rip - it->image->base;
	struct in_frame f;
	uint32_t phase = rb_load(&it->block->phase);

	if (sig == SIGSTOP && (phase == IN_ENTER_WRITES || phase == IN_EXIT_WRITES))
		return IN_PLACE_STAYS;
	if (phase == IN_ENTER_WRITES || phase == IN_EXIT_WRITES)
		return let_end(it, phase == IN_ENTER_WRITES) ? IN_PLACE_WRITES : IN_PLACE_OUT;
	if (!in_peek(it->task->tid, in_frame_at(it), &f, sizeof(f)))
		return IN_PLACE_OUT;
	switch (phase) {
	case IN_ENTERING:
		before_call(&f, offset < head->flagged ? regs->eflags : f.flags, regs);
		break;
	case IN_ENTERED:
		if (offset >= head->after && offset < head->kept) {
			record_exit(hub, it, &f, (int64_t)regs->rax);
			after_call(&f, regs->rax, regs);
		} else if (sig == SIGSTOP) {
			return IN_PLACE_STAYS;
		} else {
			/*
			 * Back to the question whether signals are blocked: all that is loaded from there on is loaded
			 * anew.
			 */
			regs->rip = it->image->base + head->written;
			regs->rsp = in_frame_at(it);
			regs->orig_rax = NO_CALL;
			return let_end(it, true) && cap_ptrace(PTRACE_SETREGS, it->task->tid, 0, (uintptr_t)regs) >= 0
				       ? IN_PLACE_WRITES
				       : IN_PLACE_OUT;
		}
		break;
	case IN_EXITING:
		record_exit(hub, it, &f, (int64_t)f.ret);
		after_call(&f, f.ret, regs);
		regs->orig_rax = NO_CALL;
		break;
	case IN_EXITED:
		after_call(&f, f.ret, regs);
		regs->orig_rax = NO_CALL;
		break;
	default: /* the last instruction */
		regs->rip = regs->rcx;
	}
	rb_store(&it->block->phase, IN_OUTSIDE);
	return IN_PLACE_OUT;
}

/* ns since the time stamp counter stood there; what a program may have written is not believed. */
static int64_t since(const struct in_hub *hub, uint64_t counter)
{
	uint64_t now = __rdtsc();
	int64_t ns = cap_now_ns() - hub->ns_at;

	if (counter <= hub->counter_at || counter > now)
		return 0;
	return (int64_t)((double)(now - counter) * (double)ns / (double)(now - hub->counter_at));
}

bool in_take_over(struct in_hub *hub, struct cap_task *t, int64_t *ns, uint32_t *written)
{
	struct in_task *it = t->inside;
	struct user_regs_struct regs;
	uint64_t offset;
	struct in_frame f;

	if (!it || it->state != IN_ARMED || rb_load(&it->block->phase) != IN_ENTERED || !cap_get_regs(t->tid, &regs))
		return false;
	offset = regs.rip - it->image->base;
	if (offset != hub->head.after || (int64_t)regs.rax != -EINTR ||
	    !in_peek(t->tid, in_frame_at(it), &f, sizeof(f)))
		return false;
	*ns = since(hub, f.began);
	*written = f.written;
	in_open_selector(it);
	rb_store(&it->block->phase, IN_OUTSIDE);
	after_call(&f, regs.rax, &regs);
	regs.orig_rax = f.nr;
	return cap_ptrace(PTRACE_SETREGS, t->tid, 0, (uintptr_t)&regs) >= 0;
}

enum in_place in_settle(struct in_hub *hub, struct in_task *it, int sig, struct user_regs_struct *regs)
{
	const struct in_head *head = &hub->head;
	uint64_t offset = regs->rip - it->image->base, was = regs->rip;
	enum in_place place = IN_PLACE_OUT;

	if (offset >= IN_MM_AT) {
		/* The vDSO's clock is read while a record is written. */
		if (it->state != IN_ARMED || rb_load(&it->block->phase) == IN_OUTSIDE)
			return IN_PLACE_OUT;
		place = leave_recorder(hub, it, sig, regs);
	} else if (offset >= IN_STUBS_AT) {
		leave_stub(it->image, regs);
	} else if (offset >= head->entry && offset < head->saved) {
		leave_entry(head, offset, regs);
	} else if (offset >= head->leave && offset < head->handler) {
		leave_leaving(head, offset, regs);
	} else if (it->state == IN_ARMED && (offset < head->handler || offset > head->restorer)) {
		place = leave_recorder(hub, it, sig, regs);
	}
	if (place == IN_PLACE_OUT && regs->rip != was)
		cap_ptrace(PTRACE_SETREGS, it->task->tid, 0, (uintptr_t)regs);
	return place;
}

/* A clock source that the vDSO cannot read: it makes a call, from outside of the recorder. */
static void read_clock(struct in_task *it, struct user_regs_struct *regs)
{
	struct timespec now;
	struct iovec here = {&now, sizeof(now)}, there = {(void *)regs->rsi, sizeof(now)};

	regs->rax = clock_gettime((clockid_t)regs->rdi, &now) ||
				    process_vm_writev(it->task->tid, &here, 1, &there, 1, 0) < 0
			    ? (unsigned long long)-EFAULT
			    : 0;
}

bool in_help(struct in_hub *hub, struct in_task *it, struct user_regs_struct *regs)
{
	uint32_t phase = rb_load(&it->block->phase);
	struct in_frame f;

	if (phase == IN_OUTSIDE)
		return false;
	if (regs->rip - it->image->base != hub->head.help_after) {
		if (regs->rax != SYS_clock_gettime)
			return false;
		read_clock(it, regs);
	} else if (phase == IN_EXITING && in_peek(it->task->tid, in_frame_at(it), &f, sizeof(f))) {
		record_exit(hub, it, &f, (int64_t)f.ret);
		rb_store(&it->block->phase, IN_EXITED);
	}
	regs->orig_rax = NO_CALL;
	cap_ptrace(PTRACE_SETREGS, it->task->tid, 0, (uintptr_t)regs);
	return true;
}
