/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/* A capture thread's state: made and freed by anyone, entered by the one thread that captures with it. */
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tracefs/capture/task/ptrace_calls.h"
#include "tracefs/capture/ptrace/place.h"
#include "tracefs/capture/ptrace/wake.h"

struct cap_thread *cap_new(struct cmdlines *cmdlines)
{
	struct cap_thread *ct = calloc(1, sizeof(*ct));
	pthread_mutexattr_t attr;

	if (!ct)
		return NULL;
	ct->save = malloc(sizeof(*ct->save)); /* touched only as far as it is used */
	if (!ct->save || !cap_tasks_init(&ct->tasks)) {
		free(ct->save);
		free(ct);
		return NULL;
	}
	ct->save->memory.fetches = 0;
	cap_fds_init(&ct->save->fds);
	ct->cmdlines = cmdlines;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE); /* policy asks for tasks while it holds the pause */
	pthread_mutex_init(&ct->emit_lock, &attr);
	pthread_mutexattr_destroy(&attr);
	pthread_cond_init(&ct->emit_go, NULL);
	pthread_mutex_init(&ct->mute_lock, NULL);
	cap_op_setup();
	return ct;
}

void cap_free(struct cap_thread *ct)
{
	cap_tasks_free(&ct->tasks);
	for (int i = 0; i < CAP_SINKS; i++)
		free(ct->sink[i]);
	free(ct->mutes);
	free(ct->starved);
	free(ct->spawned);
	cap_fds_deinit(&ct->save->fds);
	free(ct->save);
	free(ct);
}

int cap_enter(struct cap_thread *ct)
{
	int error;

	ct->tid = syscall(SYS_gettid);
	if (!cap_place_enter(ct))
		return -ENOMEM;
	error = cap_wake_enter(ct);
	if (error)
		cap_place_leave(ct);
	return error;
}

void cap_leave(struct cap_thread *ct)
{
	uint32_t place = 0;
	struct cap_task *t;

	cap_place_leave(ct);
	cap_wake_leave(ct);
	while ((t = cap_task_next(&ct->tasks, &place, NULL))) {
		place = 0;
		cap_forget(ct, t);
	}
	free(ct->starved);
	ct->starved = NULL;
	ct->tid = 0;
}
