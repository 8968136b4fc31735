/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TRACEFS_CAPTURE_PLACE_H
#define TRACEFS_CAPTURE_PLACE_H

#include "tracefs/capture/cap.h"

/* procfs.c */
void cap_task_name(struct cap_task *t);		       /* read comm from /proc unless it is known */
int cap_task_cpu(struct cap_task *t);		       /* the CPU it last ran on */
int cap_task_stat(struct cap_task *t, uint64_t *start); /* same, with its start time; -1: gone */
bool cap_task_kin(int32_t tid, int32_t *tgid, int32_t *ppid);

/* placement.c */
int cap_place_cpu(struct cap_thread *ct, struct cap_task *t); /* the CPU that a stopped task stopped on */

#endif
