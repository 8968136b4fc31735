/* SPDX-License-Identifier: GPL-2.0-only */
/* exit_group from any thread, at any moment of the others' lives, gives the process exactly its code. */
#include "check.h"
#include <poll.h>

static int silent[2];

static void *calling(void *argument)
{
	for (;;)
		syscall(SYS_getppid);
	return argument;
}

static void *reading(void *argument)
{
	char byte;

	read(silent[0], &byte, 1);
	return argument;
}

static void *sleeping(void *argument)
{
	poll(NULL, 0, -1);
	return argument;
}

static void *nothing(void *argument)
{
	return argument;
}

static void *breeding(void *argument)
{
	for (;;)
		pthread_join(thread(nothing, NULL), NULL);
	return argument;
}

static void *ending(void *argument)
{
	intptr_t code = (intptr_t)argument;

	for (volatile int i = 0; i < (int)code * 4000; i++)
		;
	syscall(SYS_exit_group, code);
	return NULL;
}

static void behaviour(void)
{
	static void *(*const others[])(void *) = {calling, reading, sleeping, breeding};

	CHECK(pipe(silent) == 0);
	for (int code = 0; code < 6; code++) {
		pid_t child = fork();

		CHECK(child >= 0);
		if (child == 0) {
			for (unsigned i = 0; i < sizeof(others) / sizeof(*others); i++)
				thread(others[i], NULL);
			if (code & 1)
				thread(ending, (void *)(intptr_t)(100 + code));
			else
				ending((void *)(intptr_t)(100 + code));
			reading(NULL);
		}
		check_exited(child, 100 + code);
	}
	close(silent[0]);
	close(silent[1]);
}
