/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracefs/capture/ptrace/affinity.h"

#include <sys/syscall.h>
#include <unistd.h>

bool affinity_get(pid_t tid, struct affinity *out)
{
	*out = (struct affinity){0};
	return syscall(SYS_sched_getaffinity, tid, sizeof(*out), out) > 0;
}

bool affinity_set(pid_t tid, const struct affinity *to)
{
	return !syscall(SYS_sched_setaffinity, tid, sizeof(*to), to);
}
