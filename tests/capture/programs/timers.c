/* SPDX-License-Identifier: GPL-2.0-only */
/* Each one-shot timer is one signal with its value, also into a blocked call; SIGALRM interrupts pause. */
#include "check.h"
#include <sys/time.h>

static volatile sig_atomic_t alarms;

static void on_alarm(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	CHECK_EQ(info->si_code, SI_KERNEL);
	alarms++;
}

static void behaviour(void)
{
	struct itimerval once = {.it_value = {0, 1500}};
	timer_t timer[6];

	handle(SIGALRM, on_alarm, SA_RESTART);
	alarms = 0;
	block(SIGALRM);
	CHECK(setitimer(ITIMER_REAL, &once, NULL) == 0);
	sigset_t open_mask;

	pthread_sigmask(SIG_BLOCK, NULL, &open_mask);
	sigdelset(&open_mask, SIGALRM);
	CHECK(sigsuspend(&open_mask) == -1 && errno == EINTR);
	CHECK_EQ(alarms, 1);
	unblock(SIGALRM);

	block(SIGRTMIN + 4);
	for (int i = 0; i < 6; i++) {
		struct sigevent event = {
			.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 4, .sigev_value.sival_int = i};
		struct itimerspec at = {.it_value = {0, 200000 * (i + 1)}};

		CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer[i]) == 0);
		CHECK(timer_settime(timer[i], 0, &at, NULL) == 0);
	}
	int seen = 0;

	for (int i = 0; i < 6; i++) {
		siginfo_t info = next_signal(SIGRTMIN + 4);

		CHECK_EQ(info.si_code, SI_TIMER);
		CHECK_EQ(info.si_overrun, 0);
		seen |= 1 << info.si_value.sival_int;
	}
	CHECK_EQ(seen, 0x3f);
	no_more(SIGRTMIN + 4);
	for (int i = 0; i < 6; i++)
		timer_delete(timer[i]);
	CHECK_EQ(alarms, 1);
}
