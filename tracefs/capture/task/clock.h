/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TRACEFS_CAPTURE_TASK_CLOCK_H
#define TRACEFS_CAPTURE_TASK_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CAP_NS_PER_S 1000000000ll

/* CLOCK_MONOTONIC */
static inline int64_t cap_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * CAP_NS_PER_S + ts.tv_nsec;
}

#endif
