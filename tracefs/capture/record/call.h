/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The records of a system call's entry and exit. They need only what is handed over, and what the recorder has: the
 * in-task recorder compiles call.c a second time, without a C library. [capture]
 *
 * cpu: that the call is made on; -1: that the task stopped on (/proc is asked, if anybody records the call).
 * What the call's pointers lead to is read of the task's memory now.
 */
#ifndef TRACEFS_CAPTURE_RECORD_CALL_H
#define TRACEFS_CAPTURE_RECORD_CALL_H

#include "tracefs/capture/record/emit.h"

void cap_record_enter(struct cap_recorder *r, struct cap_task *t, const struct cap_call *call, int cpu);
/* ret: what the call returns, or a negative errno. Of a sigreturn that is the register that it restored. */
void cap_record_exit(struct cap_recorder *r, struct cap_task *t, const struct cap_call *call, int64_t ret, int cpu);

#endif
