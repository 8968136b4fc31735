/* SPDX-License-Identifier: GPL-2.0-only */
/* A thread that is not the leader executes: it takes over the leader's id; the parent sees nothing of it. */
#include "exec.h"

static void behaviour(void)
{
	int status;
	pid_t got, child = child_with_threads();

	if (child == 0) {
		thread(execute, NULL);
		asleep(NULL);
	}
	while ((got = waitpid(child, &status, WNOHANG | WUNTRACED | WCONTINUED)) == 0)
		pause_us(200);
	CHECK_EQ(got, child);
	CHECK_EQ(status, 42 << 8);
}
