/* SPDX-License-Identifier: GPL-2.0-only */
/* What the capture thread reads of a task in /proc, and remembers of it. */
#ifndef TRACEFS_CAPTURE_TASK_PROCFS_H
#define TRACEFS_CAPTURE_TASK_PROCFS_H

#include "tracefs/capture/task/task.h"

void cap_task_name(struct cap_task *t);         /* read its name unless it is known */
void cap_task_name_changed(struct cap_task *t); /* it is to be read again */
int cap_task_cpu(struct cap_task *t);           /* the CPU that a stopped task stopped on */
bool cap_task_read_start(struct cap_task *t);   /* stat.start, unless it is known; false: gone */
void cap_task_close_stat(struct cap_task *t);
bool cap_comm_of(int32_t tid, char comm[16]); /* the name of any task, with NULs behind it; false: gone */
int cap_task_oom_score_adj(int32_t tid);      /* 0 where it is gone */
int cap_task_prio(int32_t tid);               /* the kernel's: 100 + what stat shows; 0 where it is gone */
uint64_t cap_task_execfn(int32_t tid); /* where a program that begins has the path that was executed; 0: unknown */

#endif
