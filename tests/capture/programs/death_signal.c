/* SPDX-License-Identifier: GPL-2.0-only */
/* PR_SET_PDEATHSIG: one signal when the parent ends, and the orphan finds the nearest subreaper as its parent. */
#include "check.h"
#include <sys/prctl.h>

static void behaviour(void)
{
	_Atomic int *ready = shared_memory(4096);
	pid_t me = getpid(), parent;
	int status;

	CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	parent = fork();
	CHECK(parent >= 0);
	if (parent == 0) {
		pid_t child;

		block(SIGUSR1);
		child = fork();
		if (child == 0) {
			int set = 0;

			CHECK(prctl(PR_SET_PDEATHSIG, SIGUSR1) == 0);
			CHECK(prctl(PR_GET_PDEATHSIG, &set) == 0 && set == SIGUSR1);
			ready[1] = getpid();
			ready[0] = 1;
			next_signal(SIGUSR1);
			no_more(SIGUSR1);
			CHECK_EQ(getppid(), me);
			_exit(13);
		}
		while (!ready[0])
			sched_yield();
		_exit(12);
	}
	check_exited(parent, 12);
	CHECK_EQ(waitpid(ready[1], &status, 0), ready[1]);
	CHECK_EQ(status, 13 << 8);
	CHECK(wait(NULL) == -1 && errno == ECHILD);
	munmap((void *)ready, 4096);
}
