/* SPDX-License-Identifier: GPL-2.0-only */
/* A wait with a time limit lasts that long, however often a signal comes meanwhile that the program ignores. */
#include "check.h"
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/sem.h>

enum { LIMIT_MS = 60, SIGNAL_MS = 25, LATEST_MS = 20000 };

static _Atomic pid_t waiter;
static _Atomic int waiting;

/* As long as it waits: a task that is woken again and again to wait anew would never end. */
static void *send_ignored(void *argument)
{
	while (waiting) {
		pause_us(SIGNAL_MS * 1000);
		CHECK(syscall(SYS_tgkill, getpid(), waiter, SIGWINCH) == 0);
	}
	return argument;
}

static int64_t begin(pthread_t *t)
{
	waiting = 1;
	*t = thread(send_ignored, NULL);
	return now_ns();
}

static void end(pthread_t t, int64_t start)
{
	int64_t ms = (now_ns() - start) / 1000000;

	waiting = 0;
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK(ms >= LIMIT_MS);
	CHECK(ms < LATEST_MS);
}

static void behaviour(void)
{
	const struct timespec limit = {0, LIMIT_MS * 1000000};
	struct sembuf take = {0, -1, 0};
	struct epoll_event event;
	int semaphore = semget(IPC_PRIVATE, 1, 0600), fd = epoll_create1(EPOLL_CLOEXEC);
	int64_t start;
	sigset_t set;
	pthread_t t;

	waiter = (pid_t)syscall(SYS_gettid);
	start = begin(&t);
	CHECK_EQ(epoll_wait(fd, &event, 1, LIMIT_MS), 0);
	end(t, start);

	sigemptyset(&set);
	sigaddset(&set, SIGRTMAX);
	start = begin(&t);
	CHECK(sigtimedwait(&set, NULL, &limit) == -1 && errno == EAGAIN);
	end(t, start);

	start = begin(&t);
	CHECK(semtimedop(semaphore, &take, 1, &limit) == -1 && errno == EAGAIN);
	end(t, start);
	semctl(semaphore, 0, IPC_RMID);
	close(fd);
}
