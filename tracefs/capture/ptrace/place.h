/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TRACEFS_CAPTURE_PTRACE_PLACE_H
#define TRACEFS_CAPTURE_PTRACE_PLACE_H

#include "tracefs/capture/ptrace/thread.h"

/* procfs.c */
void cap_task_name(struct cap_task *t);		       /* read comm from /proc unless it is known */
int cap_task_cpu(struct cap_task *t);		       /* the CPU it last ran on */
int cap_task_stat(struct cap_task *t, uint64_t *start); /* same, with its start time; -1: gone */
int cap_task_oom_score_adj(int32_t tid);
int cap_task_prio(int32_t tid);
uint64_t cap_task_execfn(int32_t tid); /* where a program that begins has the path that was executed; 0: unknown */
bool cap_task_kin(int32_t tid, int32_t *tgid, int32_t *ppid);

/* placement.c: [capture]; the two that Python calls too are in for_python.h */
bool cap_place_enter(struct cap_thread *ct);
void cap_place_leave(struct cap_thread *ct);
int cap_place_cpu(struct cap_thread *ct, struct cap_task *t); /* the CPU that a stopped task stopped on */
void cap_place_stopped(struct cap_thread *ct, struct cap_task *t); /* first thing at its stop */
void cap_place_resume(struct cap_thread *ct, struct cap_task *t);  /* last thing */
void cap_place_enter_call(struct cap_thread *ct, struct cap_task *t);
void cap_place_exit_call(struct cap_thread *ct, struct cap_task *t);
void cap_place_apart(struct cap_thread *ct);			   /* all of them, and the capture thread its own */
void cap_place_forget(struct cap_thread *ct, struct cap_task *t); /* it has gone */
void cap_place_tick(struct cap_thread *ct);
void cap_place_child_ended(struct cap_thread *ct, int32_t pid);

#endif
