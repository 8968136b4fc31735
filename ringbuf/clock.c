// SPDX-License-Identifier: GPL-2.0-only
/* The clocks of trace_clock that user space can read. Freestanding: see core.h. */
#include <x86intrin.h>

#include "core.h"

static uint64_t posix_clock(rb_gettime *gettime, clockid_t id)
{
	struct timespec ts;
	gettime(id, &ts); /* cannot fail for these ids */
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

uint64_t rb_core_now(struct rb_header *header, rb_gettime *gettime)
{
	switch (rb_load(&header->clock)) {
	case RB_CLOCK_COUNTER:
		/* pairs with itself: each number is given once */
		return __atomic_add_fetch(&header->counter, 1, __ATOMIC_RELAXED);
	case RB_CLOCK_MONO_RAW:
		return posix_clock(gettime, CLOCK_MONOTONIC_RAW);
	case RB_CLOCK_BOOT:
		return posix_clock(gettime, CLOCK_BOOTTIME);
	case RB_CLOCK_TAI:
		return posix_clock(gettime, CLOCK_TAI);
	case RB_CLOCK_X86_TSC:
		return __rdtsc();
	/* local and global: the kernel's differ in cost and coherence between CPUs; this one is cheap and coherent */
	default:
		return posix_clock(gettime, CLOCK_MONOTONIC);
	}
}
