/* SPDX-License-Identifier: GPL-2.0-only */
/* clone: shared memory, any exit signal or none, thread ids stored and cleared, CLONE_PARENT, CLONE_UNTRACED. */
#include "check.h"
#include <linux/futex.h>

static char stack[65536] __attribute__((aligned(16)));
static volatile int shared;
static _Atomic uint32_t parent_tid, child_tid;

static int body(void *argument)
{
	shared = 1;
	return (int)(intptr_t)argument;
}

static int start(int flags, int code)
{
	int pid;

	shared = 0;
	pid = clone(body, stack + sizeof(stack), flags, (void *)(intptr_t)code, &parent_tid, NULL, &child_tid);
	CHECK(pid > 0);
	return pid;
}

static void behaviour(void)
{
	siginfo_t info;
	pid_t child, sibling;

	block(SIGUSR1);
	block(SIGCHLD);

	child = start(CLONE_VM | CLONE_FS | CLONE_FILES | SIGCHLD, 1);
	info = next_signal(SIGCHLD);
	CHECK_EQ(info.si_pid, child);
	CHECK_EQ(info.si_code, CLD_EXITED);
	CHECK_EQ(info.si_status, 1);
	check_exited(child, 1);
	CHECK_EQ(shared, 1);

	child = start(SIGUSR1, 2); /* a copy of memory; another signal, so __WCLONE and not plain wait */
	info = next_signal(SIGUSR1);
	CHECK_EQ(info.si_pid, child);
	CHECK_EQ(info.si_status, 2);
	CHECK(waitpid(child, NULL, 0) == -1 && errno == ECHILD);
	CHECK_EQ(status_of(child, __WCLONE), 2 << 8);
	CHECK_EQ(shared, 0);

	child = start(CLONE_VM, 3); /* no signal at all */
	check_exited(child, 3);

	parent_tid = 0;
	child_tid = 1;
	child = start(CLONE_VM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD, 4);
	CHECK_EQ(parent_tid, child);
	while (child_tid)
		syscall(SYS_futex, &child_tid, FUTEX_WAIT, 1, NULL, NULL, 0);
	check_exited(child, 4);
	next_signal(SIGCHLD);

	child = start(CLONE_VM | CLONE_UNTRACED | SIGCHLD, 5);
	check_exited(child, 5);
	next_signal(SIGCHLD);

	child = start(CLONE_VM | CLONE_VFORK | SIGCHLD, 6);
	CHECK_EQ(shared, 1);
	check_exited(child, 6);
	next_signal(SIGCHLD);

	/* The child's CLONE_PARENT child is ours. */
	parent_tid = 0;
	_Atomic int *sibling_pid = shared_memory(4096);

	child = fork();
	if (child == 0) {
		*sibling_pid = start(CLONE_PARENT | SIGCHLD, 7);
		_exit(0);
	}
	check_exited(child, 0);
	sibling = *sibling_pid;
	check_exited(sibling, 7);
	munmap(sibling_pid, 4096);
	while (next_signal(SIGCHLD).si_pid != sibling)
		if (waitpid(-1, NULL, __WALL | WNOHANG) == -1)
			break; /* two SIGCHLD may have become one */
	unblock(SIGCHLD);
	no_more(SIGUSR1);
}
