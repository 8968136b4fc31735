/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one open of trace or trace_pipe reads: the lines of one CPU or of all merged by time, cut where a read ends and
 * continued exactly there by the next.
 */
#ifndef TRACEFS_RENDER_LINES_H
#define TRACEFS_RENDER_LINES_H

#include "tracefs/render/reader.h"
#include "tracefs/render/render.h"

struct rn_lines;

/*
 * cpu -1: all. header: text that comes before the lines (copied). NULL where there is no memory or no such CPU.
 * rn_trace_new does not consume; it begins with the oldest unread event of now. rn_pipe_new consumes.
 */
struct rn_lines *rn_trace_new(struct rn_reader *reader, int cpu, const char *header, size_t header_length);
struct rn_lines *rn_pipe_new(struct rn_reader *reader, int cpu);
void rn_lines_free(struct rn_lines *lines); /* before the reader */

/* Up to size bytes; 0 where there is nothing (more, or yet). Calls on one rn_lines must not overlap. */
size_t rn_lines_read(struct rn_lines *lines, const struct rn_table *table, const struct rn_options *options, char *out,
		     size_t size);
/* Read until there is nothing more, and write it to fd. Bytes written, or -errno of the write that failed. */
int64_t rn_lines_drain(struct rn_lines *lines, const struct rn_table *table, const struct rn_options *options, int fd);

/* Where a record by itself is said to come from: as in struct rn_event. */
struct rn_place {
	uint64_t ts, next_ts, index;
	int cpu;
};

/* The line of one record, for tests and tools; 0 where size does not suffice. */
size_t rn_record(const struct rn_table *table, const struct rn_options *options, const void *record, uint32_t length,
		 const struct rn_place *place, char *out, size_t size);

#endif
