/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Children of filtered tasks that are made with CLONE_UNTRACED. They inherit the filter (ptrace/seccomp.h), and without
 * a tracer its calls fail. So that flag is taken out for the time of the call, and put back before the program can see
 * it.
 */
#ifndef TRACEFS_CAPTURE_PTRACE_UNTRACED_H
#define TRACEFS_CAPTURE_PTRACE_UNTRACED_H

#include "tracefs/capture/ptrace/thread.h"

void cap_untraced_begin(struct cap_task *t); /* it is at the entry of `call` */
void cap_untraced_born(struct cap_task *t);  /* it has given birth, or its call has ended: put the flag back */
void cap_untraced_child(struct cap_task *t); /* the first stop of its child: likewise in what that has of its own */

#endif
