/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reader pages of a buffer: per CPU, the sub-buffer that is being consumed.
 *
 * One rn_reader per buffer. trace_pipe consumes its events one at a time, trace_pipe_raw takes the unread rest of a
 * page whole, and trace begins with that rest without consuming it: so none of them sees an event twice or misses one.
 * Functions that say "locked" need rn_reader_lock() held; the others take it themselves.
 */
#ifndef TRACEFS_RENDER_READER_H
#define TRACEFS_RENDER_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "ringbuf/ringbuf.h"

struct rn_reader;

struct rn_reader *rn_reader_new(struct rb *rb, unsigned cpus); /* NULL: no memory */
void rn_reader_free(struct rn_reader *reader);
void rn_reader_lock(struct rn_reader *reader);
void rn_reader_unlock(struct rn_reader *reader);
unsigned rn_reader_cpus(const struct rn_reader *reader);
struct rb *rn_reader_buffer(const struct rn_reader *reader);

/* Locked. How often events were taken from the buffer. */
uint64_t rn_reader_loads(const struct rn_reader *reader);
/* Locked. The next event of cpu; valid until rn_reader_next or the unlock. */
bool rn_reader_peek(struct rn_reader *reader, unsigned cpu, struct rb_event *event);
void rn_reader_next(struct rn_reader *reader, unsigned cpu);
/*
 * Locked. The unread rest of cpu's page as an image of its own, into page: bytes of event data, 0 where nothing is
 * left, -ENOSPC where it needs more than size.
 */
int64_t rn_reader_rest(struct rn_reader *reader, unsigned cpu, void *page, uint32_t size);

/* Consume a whole page: the rest of the one begun, else a new one. As rb_read_page_into, size bytes are filled. */
int64_t rn_reader_take(struct rn_reader *reader, unsigned cpu, void *page, uint32_t size);
/* Events of cpu (-1: of all) that were moved to a page and are unread. */
uint64_t rn_reader_unread(struct rn_reader *reader, int cpu);
bool rn_reader_empty(struct rn_reader *reader, int cpu);
/* Forget what the pages of cpu (-1: of all) hold: the buffer was emptied. */
void rn_reader_reset(struct rn_reader *reader, int cpu);

#endif
