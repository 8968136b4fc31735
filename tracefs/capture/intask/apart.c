/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/*
 * Calls that change under all threads what the recorder rests on: a seccomp filter for all, an action for SIGSYS,
 * memory that is ours. Before such a call is made all other threads of the memory are told to leave the recorder: they
 * make no record any more, and their next call is a stop. No stop can wait for another task's (ptrace/thread.h): while
 * one is still in the midst of a record, the call is passed over, and its thread comes to it once more.
 */
#include <errno.h>
#include <linux/membarrier.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tracefs/capture/intask/hub.h"
#include "tracefs/capture/task/ptrace_calls.h"
#include "tracefs/capture/task/regs.h"

#define NO_CALL ((unsigned long long)-1)
#define AFTER_SYSCALL 2

bool in_ranges_over(const struct in_image *image, int64_t nr, const uint64_t a[6])
{
	switch (nr) {
	case SYS_mmap:
		return (a[3] & MAP_FIXED) && in_image_meets(image, a[0], a[1]);
	case SYS_mremap:
		return in_image_meets(image, a[0], a[1]) ||
		       ((a[3] & MREMAP_FIXED) && in_image_meets(image, a[4], a[2]));
	case SYS_munmap:
	case SYS_mprotect:
	case SYS_madvise:
	case 329: /* pkey_mprotect */
		return in_image_meets(image, a[0], a[1]);
	case SYS_remap_file_pages:
		return in_image_meets(image, a[0], a[1]);
	case SYS_shmat:
		return a[1] && in_image_meets(image, a[1], 1);
	default:
		return false;
	}
}

bool in_handles_queued(pid_t tid, const uint64_t args[6])
{
	uint64_t handler;

	return (int32_t)args[0] >= IN_FIRST_QUEUED && args[1] && in_peek(tid, args[1], &handler, sizeof(handler)) &&
	       handler != (uintptr_t)SIG_DFL && handler != (uintptr_t)SIG_IGN;
}

static bool concerns_others(const struct in_task *it, int64_t nr, const uint64_t args[6])
{
	if (nr == SYS_seccomp)
		return args[0] == SECCOMP_SET_MODE_FILTER && (args[1] & SECCOMP_FILTER_FLAG_TSYNC);
	if (nr == SYS_rt_sigaction)
		return ((int32_t)args[0] == SIGSYS && args[1] && !it->own_actions) ||
		       in_handles_queued(it->task->tid, args);
	return in_ranges_over(it->image, nr, args);
}

/* True: nobody else in this memory makes a record, or will. */
static bool are_apart(const struct in_hub *hub, const struct in_task *own)
{
	bool others = false, busy = false;

	for (struct in_task *it = hub->first; it; it = it->next)
		if (it != own && it->image == own->image) {
			rb_store(&it->block->halt, 1);
			others = true;
		}
	if (!others)
		return true;
	/* Whoever has not seen that has said by now that it is in the recorder. */
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	for (const struct in_task *it = hub->first; it; it = it->next)
		if (it != own && it->image == own->image) {
			uint32_t phase = rb_load(&it->block->phase);

			busy |= phase != IN_OUTSIDE && phase != IN_ENTERED && phase != IN_EXITED;
		}
	return !busy;
}

/* The call is not made: its thread comes to it once more. */
static void pass_over(struct in_task *it, bool entry, int64_t nr)
{
	struct user_regs_struct regs;

	if (!cap_get_regs(it->task->tid, &regs))
		return;
	if (entry) {
		regs.orig_rax = NO_CALL;
	} else {
		regs.orig_rax = NO_CALL;
		regs.rax = (unsigned long long)nr;
		regs.rip -= AFTER_SYSCALL;
	}
	cap_ptrace(PTRACE_SETREGS, it->task->tid, 0, (uintptr_t)&regs);
}

bool in_keeps_apart(struct in_hub *hub, struct in_task *it, bool entry, int64_t nr, const uint64_t args[6])
{
	if (it->waits && !entry) {
		it->waits = false;
		pass_over(it, false, it->passed);
		return true;
	}
	if (!entry || !it->image->threads || !concerns_others(it, nr, args) || are_apart(hub, it))
		return false;
	it->waits = true;
	it->passed = nr;
	pass_over(it, true, nr);
	return true;
}
