/* SPDX-License-Identifier: GPL-2.0-only */
/* Where lines get their events: the CPUs' events merged by time, consuming or not. */
#ifndef TRACEFS_RENDER_SOURCE_H
#define TRACEFS_RENDER_SOURCE_H

#include "tracefs/render/reader.h"

struct rn_cursor;

struct rn_source {
	struct rn_reader *reader;
	struct rn_cursor *cursors; /* NULL: consumes from the reader's pages */
	unsigned first_cpu, end_cpu;
	int current;    /* the CPU whose events come first, -1: not known */
	uint64_t until; /* ... up to this time stamp, where the next CPU's begin */
	int until_cpu;
	uint64_t loads; /* times that events of the current CPU were copied out of the buffer, when that was found */
};

/* cpu -1: all. false: no memory, or no such CPU. */
bool rn_source_init(struct rn_source *source, struct rn_reader *reader, int cpu, bool consume);
void rn_source_destroy(struct rn_source *source);
/* Around every use of the functions below: holds the reader's lock where the source consumes. */
void rn_source_begin(struct rn_source *source);
void rn_source_end(struct rn_source *source);
/* The next event in time; valid until rn_source_next. False: nothing there (now). */
bool rn_source_peek(struct rn_source *source, struct rb_event *event, int *cpu);
void rn_source_next(struct rn_source *source);

#endif
