/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the stop loop asks of in-task capture, stop by stop. hub is NULL where it is not asked for: then none of these
 * is called.
 */
#ifndef TRACEFS_INTASK_DISPATCH_H
#define TRACEFS_INTASK_DISPATCH_H

#include "tracefs/capture/task/task.h"

#define IN_COUNTS 16 /* reasons, at most */

struct in_hub;
struct cap_recorder;

/* By the capture thread, whose number in_suits(). NULL: no memory, or in_machine() says why. */
struct in_hub *in_hub_new(struct cap_recorder *r, uint32_t counts[IN_COUNTS]);
void in_hub_free(struct in_hub *hub); /* no task is left that it knows */
const char *in_machine(void);         /* why no task can record itself on this machine; NULL: one can */
bool in_suits(int32_t tid);           /* whether a thread of that number can be the capture thread then */
/* counts: of programs that began, by why they did not record themselves; [0]: those that did. How many there are. */
unsigned in_reasons(void);

/* What a signal-delivery stop is. */
enum in_signal {
	IN_SIGNAL,         /* as any other */
	IN_SIGNAL_RETURNS, /* it comes again: it is not recorded now */
	IN_NO_SIGNAL,      /* it was ours: the task goes on without */
};

/* Whether it goes on with PTRACE_CONT, as its calls are recorded without stops. */
bool in_runs_free(const struct cap_task *t);

void in_on_stop(struct in_hub *hub, struct cap_task *t); /* any stop, first of all */
/*
 * At a call's entry or exit, ip behind it: whether it is one of ours, and no call of the program's. Then the task goes
 * on. nr, args: at its entry.
 */
bool in_own_call(struct in_hub *hub, struct cap_task *t, bool entry, uint64_t ip, int64_t nr, const uint64_t args[6]);
/* At the first stop of a thread or a child. */
void in_on_newborn(struct in_hub *hub, struct cap_task *t);
void in_on_enter(struct in_hub *hub, struct cap_task *t);
/* Before the record of an exit: what the call told the program of us is mended. */
void in_on_return(struct cap_task *t, int64_t result);
/* After it; again: tracing ended the call, and it is made again. */
void in_on_exit(struct in_hub *hub, struct cap_task *t, int64_t result, bool again);
/* undone: the call that it is in was ended by this signal alone, and will be made again. */
enum in_signal in_on_signal(struct in_hub *hub, struct cap_task *t, int sig, bool undone);
/*
 * It stopped in a call that ended with EINTR, for no signal that the program takes: from now on the call is one of the
 * program's own `syscall`, by a stop, so that it can be made again within its time. ns: that it has lasted; written:
 * sinks that have its enter. False: it is not in the recorder's call.
 */
bool in_take_over(struct in_hub *hub, struct cap_task *t, int64_t *ns, uint32_t *written);
void in_on_exec(struct in_hub *hub, struct cap_task *t);
/* A child of a parent that is in the call that gives birth. */
void in_on_birth(struct in_hub *hub, struct cap_task *parent, struct cap_task *child);
/* Before it is detached, for good. False: it cannot be now; it is to go on. */
bool in_part(struct in_hub *hub, struct cap_task *t);
void in_forget(struct in_hub *hub, struct cap_task *t);

#endif
