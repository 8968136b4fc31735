/* SPDX-License-Identifier: GPL-2.0-only */
/* A signal that the process ignores wakes nobody: calls that EINTR would end sleep on. */
#include "check.h"
#include <sys/epoll.h>

static _Atomic pid_t waiter;
static int ep;

static void *send_ignored(void *argument)
{
	static const int ignored[] = {SIGWINCH, SIGURG, SIGCHLD, SIGUSR1, SIGCONT};

	(void)argument;
	pause_us(1000);
	for (unsigned i = 0; i < sizeof(ignored) / sizeof(*ignored); i++) {
		CHECK(syscall(SYS_tgkill, getpid(), waiter, ignored[i]) == 0);
		pause_us(300);
	}
	return NULL;
}

static void behaviour(void)
{
	struct epoll_event event;
	struct timespec limit = {0, 8000000};
	sigset_t set;
	pthread_t t;

	signal(SIGUSR1, SIG_IGN);
	waiter = (pid_t)syscall(SYS_gettid);
	ep = epoll_create1(EPOLL_CLOEXEC);
	t = thread(send_ignored, NULL);
	CHECK_EQ(epoll_wait(ep, &event, 1, 8), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	close(ep);

	sigemptyset(&set);
	sigaddset(&set, SIGRTMAX);
	t = thread(send_ignored, NULL);
	CHECK(sigtimedwait(&set, NULL, &limit) == -1);
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(pthread_join(t, NULL), 0);
}
