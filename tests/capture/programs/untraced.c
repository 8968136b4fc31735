/* SPDX-License-Identifier: GPL-2.0-only */
/* Children that are made with CLONE_UNTRACED make their calls as others do, and that flag stays where it is. */
#include "check.h"
#include <linux/sched.h>

static char stack[1 << 16] __attribute__((aligned(16)));

static int opens(void)
{
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0);
	return 7;
}

static int in_clone(void *argument)
{
	(void)argument;
	_exit(opens());
}

static void behaviour(void)
{
	struct clone_args args = {.flags = CLONE_UNTRACED, .exit_signal = SIGCHLD};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	CHECK(pid >= 0);
	CHECK_EQ(args.flags, CLONE_UNTRACED);
	if (!pid)
		_exit(opens());
	check_exited((pid_t)pid, 7);

	args.flags |= CLONE_SIGHAND; /* without CLONE_VM */
	CHECK(syscall(SYS_clone3, &args, sizeof(args)) == -1 && errno == EINVAL);
	CHECK_EQ(args.flags, CLONE_UNTRACED | CLONE_SIGHAND);

	pid = clone(in_clone, stack + sizeof(stack), CLONE_UNTRACED | SIGCHLD, NULL);
	CHECK(pid > 0);
	check_exited((pid_t)pid, 7);
	pid = clone(in_clone, stack + sizeof(stack), CLONE_UNTRACED | CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
	CHECK(pid > 0);
	check_exited((pid_t)pid, 7);
}
