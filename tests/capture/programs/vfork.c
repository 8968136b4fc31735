/* SPDX-License-Identifier: GPL-2.0-only */
/* A parent in vfork sleeps until its child has exited or executed, and shares its memory until then. */
#define HAS_ROLES
#include "check.h"
#include <sys/prctl.h>

static volatile int shared;

static int role(char **argv)
{
	return atoi(argv[0]);
}

static void behaviour(void)
{
	pid_t child;

	for (int i = 1; i <= 4; i++) {
		shared = 0;
		child = vfork();
		CHECK(child >= 0);
		if (child == 0) {
			if (i & 1) {
				struct timespec ms = {0, 1000000};

				syscall(SYS_nanosleep, &ms, NULL);
			}
			shared = i;
			_exit(20 + i);
		}
		CHECK_EQ(shared, i);
		check_exited(child, 20 + i);
	}
	shared = 0;
	child = vfork();
	CHECK(child >= 0);
	if (child == 0) {
		char *argv[] = {self, "77", NULL};

		shared = 1;
		execv(self, argv);
		_exit(1);
	}
	CHECK_EQ(shared, 1);
	check_exited(child, 77);

	/* A child killed inside vfork lets its parent go. */
	child = vfork();
	if (child == 0) {
		syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
		_exit(1);
	}
	check_killed(child, SIGKILL);
}
