/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracefs/capture/task/ptrace_calls.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOOK (WEXITED | WSTOPPED | __WALL | __WNOTHREAD | WNOWAIT)

static atomic_long kill_at; /* 0: never */

void cap_op_setup(void)
{
	const char *at = getenv("TRACEFS_KILL_AT");
	if (at && !kill_at)
		kill_at = strtol(at, NULL, 10);
}

void cap_op(void)
{
	if (__builtin_expect(kill_at != 0, 0) && atomic_fetch_sub(&kill_at, 1) == 1)
		kill(getpid(), SIGKILL);
}

long cap_ptrace(int request, pid_t tid, uintptr_t addr, uintptr_t data)
{
	cap_op();
	long r = syscall(SYS_ptrace, request, tid, addr, data);
	return r < 0 ? -errno : r;
}

/* The system call itself: the C library's function is a cancellation point and costs more. */
static int look(int type, pid_t tid, siginfo_t *si, int options)
{
	cap_op();
	return syscall(SYS_waitid, type, tid, si, options, NULL) < 0 ? -errno : 0;
}

int cap_look(siginfo_t *si)
{
	return look(P_ALL, 0, si, LOOK);
}

int cap_look_at(pid_t tid, siginfo_t *si)
{
	si->si_pid = 0;
	return look(P_PID, tid, si, LOOK | WNOHANG);
}

int cap_wait_status(const siginfo_t *si)
{
	return si->si_code == CLD_EXITED ? (si->si_status & 0xff) << 8
					 : (si->si_status | (si->si_code == CLD_DUMPED ? 0x80 : 0));
}

int cap_reap(pid_t tid)
{
	siginfo_t si = {.si_pid = 0};
	if (look(P_PID, tid, &si, WEXITED | __WALL | __WNOTHREAD | WNOHANG) < 0 || !si.si_pid)
		return -1;
	return cap_wait_status(&si);
}

int cap_consume_stop(pid_t tid)
{
	siginfo_t si;
	return look(P_PID, tid, &si, WSTOPPED | __WALL | __WNOTHREAD | WNOHANG);
}
