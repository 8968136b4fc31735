/* SPDX-License-Identifier: GPL-2.0-only */
/* What the number of a call says of it, in the table of its architecture: the traits of tracefs/syscalls/traits.tbl. */
#ifndef TRACEFS_CAPTURE_TASK_CALL_FACTS_H
#define TRACEFS_CAPTURE_TASK_CALL_FACTS_H

#include "tracefs/capture/task/_call_traits.h"
#include "tracefs/capture/task/task.h"

#define CAP_X32 0x40000000 /* in the number of a call of x32 code */

uint32_t cap_traits_of(uint32_t arch, int64_t nr); /* bits of enum cap_trait */
/* NULL: it has no time limit, or is not of 64-bit code */
const struct cap_timeout *cap_timeout_of(uint32_t arch, int64_t nr);

static inline bool cap_call_is(const struct cap_call *call, unsigned traits) /* it has one of these */
{
	return cap_traits_of(call->arch, call->nr) & traits;
}

#define CAP_TRAITS_FAULTS (CAP_TRAIT_FAULTS | CAP_TRAIT_FAULTS_IOCTL)
#define CAP_TRAITS_ACTION (CAP_TRAIT_ACTION | CAP_TRAIT_ACTION_OLD | CAP_TRAIT_ACTION_SIGNAL)
#define CAP_TRAITS_BIRTH (CAP_TRAIT_BIRTH | CAP_TRAIT_BIRTH_FLAGS | CAP_TRAIT_BIRTH_STRUCT)

bool cap_call_makes_userfaults(const struct cap_call *call); /* of one that has CAP_TRAITS_FAULTS */
bool cap_call_sets_name(const struct cap_call *call);        /* prctl(PR_SET_NAME) of 64-bit code */

#endif
