/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TRACEFS_CAPTURE_TASK_REGS_H
#define TRACEFS_CAPTURE_TASK_REGS_H

#include <stdbool.h>
#include <sys/user.h>

#include "tracefs/capture/task/ptrace_calls.h"

/* Code segments: __USER_CS and __USER32_CS of the kernel. */
#define CAP_CS_64 0x33
#define CAP_CS_32 0x23

/* The kernel's linux/errno.h; strace shows them. No program sees them: they say how the kernel makes a call again. */
#define CAP_ERESTARTSYS 512
#define CAP_ERESTARTNOINTR 513
#define CAP_ERESTARTNOHAND 514
#define CAP_ERESTART_RESTARTBLOCK 516 /* by restart_syscall(2) */

static inline bool cap_is_restart(int64_t result)
{
	return result == -CAP_ERESTARTSYS || result == -CAP_ERESTARTNOINTR || result == -CAP_ERESTARTNOHAND ||
	       result == -CAP_ERESTART_RESTARTBLOCK;
}

/* Of a task on its way out of a call: whether it makes that again, unless a handler is to run. */
static inline bool cap_starts_again(const struct user_regs_struct *regs)
{
	return (int64_t)regs->orig_rax >= 0 && cap_is_restart((int32_t)regs->rax);
}

static inline bool cap_get_regs(pid_t tid, struct user_regs_struct *regs)
{
	return cap_ptrace(PTRACE_GETREGS, tid, 0, (uintptr_t)regs) >= 0;
}

#endif
