/* SPDX-License-Identifier: GPL-2.0-only */
/* The events of a task's life, besides its calls. Each is made only where somebody records it. [capture] */
#ifndef TRACEFS_CAPTURE_RECORD_EVENTS_H
#define TRACEFS_CAPTURE_RECORD_EVENTS_H

#include <signal.h>

#include "tracefs/capture/record/emit.h"

/* Somebody records this event of the task, and the task is not left out for now. */
static inline bool cap_event_wanted(struct cap_recorder *r, const struct cap_task *t, int id)
{
	return unlikely(cap_event_sinks(r, t, id)) && !t->spawning && !cap_is_muted(r, t->tid);
}

/* sched_events.c */
void cap_emit_fork(struct cap_recorder *r, struct cap_task *parent, int32_t child);
void cap_emit_newtask(struct cap_recorder *r, struct cap_task *parent, int32_t child, uint64_t clone_flags);
void cap_emit_exec(struct cap_recorder *r, struct cap_task *t, int32_t old_tid);
void cap_emit_exit(struct cap_recorder *r, struct cap_task *t, int status); /* as of waitpid */
void cap_emit_wait(struct cap_recorder *r, struct cap_task *t);		     /* at the entry of wait4 or waitid */

/* rename_event.c: a task's old name is only known if it was looked up before the call that changes it. */
void cap_rename_begin(struct cap_recorder *r, struct cap_task *t); /* at the entry of such a call */
void cap_rename_end(struct cap_recorder *r, struct cap_task *t);   /* it has a new name */

/* signal_event.c */
void cap_emit_signal(struct cap_recorder *r, struct cap_task *t, int sig, const siginfo_t *info);

#endif
