/* SPDX-License-Identifier: GPL-2.0-only */
/* What /proc/TID/status says of a task's kin, state and signals. */
#ifndef TRACEFS_CAPTURE_TASK_STATUS_H
#define TRACEFS_CAPTURE_TASK_STATUS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#define CAP_SIGNAL_BIT(sig) (1ull << ((sig) - 1))

struct cap_status {
	int32_t tgid, ppid;
	char state;      /* one letter of proc(5) */
	uint64_t sleeps; /* how often it went to sleep */
	/* Sets of signals, CAP_SIGNAL_BIT() for each. */
	uint64_t own, shared; /* pending for the thread, for its process */
	uint64_t blocked, ignored, caught;
	uint32_t filters; /* seccomp filters that it has */
};

bool cap_status_of(int32_t tid, struct cap_status *status); /* false: gone */

/* The signals that the kernel would drop when they are sent, were the task not traced. */
static inline uint64_t cap_dropped(const struct cap_status *s)
{
	const uint64_t by_default =
		CAP_SIGNAL_BIT(SIGCHLD) | CAP_SIGNAL_BIT(SIGCONT) | CAP_SIGNAL_BIT(SIGURG) | CAP_SIGNAL_BIT(SIGWINCH);

	return s->ignored | (by_default & ~s->caught);
}

#endif
