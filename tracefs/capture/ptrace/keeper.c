/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracefs/capture/ptrace/keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracefs/capture/task/stat.h"

#ifndef PIDFD_THREAD
#	define PIDFD_THREAD O_EXCL /* Linux 6.9 */
#endif

/* Readable when the capture thread has ended; before Linux 6.9 only when its whole process has. */
static int end_of(pid_t capture_thread)
{
	int fd = syscall(SYS_pidfd_open, capture_thread, PIDFD_THREAD);
	return fd >= 0 ? fd : (int)syscall(SYS_pidfd_open, getpid(), 0);
}

static void close_from(unsigned first)
{
#ifdef SYS_close_range
	if (!syscall(SYS_close_range, first, ~0u, 0))
		return;
#endif
	for (unsigned fd = first; fd < 65536; fd++)
		close(fd);
}

/* It holds nothing of the tracer's: no file, no terminal, no directory; and only SIGKILL ends it. */
static _Noreturn void keep(struct keeper_table *table, int end)
{
	struct pollfd pfd = {.fd = 0, .events = POLLIN};
	bool any = false;
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_NAME, "tracefs-keeper");
	setsid();
	if (chdir("/"))
		_exit(1);
	if (dup2(end, 0) < 0)
		_exit(1);
	close_from(1);
	while (poll(&pfd, 1, -1) <= 0)
		;
	for (int i = 0; i < KEEPER_SLOTS; i++) {
		const struct keeper_slot *slot = &table->slot[i];
		char stat[CAP_STAT_TEXT];
		int32_t tid = slot->tid;
		if (!tid)
			continue;
		any = true;
		if (cap_stat_read(slot->tgid, tid, stat) &&
		    cap_stat_number(stat, CAP_STAT_START) == (int64_t)slot->start)
			keeper_restore(slot, table->cpu);
	}
	if (any)
		keeper_restore_born(table);
	_exit(0);
}

bool keeper_start(struct keeper *k, pid_t capture_thread)
{
	int end = end_of(capture_thread);
	if (end < 0)
		return false;
	k->table = mmap(NULL, sizeof(*k->table), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	k->pid = k->table == MAP_FAILED ? -1 : fork();
	if (!k->pid)
		keep(k->table, end);
	close(end);
	if (k->pid > 0)
		return true;
	if (k->table != MAP_FAILED)
		munmap(k->table, sizeof(*k->table));
	*k = (struct keeper){0};
	return false;
}

void keeper_stop(struct keeper *k)
{
	if (!k->pid)
		return;
	if (!kill(k->pid, SIGKILL))
		waitpid(k->pid, NULL, __WALL);
	munmap(k->table, sizeof(*k->table));
	*k = (struct keeper){0};
}
