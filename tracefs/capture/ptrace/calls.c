/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/* System calls to records. */
#include <linux/audit.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "tracefs/capture/ptrace/thread.h"
#include "tracefs/capture/ptrace/restart_timeout.h"
#include "tracefs/capture/task/ptrace_calls.h"
#include "tracefs/capture/task/regs.h"

#define X32 0x40000000
#define EXTEND_BYTES 8u /* of a time stamp that may go before a record in its sub-buffer */

/*
 * The event that stands for a call's entry; its exit is the next. Numbers that the tables do not know, also x32's with their
 * bit 30, are recorded raw; those of 32-bit code are another table's and never looked up in this one.
 */
static int event_of(const struct cap_thread *ct, int64_t nr, uint32_t arch)
{
	if (arch != AUDIT_ARCH_X86_64)
		return EV_COMPAT_SYS_ENTER;
	if (nr < 0 || nr > EV_SYSCALL_MAX_NR || !ct->syscall[nr].known)
		return EV_RAW_SYS_ENTER;
	return EV_SYSCALL_FIRST + 2 * nr;
}

static uint64_t sinks_for(const struct cap_thread *ct, const struct cap_task *t, int id)
{
	return t->tracer_sinks | (t->event_sinks & ct->event_sinks[id]);
}

static bool wants_fds(const struct cap_thread *ct, int64_t nr, bool exit, uint64_t sinks)
{
	return unlikely(sinks & ct->wants.fds) && ct->syscall[nr].fds[exit];
}

static struct cap_measure measure_for(const struct cap_thread *ct, int sink, bool exit)
{
	const struct cap_sink *s = ct->sink[sink];
	uint32_t whole = rb_max_event(s->rb) - EXTEND_BYTES;

	return (struct cap_measure){
		.limit = s->saves[exit], .room = whole < CAP_RECORD_MAX ? whole : CAP_RECORD_MAX, .fds = ct->wants.fds >> sink & 1};
}

static bool is_alike(struct cap_measure a, struct cap_measure b)
{
	return a.limit == b.limit && a.room == b.room && a.fds == b.fds;
}

static bool know_call(struct cap_thread *ct, struct cap_task *t, int64_t nr, const int64_t *ret, int32_t netlink)
{
	return ct->types && tt_call_of(&ct->save->call, ct->types, (uint64_t)nr, t->args, ct->syscall[nr].nargs, ret, netlink);
}

/* The same again, where what it leads to turns out to be netlink messages. */
static void gather(struct cap_thread *ct, struct cap_task *t, int64_t nr, const int64_t *ret, struct cap_measure measure)
{
	enum tt_direction direction = ret ? TT_OUT : TT_IN;
	uint8_t asked = ct->syscall[nr].asked;
	int32_t netlink;

	cap_memory_begin(&ct->save->memory, t->tid);
	cap_save_gather(ct->save, direction, measure);
	if (likely(!asked))
		return;
	netlink = cap_save_netlink(ct->save, (unsigned)__builtin_ctz(asked), t->tid, t->tgid);
	if (likely(netlink < 0) || !know_call(ct, t, nr, ret, netlink))
		return;
	cap_save_gather(ct->save, direction, measure);
	cap_save_say_netlink(ct->save, (int32_t)t->args[__builtin_ctz(asked)], netlink);
}

/*
 * A record of a call whose numbers are in save->record, followed by what its pointers lead to and what its descriptors stand
 * for: for each sink as much as that wants. ret: NULL at the call's entry. Returns the sinks it was written for.
 */
static uint64_t emit_saved(struct cap_thread *ct, struct cap_task *t, int64_t nr, uint64_t sinks, uint32_t len, const int64_t *ret)
{
	const struct cap_syscall *syscall = &ct->syscall[nr];
	struct cap_save *save = ct->save;
	bool exit = ret, fds = wants_fds(ct, nr, exit, sinks);
	struct cap_measure most = {0};
	uint64_t written = 0;

	for (uint64_t left = sinks; left; left &= left - 1) {
		struct cap_measure one = measure_for(ct, __builtin_ctzll(left), exit);

		most.limit = one.limit > most.limit ? one.limit : most.limit;
		most.room = one.room > most.room ? one.room : most.room;
	}
	cap_save_nothing(save);
	if ((most.limit || fds) && !(exit && *ret < 0) && know_call(ct, t, nr, ret, -1)) {
		if (most.limit)
			gather(ct, t, nr, ret, most);
		if (fds)
			cap_save_fds(save, t->tid, t->tgid);
	}
	for (uint64_t left = sinks; left;) {
		struct cap_measure first = measure_for(ct, __builtin_ctzll(left), exit);
		uint64_t alike = 0;
		uint32_t size;

		for (uint64_t rest = left; rest; rest &= rest - 1) {
			int i = __builtin_ctzll(rest);

			if (is_alike(measure_for(ct, i, exit), first))
				alike |= 1ull << i;
		}
		size = cap_save_put(save, len, syscall->saved[exit], &syscall->parts[exit], first);
		written |= cap_emit(ct, t, alike, t->tracer_sinks, save->record, size);
		left &= ~alike;
	}
	return written;
}

