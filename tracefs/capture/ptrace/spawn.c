/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/*
 * A child that is traced from its first execve on.
 *
 * It waits on a pipe until it has been seized and interrupted, so it is known to stop on its way out of that read, and
 * from there it is traced. What it calls before execve is ours, not its own, and is not recorded (cap_task.spawning).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracefs/capture/task/ptrace_calls.h"
#include "tracefs/capture/ptrace/thread.h"
#include "tracefs/capture/ptrace/seccomp.h"
#include "tracefs/capture/ptrace/place.h"
#include "tracefs/capture/ptrace/wake.h"

/*
 * Give the three descriptors their numbers, or close those that are -1; they may overlap in any way, so first all move
 * out of the way.
 */
static bool place_fds(const int fds[3])
{
	int high[3];

	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0 && (high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 3)) < 0)
			return false;
	for (int i = 0; i < 3; i++) {
		if (fds[i] < 0)
			close(i);
		else if (dup2(high[i], i) < 0)
			return false;
	}
	return true;
}

static void set_signals(uint64_t ignored)
{
	for (int sig = 1; sig < NSIG; sig++) {
		struct sigaction sa = {.sa_handler = ignored >> (sig - 1) & 1 ? SIG_IGN : SIG_DFL}, old;

		if (!sigaction(sig, NULL, &old) && old.sa_handler != sa.sa_handler)
			sigaction(sig, &sa, NULL);
	}
}

static bool set_limits(const struct cap_rlimit *limits, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct rlimit limit = {limits[i].soft, limits[i].hard};

		if (setrlimit(limits[i].resource, &limit))
			return false;
	}
	return true;
}

static _Noreturn void child(const struct cap_spawn *how, const struct cap_filter *filter, const int go[2], int error_fd)
{
	struct cap_spawn_failure failure;
	char byte;

	close(go[1]); /* else, where the tracer dies before it writes, this would wait for itself for ever */
	set_signals(how->ignored);
	failure.step = CAP_STEP_SEIZE;
	if (read(go[0], &byte, 1) != 1)
		goto failed;
	failure.step = CAP_STEP_FILES;
	if (!place_fds(how->fds) || !set_limits(how->limits, how->limit_count))
		goto failed;
	failure.step = CAP_STEP_FILTER;
	if (filter && cap_filter_install(filter))
		goto failed;
	failure.step = CAP_STEP_EXEC;
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &how->sigmask, NULL, sizeof(how->sigmask));
	execve(how->path, how->argv, how->envp);
failed:
	failure.error = errno;
	if (write(error_fd, &failure, sizeof(failure)) < 0)
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
static int launch(struct cap_thread *ct, pid_t pid, int go, struct cap_spawn *how)
{
	bool filtered = how->wanted;
	long error;
	struct cap_task *t;

	how->failed = CAP_STEP_SEIZE;
	error = cap_ptrace(PTRACE_SEIZE, pid, 0, CAP_OPTIONS | (filtered ? PTRACE_O_TRACESECCOMP : 0));
	if (error < 0)
		return error;
	how->failed = CAP_STEP_FORK;
	t = cap_task_add(&ct->tasks, pid, pid);
	if (!t || !remember(ct, pid))
		return -ENOMEM;
	t->in_scope = t->spawning = t->newborn = true;
	t->filtered = filtered;
	cap_task_choose(t, &ct->recorder.wants);
	error = cap_ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	if (error >= 0 && write(go, "", 1) != 1)
		error = -errno;
	return error < 0 ? error : 0;
}

/* A child that nobody has heard of: it goes without a trace. */
static void give_up(struct cap_thread *ct, pid_t pid)
{
	struct cap_task *t = cap_task_find(&ct->tasks, pid);

	cap_was_spawned(ct, pid);
	if (t)
		cap_forget(ct, t);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, __WALL);
}

int cap_spawn(struct cap_thread *ct, struct cap_spawn *how)
{
	struct cap_filter *filter = NULL;
	int go[2], report[2], error;

	how->failed = CAP_STEP_FORK;
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
	error = pid < 0 ? -errno : launch(ct, pid, go[1], how);
	cap_filter_free(filter);
	close(go[0]), close(go[1]), close(report[1]);
	how->report = report[0];
	if (error < 0) {
		close(report[0]);
		if (pid > 0)
			give_up(ct, pid);
		return error;
	}
	return pid;
}
