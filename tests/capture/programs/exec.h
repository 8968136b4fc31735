/* SPDX-License-Identifier: GPL-2.0-only */
/* Executing while other threads run: what must be so before and after. */
#define HAS_ROLES
#include "check.h"
#include <dirent.h>

enum { OTHERS = 3 };

static void *busy(void *argument)
{
	(void)argument;
	for (;;)
		syscall(SYS_getppid);
	return NULL;
}

static void *asleep(void *argument)
{
	(void)argument;
	for (;;)
		pause();
	return NULL;
}

static int tasks(void)
{
	int n = 0;
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;

	CHECK(dir != NULL);
	while ((entry = readdir(dir)))
		n += entry->d_name[0] != '.';
	closedir(dir);
	return n;
}

/* role("pid"): what the new program sees: the old pid, one thread, its mask and what was pending. */
static int role(char **argv)
{
	sigset_t set;

	CHECK_EQ(getpid(), atoi(argv[0]));
	CHECK_EQ(syscall(SYS_gettid), getpid());
	CHECK_EQ(tasks(), 1);
	CHECK(sigpending(&set) == 0);
	CHECK(sigismember(&set, SIGUSR2));
	CHECK(!sigismember(&set, SIGTRAP));
	CHECK_EQ(next_signal(SIGUSR2).si_pid, getpid());
	no_more(SIGUSR2);
	return 42;
}

static void *execute(void *argument)
{
	char pid[16];
	char *argv[] = {self, pid, NULL};

	(void)argument;
	CHECK(execv("/nowhere", argv) == -1 && errno == ENOENT);
	CHECK(execv("/etc/passwd", argv) == -1 && errno == EACCES);
	snprintf(pid, sizeof(pid), "%d", getpid());
	execv(self, argv);
	fail(__FILE__, __LINE__, "execv came back");
}

static pid_t child_with_threads(void)
{
	pid_t child = fork();

	CHECK(child >= 0);
	if (child)
		return child;
	block(SIGUSR2);
	CHECK(kill(getpid(), SIGUSR2) == 0);
	for (int i = 0; i < OTHERS; i++)
		thread(i & 1 ? busy : asleep, NULL);
	return 0;
}
