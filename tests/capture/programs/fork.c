/* SPDX-License-Identifier: GPL-2.0-only */
/* Children of fork are each seen once, with their own pid, parent and exit code, and have a copy of memory. */
#include "check.h"

enum { CHILDREN = 8 };

static void behaviour(void)
{
	volatile int here = 1;
	pid_t me = getpid(), child[CHILDREN], grandparent;

	for (int i = 0; i < CHILDREN; i++) {
		child[i] = fork();
		CHECK(child[i] >= 0);
		if (child[i] == 0) {
			here++;
			CHECK_EQ(getppid(), me);
			CHECK(getpid() != me && syscall(SYS_gettid) == getpid());
			_exit(here == 2 ? 10 + i : 1);
		}
	}
	for (int i = CHILDREN - 1; i >= 0; i--)
		check_exited(child[i], 10 + i);
	CHECK_EQ(here, 1);
	CHECK(wait(NULL) == -1 && errno == ECHILD);

	grandparent = fork();
	if (grandparent == 0) {
		pid_t parent = fork();

		if (parent == 0)
			_exit(33);
		check_exited(parent, 33);
		_exit(44);
	}
	check_exited(grandparent, 44);
}
