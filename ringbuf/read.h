/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RINGBUF_READ_H
#define RINGBUF_READ_H
/* Finding the oldest sub-buffer: common to the consuming reader, iterators, waiting and statistics. */
#include "handle.h"

#define OVERTAKEN_MAX 1000 /* copies in a row that writers may spoil before a read says "empty, for now" */

/* The first seq >= from with content, its words in *who and *skip. 0: none. Costs one look, and one for each seq left out. */
uint64_t rb_oldest(const struct rb_view *v, uint64_t from, uint64_t *who, uint64_t *skip);
/*
 * Whether a reader that stands before an uncommitted event in seq may give the sub-buffer up: writers have used all that there
 * is without it. Whatever they do next would overwrite it or, not overwriting, is dropped because of it.
 */
bool rb_left_behind(const struct rb_view *v, uint64_t seq);
/* Events written since the buffer was emptied; while writers are at work, some of theirs may not be counted yet. */
uint64_t rb_view_written(const struct rb_view *v);
/* Something to consume in this CPU's buffer. */
bool rb_has_data(const struct rb_view *v);
#endif
