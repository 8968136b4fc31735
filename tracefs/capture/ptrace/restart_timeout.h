/* SPDX-License-Identifier: GPL-2.0-only */
/* The time limit of a call that is made again, so that it counts from when the program made it. */
#ifndef TRACEFS_CAPTURE_PTRACE_RESTART_TIMEOUT_H
#define TRACEFS_CAPTURE_PTRACE_RESTART_TIMEOUT_H

#include "tracefs/capture/ptrace/thread.h"

/* Whether the call has a time limit and is one of those that EINTR may end. */
bool cap_limited(uint32_t arch, int64_t nr);
/* Whether it is a sleep, and whether its limit is of a clock that we can watch. */
bool cap_sleeps(uint32_t arch, int64_t nr);
bool cap_limit_keeps(const struct cap_call *call);
void cap_limit_begin(struct cap_task *t); /* it entered such a call */
/*
 * It is about to make the call again. true: its time is over; *result is what the call returns then. Otherwise the task
 * is interrupted when it is, if cap_limit_overdue() is called by then.
 */
bool cap_limit_over(struct cap_thread *ct, struct cap_task *t, int64_t *result);
/* [capture] Interrupt the tasks whose call is over. ns until the next is, -1: none. */
int64_t cap_limit_overdue(struct cap_thread *ct);

#endif
