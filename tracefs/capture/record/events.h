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
void cap_prepare_exec_begin(struct cap_recorder *r, struct cap_task *t); /* at the entry of an execve */
/* its name is the former one */
void cap_emit_prepare_exec(struct cap_recorder *r, struct cap_task *t, int32_t old_tid);
void cap_emit_exit(struct cap_recorder *r, struct cap_task *t, int status); /* as of waitpid */
void cap_emit_wait(struct cap_recorder *r, struct cap_task *t);             /* at the entry of wait4 or waitid */

/* rename_event.c: a task's old name is only known if it was looked up before the call that changes it. */
void cap_rename_begin(struct cap_recorder *r, struct cap_task *t); /* at the entry of such a call */
void cap_rename_end(struct cap_recorder *r, struct cap_task *t);   /* it has a new name */

/* prctl_event.c */
void cap_emit_prctl(struct cap_recorder *r, struct cap_task *t, int64_t result); /* at the exit of a prctl */

/* signal_event.c */
void cap_emit_signal(struct cap_recorder *r, struct cap_task *t, int sig, const siginfo_t *info);
/* all threads of the process stop, by that */
void cap_emit_stopped(struct cap_recorder *r, struct cap_task *t, int sig);
void cap_emit_killed(struct cap_recorder *r, struct cap_task *t); /* by SIGKILL, which has no stop of its own */

/* signal_sent.c: signals that a call sends, and that of a task's end. */
#define CAP_TRAITS_SEND                                                                                                \
	(CAP_TRAIT_SENDS_KILL | CAP_TRAIT_SENDS_TKILL | CAP_TRAIT_SENDS_TGKILL | CAP_TRAIT_SENDS_QUEUE |               \
	 CAP_TRAIT_SENDS_TGQUEUE | CAP_TRAIT_SENDS_PIDFD)
void cap_sent_begin(struct cap_recorder *r, struct cap_task *t);
void cap_sent_end(struct cap_recorder *r, struct cap_task *t, int64_t result);
/* end: what a wait says of it */
void cap_sent_by_end(struct cap_recorder *r, struct cap_task *t, const siginfo_t *end);

#endif
