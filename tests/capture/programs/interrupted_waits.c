/* SPDX-License-Identifier: GPL-2.0-only */
/* In a storm of signals that are ignored, a wait ends with EINTR once its one handled signal comes, and not before. */
#include "check.h"
#include <sys/epoll.h>

static _Atomic int handled, stop;
static _Atomic pid_t waiter;

static void on_usr1(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info, (void)context;
	handled++;
}

static void *storm(void *argument)
{
	while (!stop) {
		CHECK(syscall(SYS_tgkill, getpid(), waiter, SIGWINCH) == 0);
		pause_us(150);
	}
	return argument;
}

/* To the process, where the waiter alone does not block it, or to the waiter: pending in one place or the other. */
static void *send_one(void *argument)
{
	pause_us(700);
	if (argument)
		CHECK(kill(getpid(), SIGUSR1) == 0);
	else
		CHECK(syscall(SYS_tgkill, getpid(), waiter, SIGUSR1) == 0);
	return NULL;
}

static void behaviour(void)
{
	struct epoll_event event;
	sigset_t open_to_usr1;
	int fd = epoll_create1(EPOLL_CLOEXEC);
	pthread_t storming;

	waiter = (pid_t)syscall(SYS_gettid);
	stop = 0;
	handle(SIGUSR1, on_usr1, SA_RESTART);
	block(SIGUSR1); /* but for the wait, so that it cannot come too early */
	CHECK_EQ(pthread_sigmask(SIG_BLOCK, NULL, &open_to_usr1), 0);
	sigdelset(&open_to_usr1, SIGUSR1);
	storming = thread(storm, NULL);
	for (long i = 0; i < 4; i++) {
		pthread_t sender;

		handled = 0;
		sender = thread(send_one, (void *)(i & 1));
		CHECK_EQ(epoll_pwait(fd, &event, 1, i & 2 ? 60000 : -1, &open_to_usr1), -1);
		CHECK_EQ(errno, EINTR);
		CHECK_EQ(handled, 1);
		CHECK_EQ(pthread_join(sender, NULL), 0);
	}
	stop = 1;
	CHECK_EQ(pthread_join(storming, NULL), 0);
	close(fd);
}
