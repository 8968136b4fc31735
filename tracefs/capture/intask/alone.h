/* SPDX-License-Identifier: GPL-2.0-only */
/* What the recorder has in place of a C library and of pointers: where it is, and the few calls that it makes itself. */
#ifndef TRACEFS_INTASK_ALONE_H
#define TRACEFS_INTASK_ALONE_H

#include "tracefs/capture/intask/inside.h"

struct cap_save;

/* At IN_MM_AT from the blob's start: the linker script says where. */
extern struct in_mm in_mm __attribute__((visibility("hidden")));

static inline struct in_block *in_block(void)
{
	uint64_t base;

	__asm__ volatile("rdgsbase %0" : "=r"(base));
	return (struct in_block *)base;
}

static inline const struct in_control *in_control(void)
{
	return (const struct in_control *)((char *)&in_mm - IN_MM_AT + IN_CONTROL_AT);
}

/* The save buffer is the beginning of the slot whose end is the frame. */
static inline struct cap_save *in_save(const struct in_frame *frame)
{
	return (struct cap_save *)((char *)frame + IN_FRAME_BYTES - IN_SLOT_BYTES);
}

static inline unsigned in_cpu(void)
{
	uint64_t aux;

	__asm__ volatile("rdpid %0" : "=r"(aux));
	return aux & 0xfff;
}

int in_gettime(clockid_t clock, struct timespec *ts); /* the vDSO's */
void in_wake(uint32_t *futex);
/* Copy memory that the program named, which may not be there. tid: this thread. */
bool in_read(int32_t tid, uint64_t address, void *out, uint32_t length);

#endif
