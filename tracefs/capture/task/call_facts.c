/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracefs/capture/task/call_facts.h"

#include <linux/audit.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

bool cap_call_is_exec(const struct cap_call *call)
{
	if (call->arch != AUDIT_ARCH_X86_64)
		return call->nr == 11 || call->nr == 358;
	return call->nr == SYS_execve || call->nr == SYS_execveat || call->nr == (CAP_X32 | 520) || call->nr == (CAP_X32 | 545);
}

bool cap_call_sets_name(const struct cap_call *call)
{
	return call->nr == SYS_prctl && call->arch == AUDIT_ARCH_X86_64 && call->args[0] == PR_SET_NAME;
}

bool cap_call_is_sigreturn(const struct cap_call *call)
{
	if (call->arch != AUDIT_ARCH_X86_64)
		return call->nr == 119 || call->nr == 173;
	return call->nr == SYS_rt_sigreturn || call->nr == (CAP_X32 | 513);
}

bool cap_call_is_wait(const struct cap_call *call)
{
	return call->arch == AUDIT_ARCH_X86_64 && (call->nr == SYS_wait4 || call->nr == SYS_waitid);
}

bool cap_call_is_affinity(const struct cap_call *call)
{
	int64_t nr = call->nr & ~(int64_t)CAP_X32;

	if (call->arch != AUDIT_ARCH_X86_64)
		return call->nr == 241 || call->nr == 242;
	return nr == SYS_sched_getaffinity || nr == SYS_sched_setaffinity;
}

bool cap_call_is_birth(const struct cap_call *call)
{
	int64_t nr = call->nr & ~(int64_t)CAP_X32;

	if (call->arch != AUDIT_ARCH_X86_64)
		return call->nr == 2 || call->nr == 190 || call->nr == 120 || call->nr == 435;
	return nr == SYS_fork || nr == SYS_vfork || nr == SYS_clone || nr == SYS_clone3;
}
