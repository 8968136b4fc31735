/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A thread that sleeps in epoll_wait for as long as the program lives, as a server does, until one byte comes to its
 * end.
 */
#include "check.h"
#include <sys/epoll.h>

static int ep, in[2];

static void *serve(void *argument)
{
	struct epoll_event event;

	CHECK_EQ(epoll_wait(ep, &event, 1, -1), 1);
	CHECK(syscall(SYS_getppid) > 0);
	return argument;
}

static void behaviour(void)
{
	struct epoll_event event = {.events = EPOLLIN};
	pthread_t t;

	ep = epoll_create1(EPOLL_CLOEXEC);
	CHECK(pipe(in) == 0);
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, in[0], &event) == 0);
	t = thread(serve, NULL);
	do
		pause_us(10000);
	while (!flag->stop);
	CHECK_EQ(write(in[1], "x", 1), 1);
	CHECK_EQ(pthread_join(t, NULL), 0);
	close(ep);
	close(in[0]);
	close(in[1]);
}
