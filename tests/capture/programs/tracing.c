/* SPDX-License-Identifier: GPL-2.0-only */
/* A tracer of its own child: counts the child's calls by stops, and sees the child's signals; a debugger in small. */
#include "check.h"
#include <sys/ptrace.h>

enum { CALLS = 50 };

static void traced(void)
{
	CHECK_EQ(ptrace(PTRACE_TRACEME, 0, 0, 0), 0);
	CHECK_EQ(raise(SIGSTOP), 0);
	for (int i = 0; i < CALLS; i++)
		syscall(SYS_getppid);
	raise(SIGUSR1);
	_exit(17);
}

static void behaviour(void)
{
	int stops = 0, signals = 0, status;
	pid_t child = fork();

	CHECK(child >= 0);
	if (child == 0)
		traced();
	CHECK_EQ(status_of(child, 0), 0x7f | SIGSTOP << 8);
	CHECK_EQ(ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD), 0);
	CHECK_EQ(ptrace(PTRACE_SYSCALL, child, 0, 0), 0);
	while (status = status_of(child, 0), WIFSTOPPED(status)) {
		if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
			struct __ptrace_syscall_info info;

			CHECK(ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(info), &info) > 0);
			if (info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == SYS_getppid)
				stops++;
		} else {
			CHECK_EQ(WSTOPSIG(status), SIGUSR1);
			signals++;
		}
		CHECK_EQ(ptrace(PTRACE_SYSCALL, child, 0, 0), 0);
	}
	CHECK_EQ(status, 17 << 8);
	CHECK_EQ(stops, CALLS);
	CHECK_EQ(signals, 1);
}
