/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/*
 * The user stack of a stopped task, by its frame pointers: what the kernel's userstacktrace walks, too. Code that was built
 * without frame pointers ends the walk early.
 */
#include <stddef.h>
#include <sys/uio.h>

#include "tracefs/capture/ptrace/thread.h"
#include "tracefs/capture/task/regs.h"

#define USER32_CS 0x23

static bool read_words(int32_t tid, uint64_t address, void *words, size_t size)
{
	struct iovec local = {.iov_base = words, .iov_len = size};
	struct iovec remote = {.iov_base = (void *)(uintptr_t)address, .iov_len = size};

	return process_vm_readv(tid, &local, 1, &remote, 1, 0) == (ssize_t)size;
}

/* A frame begins with the caller's frame pointer and the return address. */
static bool read_frame(int32_t tid, uint64_t address, bool narrow, uint64_t frame[2])
{
	uint32_t half[2];

	if (!narrow)
		return read_words(tid, address, frame, 2 * sizeof(frame[0]));
	if (!read_words(tid, address, half, sizeof(half)))
		return false;
	frame[0] = half[0];
	frame[1] = half[1];
	return true;
}

uint32_t cap_user_stack(int32_t tid, uint64_t *callers, uint32_t max)
{
	struct user_regs_struct regs;
	uint64_t frame[2], at;
	uint32_t n = 0;

	if (!max || !cap_get_regs(tid, &regs))
		return 0;
	callers[n++] = regs.rip;
	/* Frames lie ever higher: a loop in them would be seen. */
	for (at = regs.rbp; n < max && at >= regs.rsp; at = frame[0]) {
		if (!read_frame(tid, at, regs.cs == USER32_CS, frame) || !frame[1])
			break;
		callers[n++] = frame[1];
		if (frame[0] <= at)
			break;
	}
	return n;
}

void cap_write_stacks(struct rb *rb, const struct cap_task *t, int cpu, unsigned stacks)
{
	struct ev_kernel_stack kernel = {.common = {.type = EV_KERNEL_STACK, .pid = t->tid}};
	struct ev_user_stack user = {.common = {.type = EV_USER_STACK, .pid = t->tid}, .tgid = (uint32_t)t->tgid};
	uint32_t n = cap_user_stack(t->tid, kernel.caller, EV_STACK_MAX);

	if (!n)
		return;
	kernel.size = (int32_t)n;
	for (uint32_t i = 0; i < n && i < EV_USER_STACK_MAX; i++)
		user.caller[i] = kernel.caller[i];
	if (stacks & CAP_KERNEL_STACK)
		rb_write(rb, (unsigned)cpu, &kernel,
			 (uint32_t)(offsetof(struct ev_kernel_stack, caller) + n * sizeof(kernel.caller[0])));
	if (stacks & CAP_USER_STACK)
		rb_write(rb, (unsigned)cpu, &user, sizeof(user));
}
