/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads and children that make calls side by side, under signals: `crowd THREADS CALLS`. Each thread makes CALLS
 * calls lseek(fd, its number * 1000000 + i, SEEK_SET), and halfway a child that makes as many in its own name; the
 * numbers of children follow those of threads. Tells what went wrong.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAMED 1000000l

static long calls, threads;
static volatile sig_atomic_t handled;

static void on_alarm(int number)
{
	(void)number;
	handled++;
	if (getppid() <= 0)
		_exit(4);
}

static void call(int fd, long name)
{
	for (long i = 0; i < calls; i++) {
		long offset = name * NAMED + i;

		if (syscall(SYS_lseek, fd, offset, SEEK_SET) != offset)
			_exit(3);
	}
}

static void *thread(void *arg)
{
	long name = (long)arg;
	FILE *file = tmpfile();
	int status = -1, fd = fileno(file);
	char *const argv[] = {"true", NULL};
	pid_t child;

	call(fd, name);
	child = fork();
	if (!child) {
		call(fd, threads + name);
		_exit(0);
	}
	if (waitpid(child, &status, 0) != child || status)
		printf("child of %ld: %d %m\n", name, status);
	if (posix_spawn(&child, "/bin/true", NULL, NULL, argv, NULL) || waitpid(child, &status, 0) != child || status)
		printf("spawned by %ld: %d %m\n", name, status);
	fclose(file);
	return NULL;
}

int main(int argc, char **argv)
{
	struct itimerval often = {{0, 3000}, {0, 3000}};
	struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
	pthread_t made[256];

	threads = argc > 1 ? atol(argv[1]) : 4;
	calls = argc > 2 ? atol(argv[2]) : 100;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (long i = 0; i < threads; i++)
		if (pthread_create(&made[i], NULL, thread, (void *)i))
			return 5;
	for (long i = 0; i < threads; i++)
		pthread_join(made[i], NULL);
	printf("joined\n");
	return 0;
}
