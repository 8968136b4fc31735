/* SPDX-License-Identifier: GPL-2.0-only */
/* A process that executes itself again and again, from its leader and from a thread in turn, stays the same process. */
#define HAS_ROLES
#include "check.h"

static char count[16], pid[16], pending[16];

static void *next(void *argument)
{
	char *argv[] = {self, count, pid, pending, NULL};

	(void)argument;
	execv(self, argv);
	fail(__FILE__, __LINE__, "execv came back");
}

/* role(steps left, pid, queued signals seen): each step queues one realtime signal to be found by the next. */
static int role(char **argv)
{
	int left = atoi(argv[0]), step = atoi(argv[2]);
	siginfo_t info = next_signal(SIGRTMIN);

	CHECK_EQ(info.si_value.sival_int, step);
	no_more(SIGRTMIN);
	CHECK_EQ(getpid(), atoi(argv[1]));
	CHECK_EQ(syscall(SYS_gettid), getpid());
	if (left == 0)
		return 0;
	CHECK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = step + 1}) == 0);
	snprintf(count, sizeof(count), "%d", left - 1);
	snprintf(pid, sizeof(pid), "%d", getpid());
	snprintf(pending, sizeof(pending), "%d", step + 1);
	if (left & 1)
		pthread_join(thread(next, NULL), NULL);
	next(NULL);
	return 1;
}

static void behaviour(void)
{
	pid_t child = fork();

	CHECK(child >= 0);
	if (child == 0) {
		block(SIGRTMIN);
		CHECK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 0}) == 0);
		snprintf(count, sizeof(count), "4");
		snprintf(pid, sizeof(pid), "%d", getpid());
		snprintf(pending, sizeof(pending), "0");
		next(NULL);
	}
	check_exited(child, 0);
}
