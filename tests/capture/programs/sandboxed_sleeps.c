/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In a sandbox that kills who calls restart_syscall, sleeps last as long as they should, whatever ignored signals come.
 */
#include "check.h"
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <sys/prctl.h>

enum { LIMIT_MS = 60, SIGNAL_MS = 25, LATEST_MS = 20000 };

static void enter_sandbox(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_restart_syscall, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(*code), code};

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

static void check_time(int64_t start)
{
	int64_t ms = (now_ns() - start) / 1000000;

	CHECK(ms >= LIMIT_MS && ms < LATEST_MS);
}

static void sleeps(void)
{
	const struct timespec limit = {0, LIMIT_MS * 1000000};
	struct timespec same = limit;
	uint32_t word = 0;
	int64_t start;

	start = now_ns();
	CHECK_EQ(nanosleep(&limit, NULL), 0);
	check_time(start);

	start = now_ns();
	CHECK_EQ(nanosleep(&same, &same), 0);
	check_time(start);

	start = now_ns();
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &limit, NULL), 0);
	check_time(start);

	start = now_ns();
	CHECK_EQ(poll(NULL, 0, LIMIT_MS), 0);
	check_time(start);

	start = now_ns();
	CHECK(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &limit, NULL, 0) == -1 && errno == ETIMEDOUT);
	check_time(start);
}

static void behaviour(void)
{
	pid_t sleeper = fork(), sender;
	int status;

	CHECK(sleeper >= 0);
	if (sleeper == 0) {
		enter_sandbox();
		sleeps();
		_exit(7);
	}
	sender = fork();
	CHECK(sender >= 0);
	if (sender == 0)
		for (;;) {
			pause_us(SIGNAL_MS * 1000);
			kill(sleeper, SIGWINCH);
		}
	CHECK_EQ(waitpid(sleeper, &status, 0), sleeper);
	kill(sender, SIGKILL);
	check_killed(sender, SIGKILL);
	CHECK_EQ(status, 7 << 8);
}
