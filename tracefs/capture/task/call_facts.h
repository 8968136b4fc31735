/* SPDX-License-Identifier: GPL-2.0-only */
/* What the number of a call says of it, in either table. */
#ifndef TRACEFS_CAPTURE_TASK_CALL_FACTS_H
#define TRACEFS_CAPTURE_TASK_CALL_FACTS_H

#include "tracefs/capture/task/task.h"

#define CAP_X32 0x40000000 /* in the number of a call of x32 code */

bool cap_call_is_exec(const struct cap_call *call);	/* execve, execveat */
bool cap_call_is_birth(const struct cap_call *call);	/* fork, vfork, clone, clone3 */
bool cap_call_is_affinity(const struct cap_call *call); /* sched_getaffinity, sched_setaffinity */
bool cap_call_is_wait(const struct cap_call *call);	/* wait4, waitid of 64-bit code */
bool cap_call_sets_name(const struct cap_call *call);	/* prctl(PR_SET_NAME) of 64-bit code */
/* Its "return value" is the interrupted code's rax, and the kernel has forgotten by then which call it was. */
bool cap_call_is_sigreturn(const struct cap_call *call);

#endif
