/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracefs/capture/ptrace/seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "tracefs/capture/task/call_facts.h"

#define CALLS (64 * CAP_WANTED_WORDS)

/*
 * Births and execs are followed, affinities given back before they show, names and waits recorded where they change.
 * Calls that wait, and that a signal which the program ignores could end early, are made again (restart.c); those that
 * receive are not among them: they would make the filter pointless.
 */
static bool is_wanted(const uint64_t wanted[CAP_WANTED_WORDS], unsigned nr)
{
	return wanted[nr / 64] >> nr % 64 & 1 ||
	       cap_traits_of(AUDIT_ARCH_X86_64, nr) & (CAP_TRAIT_FOLLOWED | CAP_TRAIT_TIMEOUT);
}

struct cap_filter *cap_filter_new(const uint64_t wanted[CAP_WANTED_WORDS])
{
	struct cap_filter *filter = malloc(sizeof(*filter));
	struct sock_filter *at, trace = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | CAP_FILTER_DATA);

	if (!filter)
		return NULL;
	at = filter->code;
	*at++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	*at++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	*at++ = trace;
	*at++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	*at++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, CAP_X32, 0, 1);
	*at++ = trace;
	for (unsigned nr = 0; nr < CALLS; nr++) {
		unsigned end = nr;

		while (end < CALLS && is_wanted(wanted, end))
			end++;
		if (end == nr)
			continue;
		*at++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, nr, 0, 2);
		*at++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, end, 1, 0);
		*at++ = trace;
		nr = end;
	}
	*at++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	filter->program = (struct sock_fprog){.len = (unsigned short)(at - filter->code), .filter = filter->code};
	return filter;
}

void cap_filter_free(struct cap_filter *filter)
{
	free(filter);
}

int cap_filter_install(const struct cap_filter *filter)
{
	if (!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter->program))
		return 0;
	if (errno == EACCES && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	    !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter->program))
		return 0;
	return -errno;
}
