// SPDX-License-Identifier: GPL-2.0-only
/* The clocks of trace_clock that user space can read. */
#include <time.h>
#include <x86intrin.h>

#include "handle.h"

static uint64_t posix_clock(clockid_t id)
{
	struct timespec ts;
	clock_gettime(id, &ts); /* vDSO; cannot fail for these ids */
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

uint64_t rb_clock_read(struct rb_header *header, uint32_t clock)
{
	switch (clock) {
	case RB_CLOCK_COUNTER:
		return __atomic_add_fetch(&header->counter, 1, __ATOMIC_RELAXED);
	case RB_CLOCK_MONO_RAW:
		return posix_clock(CLOCK_MONOTONIC_RAW);
	case RB_CLOCK_BOOT:
		return posix_clock(CLOCK_BOOTTIME);
	case RB_CLOCK_TAI:
		return posix_clock(CLOCK_TAI);
	case RB_CLOCK_X86_TSC:
		return __rdtsc();
	default: /* local and global: the kernel's differ in cost and coherence between CPUs; this one is cheap and coherent */
		return posix_clock(CLOCK_MONOTONIC);
	}
}

uint64_t rb_now(struct rb *rb)
{
	uint32_t clock = rb_load(&rb->header->clock);
	if (clock == RB_CLOCK_COUNTER) /* looking does not count */
		return rb_load(&rb->header->counter);
	return rb_clock_read(rb->header, clock);
}
