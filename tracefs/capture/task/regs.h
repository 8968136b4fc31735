/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TRACEFS_CAPTURE_TASK_REGS_H
#define TRACEFS_CAPTURE_TASK_REGS_H

#include <stdbool.h>
#include <sys/user.h>

#include "tracefs/capture/task/ptrace_calls.h"

/* Code segments: __USER_CS and __USER32_CS of the kernel. */
#define CAP_CS_64 0x33
#define CAP_CS_32 0x23

static inline bool cap_get_regs(pid_t tid, struct user_regs_struct *regs)
{
	return cap_ptrace(PTRACE_GETREGS, tid, 0, (uintptr_t)regs) >= 0;
}

#endif