static void emit_enter(struct cap_thread *ct, struct cap_task *t)
{
	int id = event_of(ct, t->nr, t->arch);
	uint64_t sinks = sinks_for(ct, t, id), raw = t->event_sinks & ct->event_sinks[EV_RAW_SYS_ENTER];

	t->written = 0;
	if (id == EV_RAW_SYS_ENTER)
		sinks &= ~raw;
	if (raw | (id < EV_SYSCALL_FIRST ? sinks : 0)) {
		struct ev_raw_sys_enter rec = {.common.type = EV_RAW_SYS_ENTER, .id = t->nr};
		memcpy(rec.args, t->args, sizeof(rec.args));
		if (raw)
			cap_emit(ct, t, raw, raw & t->tracer_sinks & (id == EV_RAW_SYS_ENTER ? ~0ull : 0), &rec, sizeof(rec));
		rec.common.type = id;
		if (id < EV_SYSCALL_FIRST && sinks)
			t->written |= cap_emit(ct, t, sinks, t->tracer_sinks, &rec, sizeof(rec));
	}
	if (id >= EV_SYSCALL_FIRST && sinks) {
		struct ev_sys_enter rec = {.common.type = id, .nr = t->nr};
		uint32_t len = offsetof(struct ev_sys_enter, args) + 8u * ct->syscall[t->nr].nargs;

		memcpy(rec.args, t->args, sizeof(rec.args));
		if (ct->syscall[t->nr].saved[0] || wants_fds(ct, t->nr, false, sinks)) {
			memcpy(ct->save->record, &rec, len);
			t->written |= emit_saved(ct, t, t->nr, sinks, len, NULL);
		} else {
			t->written |= cap_emit(ct, t, sinks, t->tracer_sinks, &rec, len);
		}
	}
}

static void emit_exit(struct cap_thread *ct, struct cap_task *t, int64_t nr, uint32_t arch, int64_t ret)
{
	int id = event_of(ct, nr, arch) + 1;
	uint64_t sinks = sinks_for(ct, t, id), raw = t->event_sinks & ct->event_sinks[EV_RAW_SYS_EXIT];

	if (id == EV_RAW_SYS_EXIT)
		sinks &= ~raw;
	sinks &= ~ct->wants.paired | t->written;
	if (raw | (id < EV_SYSCALL_FIRST ? sinks : 0)) {
		struct ev_raw_sys_exit rec = {.common.type = EV_RAW_SYS_EXIT, .id = nr, .ret = ret};
		if (raw)
			cap_emit(ct, t, raw, raw & t->tracer_sinks & (id == EV_RAW_SYS_EXIT ? ~0ull : 0), &rec, sizeof(rec));
		rec.common.type = id;
		if (id < EV_SYSCALL_FIRST && sinks)
			cap_emit(ct, t, sinks, t->tracer_sinks, &rec, sizeof(rec));
	}
	if (id > EV_SYSCALL_FIRST && sinks) {
		struct ev_sys_exit rec = {.common.type = id, .nr = nr, .ret = ret};

		if (ct->syscall[nr].saved[1] || wants_fds(ct, nr, true, sinks)) {
			uint32_t args = ct->syscall[nr].saved[1] ? 8u * ct->syscall[nr].nargs : 0;

			memcpy(ct->save->record, &rec, sizeof(rec));
			memcpy(ct->save->record + sizeof(rec), t->args, args);
			emit_saved(ct, t, nr, sinks, sizeof(rec) + args, &ret);
		} else {
			cap_emit(ct, t, sinks, t->tracer_sinks, &rec, sizeof(rec));
		}
	}
}

static bool is_execve(const struct cap_task *t)
{
	if (t->arch != AUDIT_ARCH_X86_64)
		return t->nr == 11 || t->nr == 358;
	return t->nr == SYS_execve || t->nr == SYS_execveat || t->nr == (X32 | 520) || t->nr == (X32 | 545);
}

