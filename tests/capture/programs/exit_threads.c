/* SPDX-License-Identifier: GPL-2.0-only */
/* Threads end one by one, the leader first: the process lives until the last, and its status is the kernel's. */
#include "check.h"
#include <dirent.h>

enum { SHORT_LIVED = 4 };

static int gate[2];
static _Atomic int *ended; /* short-lived threads that did their work */

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
	++*ended;
	return argument;
}

/* Until the process has only its leader, dead, and the one that waits at the gate. */
static void wait_for_the_last(pid_t pid)
{
	char path[40], line[400];
	int n;

	while (*ended < SHORT_LIVED)
		pause_us(50);
	do {
		DIR *dir;
		FILE *file;
		struct dirent *entry;

		snprintf(path, sizeof(path), "/proc/%d/task", pid);
		dir = opendir(path);
		CHECK(dir != NULL);
		n = 0;
		while ((entry = readdir(dir)))
			n += entry->d_name[0] != '.';
		closedir(dir);
		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		file = fopen(path, "r");
		CHECK(file && fgets(line, sizeof(line), file));
		fclose(file);
	} while (n != 2 || !strstr(line, ") Z "));
}

static pid_t start(void *(*last)(void *))
{
	pid_t child;

	*ended = 0;
	child = fork();
	CHECK(child >= 0);
	if (child)
		return child;
	thread(last, NULL);
	for (int i = 0; i < SHORT_LIVED; i++)
		thread(short_lived, NULL);
	leave(3);
	return 0;
}

static void behaviour(void)
{
	pid_t child;

	CHECK(pipe(gate) == 0);
	ended = shared_memory(4096);
	child = start(outlive_the_leader);
	wait_for_the_last(child);
	CHECK_EQ(waitpid(child, NULL, WNOHANG), 0); /* a dead leader is no dead process */
	CHECK(kill(child, 0) == 0);
	CHECK_EQ(write(gate[1], "x", 1), 1);
	check_exited(child, 5); /* nobody called exit_group: the code of the last, not of the leader */

	child = start(end_all);
	CHECK_EQ(write(gate[1], "x", 1), 1);
	check_exited(child, 6);
	close(gate[0]);
	close(gate[1]);
	munmap((void *)ended, 4096);
}
