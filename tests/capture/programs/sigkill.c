/* SPDX-License-Identifier: GPL-2.0-only */
/* A child killed between any two of its steps is seen dead by SIGKILL, once, with everything it had running. */
#include "check.h"

static void *calling(void *argument)
{
	for (;;)
		syscall(SYS_getppid);
	return argument;
}

static void *breeding(void *argument)
{
	for (;;) {
		pid_t child = fork();

		if (child == 0)
			_exit(0);
		waitpid(child, NULL, 0);
	}
	return argument;
}

static void *signalling(void *argument)
{
	for (;;)
		kill(getpid(), SIGWINCH);
	return argument;
}

static void behaviour(void)
{
	static void *(*const bodies[])(void *) = {calling, breeding, signalling};

	block(SIGCHLD);
	for (int i = 0; i < 9; i++) {
		siginfo_t info;
		pid_t child = fork();

		CHECK(child >= 0);
		if (child == 0) {
			if (i & 1)
				thread(calling, NULL);
			bodies[i % 3](NULL);
		}
		pause_us(60 * i);
		CHECK(kill(child, SIGKILL) == 0);
		info = next_signal(SIGCHLD);
		CHECK_EQ(info.si_pid, child);
		CHECK_EQ(info.si_code, CLD_KILLED);
		CHECK_EQ(info.si_status, SIGKILL);
		CHECK_EQ(status_of(child, WUNTRACED | WCONTINUED), SIGKILL);
		CHECK(waitpid(child, NULL, 0) == -1 && errno == ECHILD);
	}
	no_more(SIGCHLD);
	unblock(SIGCHLD);
}
