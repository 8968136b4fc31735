/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the recorder has in place of a C library and of pointers: where it is, and the few calls that it makes itself.
 */
#ifndef TRACEFS_INTASK_ALONE_H
#define TRACEFS_INTASK_ALONE_H

#include "tracefs/capture/intask/inside.h"

struct cap_save;

/* At IN_MM_AT and so on from the blob's start: the linker script says where. */
extern struct in_mm in_mm __attribute__((visibility("hidden")));
extern const struct in_control in_own_control __attribute__((visibility("hidden")));

static inline struct in_block *in_own_block(void)
{
	struct in_block *block;

	__asm__ volatile("rdgsbase %0" : "=r"(block));
	return block;
}

/* Of sink s, CPU c at s * cpus + c; made when first used, from struct in_geometry. */
static inline struct rb_view *in_views(const struct in_frame *frame)
{
	return (struct rb_view *)((uint64_t)frame + IN_FRAME_BYTES - IN_SLOT_BYTES);
}

static inline struct cap_save *in_save(const struct in_frame *frame)
{
	return (struct cap_save *)((uint64_t)in_views(frame) + IN_VIEWS_BYTES);
}

static inline unsigned in_cpu(void)
{
	uint64_t aux;

	__asm__ volatile("rdpid %0" : "=r"(aux));
	return aux & 0xfff;
}

static inline uint64_t in_counter(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

int in_gettime(clockid_t clock, struct timespec *ts); /* the vDSO's */
void in_wake(uint32_t *futex);
/* Copy memory that the program named, which may not be there. tid: this thread. */
bool in_read(int32_t tid, uint64_t address, void *out, uint32_t length);

#endif