static bool sets_name(const struct cap_task *t)
{
	return t->nr == SYS_prctl && t->arch == AUDIT_ARCH_X86_64 && t->args[0] == PR_SET_NAME;
}

/* Its "return value" is the interrupted code's rax, and the kernel has forgotten by then which call it was. */
static bool is_sigreturn(const struct cap_task *t)
{
	if (t->arch != AUDIT_ARCH_X86_64)
		return t->nr == 119 || t->nr == 173;
	return t->nr == SYS_rt_sigreturn || t->nr == (X32 | 513);
}

bool cap_before_exec(const struct cap_task *t)
{
	return t->entered && is_execve(t);
}

void cap_on_enter(struct cap_thread *ct, struct cap_task *t, const cap_info *info)
{
	bool again = t->undone && t->entered;

	t->undone = false;
	t->where = CAP_KERNEL;
	if (unlikely(again))
		return; /* the same call, for all that the program knows */
	t->entered = true;
	t->nr = (int32_t)info->entry.nr;
	t->arch = info->arch;
	memcpy(t->args, info->entry.args, sizeof(t->args));
	if (unlikely(cap_limited(t->arch, t->nr)))
		cap_limit_begin(t);
	t->unrecorded = (t->spawning && !is_execve(t)) || cap_is_muted(ct, t->tid);
	if (t->unrecorded)
		return;
	emit_enter(ct, t);
	cap_emit_wait(ct, t);
	if (unlikely(is_execve(t) || sets_name(t)))
		cap_rename_begin(ct, t);
}

static void take_regs(struct cap_task *t, const struct user_regs_struct *regs)
{
	uint64_t args[6] = {regs->rdi, regs->rsi, regs->rdx, regs->r10, regs->r8, regs->r9};

	t->nr = (int32_t)regs->orig_rax;
	memcpy(t->args, args, sizeof(args));
}

/* The call of a task in an exit stop whose entry was not seen. A call leaves its arguments' registers as they were. */
static void take_missed(struct cap_task *t)
{
	struct user_regs_struct regs;

	t->nr = -1;
	if (cap_get_regs(t->tid, &regs))
		take_regs(t, &regs);
}

void cap_on_exit(struct cap_thread *ct, struct cap_task *t, const cap_info *info)
{
	if (!t->entered) {
		take_missed(t);
		t->written = 0;
		t->arch = info->arch;
		t->unrecorded = cap_is_muted(ct, t->tid);
	}
	if (unlikely(t->entered && sets_name(t) && !info->exit.rval))
		cap_rename_end(ct, t);
	if (!t->unrecorded && is_sigreturn(t)) {
		struct ev_raw_sys_exit rec = {.id = -1, .ret = info->exit.rval};
		cap_emit_event(ct, t, EV_RAW_SYS_EXIT, &rec, sizeof(rec));
	} else if (!t->unrecorded) {
		emit_exit(ct, t, t->nr, t->arch, info->exit.rval);
	}
	t->where = CAP_USER;
	t->entered = t->unrecorded = false;
	t->deadline = 0;
}

void cap_on_return(struct cap_thread *ct, struct cap_task *t)
{
	struct user_regs_struct regs;
	cap_info info;

	if (t->spawning || cap_is_muted(ct, t->tid) || !(t->tracer_sinks | t->event_sinks) || !cap_get_regs(t->tid, &regs) ||
	    (int64_t)regs.orig_rax < 0 || cap_ptrace(PTRACE_GET_SYSCALL_INFO, t->tid, sizeof(info), (uintptr_t)&info) < 0)
		return;
	take_regs(t, &regs);
	emit_exit(ct, t, t->nr, info.arch,
		  info.arch == AUDIT_ARCH_X86_64 ? (int64_t)regs.rax : (int32_t)regs.rax);
}

bool cap_before_affinity(const struct cap_task *t)
{
	if (!t->entered)
		return false;
	if (t->arch != AUDIT_ARCH_X86_64)
		return t->nr == 241 || t->nr == 242;
	int64_t nr = t->nr & ~(int64_t)X32;
	return nr == SYS_sched_getaffinity || nr == SYS_sched_setaffinity;
}

bool cap_before_birth(const struct cap_task *t)
{
	if (!t->entered)
		return false;
	if (t->arch != AUDIT_ARCH_X86_64)
		return t->nr == 2 || t->nr == 190 || t->nr == 120 || t->nr == 435;
	int64_t nr = t->nr & ~(int64_t)X32;
	return nr == SYS_fork || nr == SYS_vfork || nr == SYS_clone || nr == SYS_clone3;
}
