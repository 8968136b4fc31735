/* SPDX-License-Identifier: GPL-2.0-only */
/* What /proc/TID/status says of a task's state and signals. */
#ifndef TRACEFS_CAPTURE_TASK_STATUS_H
#define TRACEFS_CAPTURE_TASK_STATUS_H

#include <stdbool.h>
#include <stdint.h>

struct cap_status {
	char state;	 /* one letter of proc(5) */
	uint64_t sleeps; /* how often it went to sleep */
	/* Sets of signals, bit n - 1 for signal n. */
	uint64_t own, shared; /* pending */
	uint64_t blocked, ignored, caught;
};

bool cap_status_of(int32_t tid, struct cap_status *status); /* false: gone */

/* The signals that the kernel would drop when they are sent, were the task not traced. */
static inline uint64_t cap_dropped(const struct cap_status *s)
{
	const uint64_t by_default = 1ull << (17 - 1) | 1ull << (18 - 1) | 1ull << (23 - 1) | 1ull << (28 - 1);
	return s->ignored | (by_default & ~s->caught); /* SIGCHLD SIGCONT SIGURG SIGWINCH */
}

#endif
