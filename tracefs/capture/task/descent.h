/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far from the processes that were named to the programs that are recorded: by generation, and by the file that a
 * process executes. It changes who is in scope (struct cap_task), nothing else: pid sets are as they are written.
 */
#ifndef TRACEFS_CAPTURE_TASK_DESCENT_H
#define TRACEFS_CAPTURE_TASK_DESCENT_H

#include <stdbool.h>
#include <stdint.h>

struct cap_task;

#define CAP_GLOBS 16
#define CAP_GLOB_MAX 256

struct cap_globs {
	uint32_t count;
	char text[CAP_GLOBS][CAP_GLOB_MAX];
};

struct cap_descent {
	uint32_t depth;          /* generations of children that are recorded; UINT32_MAX: all */
	struct cap_globs follow; /* where there are any, a child is recorded that executes one of these */
	struct cap_globs leave;  /* who executes one of these is detached */
};

/* A child's scope, from its parent's. To be called before cap_task_choose(). */
void cap_descent_born(const struct cap_descent *d, struct cap_task *child, const struct cap_task *parent);
/* A task is at the entry of an execve: what it is about to execute may make it recorded from this call on. */
void cap_descent_executes(const struct cap_descent *d, struct cap_task *t);
/* That call has ended. */
void cap_descent_executed(const struct cap_descent *d, struct cap_task *t, int64_t result);

/* Whether what tasks execute matters. */
static inline bool cap_descent_by_exec(const struct cap_descent *d)
{
	return d->follow.count | d->leave.count;
}

#endif
