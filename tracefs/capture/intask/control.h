/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The wishes of all sinks as tasks read them that record themselves: struct in_control (inside.h), one memory for all
 * tasks, which only the engine can write.
 */
#ifndef TRACEFS_INTASK_CONTROL_H
#define TRACEFS_INTASK_CONTROL_H

#include "tracefs/capture/intask/inside.h"
#include "tracefs/capture/record/sink.h"

/*
 * From the recorder's wishes, into bytes at out (zero where nothing was written yet), the version left as it is. May be
 * done again in the same place, while no task is between the beginning and the end of a record: what a task reads
 * before that is nowhere moved. False: tasks cannot record this by themselves (it is more than inside.h has room for,
 * or needs a stop at every call).
 */
bool in_control_fill(struct in_control *out, size_t bytes, const struct cap_recorder *r);

/* The sinks that record a task's events, of the first IN_SINKS. */
static inline uint32_t in_sinks(uint64_t sinks)
{
	return (uint32_t)(sinks & ((1u << IN_SINKS) - 1));
}

#endif
