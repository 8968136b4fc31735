/* SPDX-License-Identifier: GPL-2.0-only */
/* clone3: pidfd of the child, exit signal, cleared handlers, CLONE_VFORK; waitid and signals through the pidfd. */
#include "check.h"
#include <linux/sched.h>
#include <poll.h>

static void on_usr1(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info, (void)context;
}

static pid_t start(uint64_t flags, int *pidfd, int *tid)
{
	struct clone_args args = {
		.flags = flags,
		.pidfd = (uintptr_t)pidfd,
		.parent_tid = (uintptr_t)tid,
		.exit_signal = SIGCHLD,
	};
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));

	CHECK(pid >= 0);
	return pid;
}

static void behaviour(void)
{
	int pidfd = -1, tid = -1;
	siginfo_t info = {0};
	struct sigaction action;
	_Atomic int *order = shared_memory(4096);
	pid_t child;

	handle(SIGUSR1, on_usr1, 0);
	child = start(CLONE_PIDFD | CLONE_PARENT_SETTID | CLONE_CLEAR_SIGHAND, &pidfd, &tid);
	if (child == 0) {
		CHECK(sigaction(SIGUSR1, NULL, &action) == 0);
		CHECK(action.sa_handler == SIG_DFL);
		pause();
		_exit(1);
	}
	CHECK_EQ(tid, child);
	struct pollfd poll_pidfd = {.fd = pidfd, .events = POLLIN};

	CHECK_EQ(poll(&poll_pidfd, 1, 0), 0);
	pause_us(100);
	CHECK_EQ(syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0), 0);
	CHECK_EQ(poll(&poll_pidfd, 1, 20000), 1);
	CHECK_EQ(waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED), 0);
	CHECK_EQ(info.si_pid, child);
	CHECK_EQ(info.si_code, CLD_KILLED);
	CHECK_EQ(info.si_status, SIGKILL);
	close(pidfd);

	child = start(CLONE_VFORK, NULL, NULL);
	if (child == 0) {
		pause_us(500);
		*order = 1;
		_exit(9);
	}
	CHECK_EQ(*order, 1);
	check_exited(child, 9);
	munmap((void *)order, 4096);
}
