/* SPDX-License-Identifier: GPL-2.0-only */
/* Records that were written before, once more: through filters and triggers of now, with the time stamps of then. */
#ifndef TRACEFS_CAPTURE_RECORD_REPLAY_H
#define TRACEFS_CAPTURE_RECORD_REPLAY_H

#include "tracefs/capture/record/emit.h"

struct cap_replayed {
	uint64_t ts; /* in the unit of the sinks' clock; not before those replayed earlier on this CPU */
	int32_t tid, cpu;
	uint64_t sinks[2]; /* bit s: sink s records this task's calls for its tracer [0], its events [1] */
	uint64_t entered;  /* bit s: the enter of the call that this is the exit of was written for sink s */
	bool always;       /* no event that could be switched: written for all of sinks[1] */
	bool raw;          /* raw_syscalls' events are made of those of calls */
	char comm[16];
};

/* Returns the sinks it was written for. Any thread. */
uint64_t cap_replay(struct cap_recorder *r, const struct cap_replayed *what, const void *rec, uint32_t len);

#endif
