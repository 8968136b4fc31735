/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A thread that is not the leader executes another program: the one that the argument names, or in each round
 * /bin/true.
 */
#define HAS_ROLES
#include "check.h"

static void *execute(void *program)
{
	char *argv[] = {program, NULL};

	execv(program, argv);
	fail(__FILE__, __LINE__, "execv came back");
}

static int role(char **argv)
{
	pthread_join(thread(execute, argv[0]), NULL);
	return 1;
}

static void behaviour(void)
{
	char *argv[] = {"/bin/true", NULL};
	pid_t child = fork();

	CHECK(child >= 0);
	if (child == 0)
		_exit(role(argv));
	check_exited(child, 0);
}
