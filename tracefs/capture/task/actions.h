/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What signals do in a process: handlers and flags, as its own calls set them. They can be read nowhere from outside,
 * so what was set before the process was traced is unknown. Processes that share them (threads, CLONE_SIGHAND) share
 * this.
 */
#ifndef TRACEFS_CAPTURE_TASK_ACTIONS_H
#define TRACEFS_CAPTURE_TASK_ACTIONS_H

#include "tracefs/capture/task/task.h"

#define CAP_SIGNALS 64

struct cap_action {
	uint64_t handler, flags; /* as the kernel keeps them */
};

struct cap_actions {
	uint32_t users;                    /* tasks that point here */
	uint64_t known;                    /* CAP_SIGNAL_BIT() of those that were set since the process is traced */
	struct cap_action of[CAP_SIGNALS]; /* by signal number, from 1 */
};

void cap_actions_begin(struct cap_task *t);               /* at the entry of a call that sets one */
void cap_actions_end(struct cap_task *t, int64_t result); /* at its exit */
void cap_actions_inherit(struct cap_task *child, const struct cap_task *parent, bool shared);
void cap_actions_drop(struct cap_task *t); /* it executes a program, which begins with none, or ends */
/* What a signal does, as far as its process was seen to set it; NULL: it was not. */
const struct cap_action *cap_action_of(const struct cap_task *t, int sig);

#endif
