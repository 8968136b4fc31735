/* SPDX-License-Identifier: GPL-2.0-only */
/* Threads end one by one, the leader first: the process lives until the last, and its status is the kernel's. */
#include "check.h"
#include <dirent.h>

static int gate[2];

static void leave(int code)
{
	syscall(SYS_exit, code);
}

static void *outlive_the_leader(void *argument)
{
	char byte;

	(void)argument;
	CHECK_EQ(read(gate[0], &byte, 1), 1);
	leave(5);
	return NULL;
}

static void *end_all(void *argument)
{
	char byte;

	(void)argument;
	CHECK_EQ(read(gate[0], &byte, 1), 1);
	syscall(SYS_exit_group, 6);
	return NULL;
}

static void *short_lived(void *argument)
{
	syscall(SYS_getppid);
	return argument;
}

/* Until the process has only its dead leader and the one that waits at the gate. */
static void wait_for_two(pid_t pid)
{
	char path[40];
	int n;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	do {
		DIR *dir = opendir(path);
		struct dirent *entry;

		CHECK(dir != NULL);
		n = 0;
		while ((entry = readdir(dir)))
			n += entry->d_name[0] != '.';
		closedir(dir);
		pause_us(100);
	} while (n != 2);
}

static pid_t start(void *(*last)(void *))
{
	pid_t child = fork();

	CHECK(child >= 0);
	if (child)
		return child;
	thread(last, NULL);
	for (int i = 0; i < 4; i++)
		thread(short_lived, NULL);
	leave(3);
	return 0;
}

static void behaviour(void)
{
	pid_t child;

	CHECK(pipe(gate) == 0);
	child = start(outlive_the_leader);
	pause_us(300);
	wait_for_two(child);
	CHECK_EQ(waitpid(child, NULL, WNOHANG), 0); /* a dead leader is no dead process */
	CHECK(kill(child, 0) == 0);
	CHECK_EQ(write(gate[1], "x", 1), 1);
	check_exited(child, 5); /* nobody called exit_group: the code of the last, not of the leader */

	child = start(end_all);
	CHECK_EQ(write(gate[1], "x", 1), 1);
	check_exited(child, 6);
	close(gate[0]);
	close(gate[1]);
}
