/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracing what is traced already is refused with EPERM, as the kernel refuses it; what is not, can be traced. */
#include "check.h"
#include <sys/ptrace.h>

static int tracer_of(pid_t pid)
{
	char path[40], line[100];
	int tracer = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "r");
	CHECK(file != NULL);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "TracerPid: %d", &tracer) == 1)
			break;
	fclose(file);
	return tracer;
}

/* A tracer may come or go between the look before and the look after; then the try says nothing. */
static void behaviour(void)
{
	int before, after, error;
	long ret;
	pid_t child = fork();

	CHECK(child >= 0);
	if (child == 0) {
		before = tracer_of(getpid());
		ret = ptrace(PTRACE_TRACEME, 0, 0, 0);
		error = errno;
		after = tracer_of(getpid());
		if (before && before == after) {
			CHECK_EQ(ret, -1);
			CHECK_EQ(error, EPERM);
		} else if (!before && !after) {
			CHECK(false); /* TRACEME either made our parent the tracer or was refused */
		}
		_exit(14);
	}
	check_exited(child, 14);

	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		pause();
		_exit(1);
	}
	before = tracer_of(child);
	ret = ptrace(PTRACE_SEIZE, child, 0, 0);
	error = errno;
	after = tracer_of(child);
	if (before && before == after) {
		CHECK_EQ(ret, -1);
		CHECK_EQ(error, EPERM);
	} else if (after == getpid()) {
		CHECK_EQ(ret, 0);
		CHECK_EQ(ptrace(PTRACE_INTERRUPT, child, 0, 0), 0);
		CHECK_EQ(status_of(child, __WALL) & 0xff, 0x7f);
		CHECK_EQ(ptrace(PTRACE_DETACH, child, 0, 0), 0);
	}
	CHECK(kill(child, SIGKILL) == 0);
	check_killed(child, SIGKILL);
	ret = ptrace(PTRACE_SEIZE, getpid(), 0, 0);
	CHECK(ret == -1 && errno == EPERM);
}
