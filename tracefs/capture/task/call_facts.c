/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracefs/capture/task/call_facts.h"

#include <linux/audit.h>
#include <stddef.h>
#include <sys/prctl.h>

#define COUNT(array) ((int64_t)(sizeof(array) / sizeof(*(array))))
#define TRAITS(array, nr) ((nr) >= 0 && (nr) < COUNT(array) ? (array)[nr] : 0)

uint32_t cap_traits_of(uint32_t arch, int64_t nr)
{
	if (arch != AUDIT_ARCH_X86_64)
		return TRAITS(cap_traits_32, nr);
	if (nr & CAP_X32)
		return TRAITS(cap_traits_x32, nr & ~(int64_t)CAP_X32);
	return TRAITS(cap_traits_64, nr);
}

const struct cap_timeout *cap_timeout_of(uint32_t arch, int64_t nr)
{
	if (arch != AUDIT_ARCH_X86_64 || nr < 0 || nr >= COUNT(cap_timeouts_64) || !cap_timeouts_64[nr].unit)
		return NULL;
	return &cap_timeouts_64[nr];
}

bool cap_call_sets_name(const struct cap_call *call)
{
	return call->arch == AUDIT_ARCH_X86_64 && cap_call_is(call, CAP_TRAIT_RENAME) && call->args[0] == PR_SET_NAME;
}
