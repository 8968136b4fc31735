/* SPDX-License-Identifier: GPL-2.0-only */
/* ppoll, pselect and sigsuspend let a pending signal in for their duration only; handlers nest, masks come back. */
#include "check.h"
#include <poll.h>
#include <sys/select.h>

static volatile sig_atomic_t first, second;
static char alternate[65536];
static volatile sig_atomic_t on_alternate;

static void on_first(int signal, siginfo_t *info, void *context)
{
	char here;

	(void)signal, (void)info, (void)context;
	first++;
	on_alternate = &here >= alternate && &here < alternate + sizeof(alternate);
	CHECK(raise(SIGUSR2) == 0); /* in its mask: comes after this handler */
	CHECK_EQ(second, first - 1);
}

static void on_second(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info, (void)context;
	second++;
}

static void behaviour(void)
{
	struct sigaction action = {.sa_sigaction = on_first, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	stack_t stack = {.ss_sp = alternate, .ss_size = sizeof(alternate)};
	sigset_t open_mask, before, after;
	struct timespec limit = {20, 0};

	first = second = 0;
	CHECK(sigaltstack(&stack, NULL) == 0);
	sigaddset(&action.sa_mask, SIGUSR2);
	CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
	handle(SIGUSR2, on_second, 0);
	block(SIGUSR1);
	pthread_sigmask(SIG_BLOCK, NULL, &before);
	open_mask = before;
	sigdelset(&open_mask, SIGUSR1);

	CHECK(raise(SIGUSR1) == 0);
	CHECK_EQ(first, 0);
	CHECK(ppoll(NULL, 0, &limit, &open_mask) == -1 && errno == EINTR);
	CHECK_EQ(first, 1);
	CHECK_EQ(second, 1);
	CHECK(on_alternate);
	CHECK(raise(SIGUSR1) == 0);
	CHECK(pselect(0, NULL, NULL, NULL, &limit, &open_mask) == -1 && errno == EINTR);
	CHECK_EQ(first, 2);
	CHECK(raise(SIGUSR1) == 0);
	CHECK(sigsuspend(&open_mask) == -1 && errno == EINTR);
	CHECK_EQ(first, 3);
	CHECK_EQ(second, 3);
	pthread_sigmask(SIG_BLOCK, NULL, &after);
	CHECK(memcmp(&before, &after, 8) == 0);
	no_more(SIGUSR1);
	unblock(SIGUSR1);
}
