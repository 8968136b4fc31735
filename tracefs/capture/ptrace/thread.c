/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/* A capture thread's state: made and freed by anyone, entered by the one thread that captures with it. */
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tracefs/capture/ptrace/place.h"
#include "tracefs/capture/ptrace/wake.h"
#include "tracefs/capture/task/regs.h"

/* For a walk of the user stack. */
static bool frame_of(int32_t tid, struct cap_frame *out)
{
	struct user_regs_struct regs;

	if (!cap_get_regs(tid, &regs))
		return false;
	*out = (struct cap_frame){.ip = regs.rip, .sp = regs.rsp, .bp = regs.rbp, .narrow = regs.cs == CAP_CS_32};
	return true;
}

struct cap_thread *cap_new(struct cmdlines *cmdlines)
{
	struct cap_thread *ct = calloc(1, sizeof(*ct));

	if (!ct)
		return NULL;
	if (cap_recorder_init(&ct->recorder, cmdlines)) {
		free(ct);
		return NULL;
	}
	if (!cap_tasks_init(&ct->tasks)) {
		cap_recorder_free(&ct->recorder);
		free(ct);
		return NULL;
	}
	ct->recorder.frame_of = frame_of;
	ct->descent.depth = UINT32_MAX;
	cap_op_setup();
	return ct;
}

void cap_free(struct cap_thread *ct)
{
	cap_tasks_free(&ct->tasks);
	cap_recorder_free(&ct->recorder);
	free(ct->starved);
	free(ct->spawned);
	free(ct);
}

int cap_enter(struct cap_thread *ct)
{
	int error;

	ct->tid = syscall(SYS_gettid);
	if (!cap_place_init(ct))
		return -ENOMEM;
	error = cap_wake_enter(ct);
	if (error)
		cap_place_fini(ct);
	return error;
}

void cap_leave(struct cap_thread *ct)
{
	uint32_t place = 0;
	struct cap_task *t;

	cap_place_fini(ct);
	cap_wake_leave(ct);
	while ((t = cap_task_next(&ct->tasks, &place, NULL))) {
		place = 0;
		cap_forget(ct, t);
	}
	if (ct->hub)
		in_hub_free(ct->hub);
	ct->hub = NULL;
	free(ct->starved);
	ct->starved = NULL;
	ct->tid = 0;
}
