/* SPDX-License-Identifier: GPL-2.0-only */
/* A stopped process whose group is orphaned by its parent's death gets SIGHUP, then SIGCONT, once each. */
#include "check.h"

static int out[2];

static void stopped(void)
{
	sigset_t both;

	CHECK(setpgid(0, 0) == 0);
	sigemptyset(&both);
	sigaddset(&both, SIGHUP);
	sigaddset(&both, SIGCONT);
	CHECK(sigprocmask(SIG_BLOCK, &both, NULL) == 0); /* so that none is missed, whichever is delivered first */
	CHECK(raise(SIGSTOP) == 0);
	CHECK(next_signal(SIGHUP).si_code == SI_KERNEL);
	CHECK(next_signal(SIGCONT).si_code == SI_KERNEL);
	no_more(SIGHUP);
	no_more(SIGCONT);
	CHECK_EQ(write(out[1], "K", 1), 1);
	_exit(0);
}

static void behaviour(void)
{
	char heard[4] = "";
	int n = 0, got;
	pid_t session;

	CHECK(pipe(out) == 0);
	session = fork();
	CHECK(session >= 0);
	if (session == 0) {
		pid_t child;

		CHECK(setsid() > 0); /* whoever inherits the child is of another session: its group becomes orphaned */
		child = fork();
		if (child == 0)
			stopped();
		CHECK_EQ(status_of(child, WUNTRACED), 0x7f | SIGSTOP << 8);
		_exit(0);
	}
	close(out[1]);
	check_exited(session, 0);
	while (n < 3 && (got = (int)read(out[0], heard + n, 1)) == 1)
		n++;
	CHECK_EQ(n, 1);
	CHECK_EQ(heard[0], 'K');
	close(out[0]);
}
