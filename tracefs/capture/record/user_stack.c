/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/*
 * The user stack of a stopped task, by its frame pointers: what the kernel's userstacktrace walks, too. Code that was
 * built without frame pointers ends the walk early.
 */
#include <stddef.h>

#include "tracefs/capture/record/emit.h"
#include "tracefs/events/task_memory.h"

/* A frame begins with the caller's frame pointer and the return address. */
static bool read_frame(int32_t tid, uint64_t address, bool narrow, uint64_t frame[2])
{
	uint32_t half[2];

	if (!narrow)
		return task_read(tid, address, frame, 2 * sizeof(frame[0]));
	if (!task_read(tid, address, half, sizeof(half)))
		return false;
	frame[0] = half[0];
	frame[1] = half[1];
	return true;
}

uint32_t cap_user_stack(const struct cap_recorder *r, int32_t tid, uint64_t *callers, uint32_t max)
{
	struct cap_frame top;
	uint64_t frame[2], at;
	uint32_t n = 0;

	if (!max || !r->frame_of(tid, &top))
		return 0;
	callers[n++] = top.ip;
	/* Frames lie ever higher: a loop in them would be seen. */
	for (at = top.bp; n < max && at >= top.sp; at = frame[0]) {
		if (!read_frame(tid, at, top.narrow, frame) || !frame[1])
			break;
		callers[n++] = frame[1];
		if (frame[0] <= at)
			break;
	}
	return n;
}

void cap_write_stacks(const struct cap_recorder *r, struct rb *rb, const struct cap_task *t, int cpu, unsigned stacks)
{
	struct ev_kernel_stack kernel = {.common = {.type = EV_KERNEL_STACK, .pid = t->tid}};
	struct ev_user_stack user = {.common = {.type = EV_USER_STACK, .pid = t->tid}, .tgid = (uint32_t)t->tgid};
	uint32_t n = cap_user_stack(r, t->tid, kernel.caller, EV_STACK_MAX);

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
