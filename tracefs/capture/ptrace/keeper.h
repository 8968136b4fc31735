/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small process that gives tasks their CPU affinity back when the tracer has died before it could.
 *
 * The tracer writes down what it is about to change in a table that both map; the keeper sleeps until the capture
 * thread has ended, however it did, and puts right what stands there.
 */
#ifndef TRACEFS_CAPTURE_PTRACE_KEEPER_H
#define TRACEFS_CAPTURE_PTRACE_KEEPER_H

#include <stdatomic.h>

#include "tracefs/capture/ptrace/affinity.h"

#define KEEPER_SLOTS 64

struct keeper_slot {
	_Atomic(int32_t) tid; /* written last; 0: free */
	int32_t tgid;
	uint64_t start; /* of the task, as in /proc/TID/stat: its number may be another's by then */
	struct affinity is;
};

struct keeper_table {
	_Atomic(int32_t) cpu; /* where all of them are kept */
	struct keeper_slot slot[KEEPER_SLOTS];
};

struct keeper {
	pid_t pid; /* 0: there is none */
	struct keeper_table *table;
};

bool keeper_start(struct keeper *k, pid_t capture_thread); /* by that thread; the keeper is its child */
void keeper_stop(struct keeper *k);
/* keeper_descendants.c */
/* Back to what it was, unless someone else has set something since. */
void keeper_restore(const struct keeper_slot *slot, int cpu);
/* Those that were born with the kept affinity after the tracer's death, before the slots were restored. */
void keeper_restore_born(const struct keeper_table *table);

#endif
