/* SPDX-License-Identifier: GPL-2.0-only */
/* Each child's end is one SIGCHLD with that child's pid, code and status. */
#include "check.h"

enum { CHILDREN = 10 };

static volatile sig_atomic_t count;
static volatile siginfo_t last; /* volatile: raise() is a leaf to the compiler */

static void on_chld(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	count++;
	last = *info;
}

static void behaviour(void)
{
	sigset_t none, old;

	handle(SIGCHLD, on_chld, 0);
	block(SIGCHLD);
	sigemptyset(&none);
	pthread_sigmask(SIG_BLOCK, NULL, &old);
	sigdelset(&old, SIGCHLD);
	count = 0;
	for (int i = 0; i < CHILDREN; i++) {
		pid_t child = fork();

		CHECK(child >= 0);
		if (child == 0) {
			if (i & 1)
				raise(SIGTERM);
			_exit(60 + i);
		}
		while (count == i)
			CHECK(sigsuspend(&old) == -1 && errno == EINTR);
		CHECK_EQ(count, i + 1);
		CHECK_EQ(last.si_pid, child);
		CHECK_EQ(last.si_code, i & 1 ? CLD_KILLED : CLD_EXITED);
		CHECK_EQ(last.si_status, i & 1 ? SIGTERM : 60 + i);
		CHECK_EQ(status_of(child, 0), i & 1 ? SIGTERM : (60 + i) << 8);
	}
	unblock(SIGCHLD);
	CHECK_EQ(count, CHILDREN);
	signal(SIGCHLD, SIG_DFL);
}
