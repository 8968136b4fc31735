/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls to packets of a Perfetto trace, on a sequence of their own; export/perfetto.py writes all else. */
#ifndef TRACEFS_EXPORT_PERFETTO_H
#define TRACEFS_EXPORT_PERFETTO_H

#include "tracefs/export/native/pairs.h"

struct ex_perfetto;

enum ex_counter { EX_CALLS, EX_FAILED, EX_TASKS, EX_READ, EX_WRITTEN, EX_COUNTERS };

struct ex_counts {
	uint64_t slot;              /* ns: where the time that is counted begins */
	int64_t count[EX_COUNTERS]; /* of it; EX_TASKS: how many there are now */
	int64_t shown[EX_COUNTERS]; /* what was written last; -1: nothing was */
};

/*
 * sequence: its number. defaults: bytes of a packet that makes the clock of the time stamps known, for each beginning.
 * counters: the track of the first counter; the others follow. slot: ns that a value of a counter stands for.
 */
struct ex_perfetto *ex_perfetto_new(uint32_t sequence, const char *defaults, size_t defaults_size, uint64_t counters,
				    uint64_t slot);
void ex_perfetto_free(struct ex_perfetto *perfetto);
/*
 * What a syscall is called, and the category of its calls. moves: 1: it reads as many bytes as it returns, 2: it writes
 * them.
 */
bool ex_perfetto_name(struct ex_perfetto *perfetto, unsigned nr, const char *name, const char *category, uint8_t moves);
/* Pairs whose calls become packets. Freed before the perfetto is. */
struct ex_pairs *ex_perfetto_pairs(struct ex_perfetto *perfetto, bool ours, const uint8_t mine[1024]);
/* The bytes so far; they are taken: valid until the next call. */
const char *ex_perfetto_take(struct ex_perfetto *perfetto, size_t *size);
const size_t *ex_perfetto_written(const struct ex_perfetto *perfetto);
struct ex_counts *ex_perfetto_counts(struct ex_perfetto *perfetto);
/* Write the counters of what is over by `ts`. False: no memory. */
bool ex_perfetto_count(struct ex_perfetto *perfetto, uint64_t ts);

#endif
