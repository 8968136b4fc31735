/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/*
 * A child that is traced from its first execve on.
 *
 * It waits on a pipe until it has been seized and interrupted, so it is known to stop on its way out of that read, and from there it
 * is traced. What it calls before execve is ours, not its own, and is not recorded (cap_task.spawning).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracefs/capture/task/ptrace_calls.h"
#include "tracefs/capture/ptrace/thread.h"
#include "tracefs/capture/ptrace/seccomp.h"
#include "tracefs/capture/ptrace/place.h"
#include "tracefs/capture/ptrace/wake.h"

/* Give the three descriptors their numbers; they may overlap in any way, so first all move out of the way. */
static bool place_fds(const int fds[3])
{
	int high[3];

	for (int i = 0; i < 3; i++)
		if ((high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 3)) < 0)
			return false;
	for (int i = 0; i < 3; i++)
		if (dup2(high[i], i) < 0)
			return false;
	return true;
}

static void default_signals(uint64_t restore)
{
	struct sigaction sa = {.sa_handler = SIG_DFL}, old;

	for (int sig = 1; sig < NSIG; sig++) {
		if (sigaction(sig, NULL, &old))
			continue;
		if (old.sa_handler != SIG_DFL && (old.sa_handler != SIG_IGN || restore >> (sig - 1) & 1))
			sigaction(sig, &sa, NULL);
	}
}

static _Noreturn void child(const struct cap_spawn *how, const struct cap_filter *filter, const int go[2], int error_fd)
{
	char byte;
	int error;

	close(go[1]); /* else, where the tracer dies before it writes, this would wait for itself for ever */
	default_signals(how->restore);
	if (read(go[0], &byte, 1) == 1 && place_fds(how->fds) && (!filter || !cap_filter_install(filter))) {
		syscall(SYS_rt_sigprocmask, SIG_SETMASK, &how->sigmask, NULL, sizeof(how->sigmask));
		execve(how->path, how->argv, how->envp);
	}
	error = errno;
	if (write(error_fd, &error, sizeof(error)) < 0)
		_exit(126);
	_exit(127);
}

static bool remember(struct cap_thread *ct, int32_t pid)
{
	if (ct->spawned_count == ct->spawned_room) {
		uint32_t room = ct->spawned_room ? 2 * ct->spawned_room : 8;
		int32_t *more = realloc(ct->spawned, room * sizeof(*more));
		if (!more)
			return false;
		ct->spawned = more;
		ct->spawned_room = room;
	}
	ct->spawned[ct->spawned_count++] = pid;
	return true;
}

bool cap_was_spawned(struct cap_thread *ct, int32_t pid)
{
	for (uint32_t i = 0; i < ct->spawned_count; i++)
		if (ct->spawned[i] == pid) {
			ct->spawned[i] = ct->spawned[--ct->spawned_count];
			return true;
		}
	return false;
}

/* Seize the waiting child and let it go on. */
static int launch(struct cap_thread *ct, pid_t pid, int go, bool filtered)
{
	long error = cap_ptrace(PTRACE_SEIZE, pid, 0, CAP_OPTIONS | (filtered ? PTRACE_O_TRACESECCOMP : 0));
	struct cap_task *t = error < 0 ? NULL : cap_task_add(&ct->tasks, pid, pid);

	if (error >= 0 && !t)
		error = -ENOMEM;
	if (t) {
		t->in_scope = t->spawning = t->newborn = true;
		t->filtered = filtered;
		cap_task_choose(t, &ct->recorder.wants);
		error = cap_ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	}
	if (!remember(ct, pid))
		error = -ENOMEM;
	if (error >= 0 && write(go, "", 1) != 1)
		error = -errno;
	return error < 0 ? error : 0;
}

int cap_spawn(struct cap_thread *ct, struct cap_spawn *how)
{
	struct cap_filter *filter = NULL;
	int go[2], report[2], error;

	cap_place_release_all(ct); /* the child has this thread's affinity */
	if (pipe2(go, O_CLOEXEC))
		return -errno;
	if (pipe2(report, O_CLOEXEC)) {
		error = -errno;
		close(go[0]), close(go[1]);
		return error;
	}
	if (how->wanted)
		filter = cap_filter_new(how->wanted);
	pid_t pid = how->wanted && !filter ? -1 : fork();
	if (!pid)
		child(how, filter, go, report[1]);
	error = pid < 0 ? -errno : launch(ct, pid, go[1], filter);
	cap_filter_free(filter);
	close(go[0]), close(go[1]), close(report[1]);
	how->exec_error = report[0];
	if (error < 0) {
		close(report[0]);
		if (pid > 0)
			kill(pid, SIGKILL);
		return error;
	}
	return pid;
}
