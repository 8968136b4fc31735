/* SPDX-License-Identifier: GPL-2.0-only */
/* Signals taken by sigwaitinfo and signalfd: every value once, in order; a blocked standard signal pends only once. */
#include "check.h"
#include <sys/signalfd.h>

enum { EACH = 40 };

static void behaviour(void)
{
	struct signalfd_siginfo out;
	sigset_t set;
	int fd;
	pid_t sender;

	for (int i = 0; i < 2; i++)
		block(SIGRTMIN + i);
	block(SIGUSR1);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	CHECK(fd >= 0);
	sender = fork();
	CHECK(sender >= 0);
	if (sender == 0) {
		for (int value = 0; value < EACH; value++)
			for (int i = 0; i < 2; i++)
				CHECK(sigqueue(getppid(), SIGRTMIN + i, (union sigval){.sival_int = value}) == 0);
		_exit(0);
	}
	for (int value = 0; value < EACH; value++) {
		siginfo_t info = next_signal(SIGRTMIN);

		CHECK_EQ(info.si_value.sival_int, value);
		CHECK_EQ(info.si_pid, sender);
		CHECK_EQ(read(fd, &out, sizeof(out)), sizeof(out));
		CHECK_EQ(out.ssi_int, value);
		CHECK_EQ(out.ssi_pid, sender);
	}
	check_exited(sender, 0);
	for (int i = 0; i < 2; i++)
		no_more(SIGRTMIN + i);
	for (int i = 0; i < 5; i++)
		CHECK(kill(getpid(), SIGUSR1) == 0);
	CHECK_EQ(next_signal(SIGUSR1).si_code, SI_USER);
	no_more(SIGUSR1);
	close(fd);
}
