/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RINGBUF_READ_H
#define RINGBUF_READ_H
/* Finding the oldest sub-buffer: common to the consuming reader, iterators, waiting and statistics. */
#include "handle.h"

#define OVERTAKEN_MAX 1000 /* copies in a row that writers may spoil before a read says "empty, for now" */

/*
 * The first seq >= from with content, its words in *who and *skip. 0: none. Costs one look, and one for each seq left
 * out.
 */
uint64_t rb_oldest(const struct rb_view *v, uint64_t from, uint64_t *who, uint64_t *skip);
/* A reader stands before a place in seq, at off, where nothing is committed. */
enum rb_ahead {
	RB_AHEAD_WAIT, /* what comes there is not committed, or not even reserved */
	RB_AHEAD_LOOK, /* something was: look again */
	RB_AHEAD_PASS, /* the rest of the sub-buffer may be given up */
};
/*
 * Nobody waits for the dead: their reservations are discarded, and what is committed behind them follows. For a writer
 * that may live, a reader waits; only a buffer that overwrites has it passed, when writers have used all that there is
 * without this sub-buffer: whatever they do next would overwrite it. (What is reserved by nobody is given up in either
 * mode: its writer died in a way that left no trace.)
 */
enum rb_ahead rb_ahead(struct rb *rb, const struct rb_view *v, uint64_t seq, uint32_t off);
/* Events written since the buffer was emptied; while writers are at work, some of theirs may not be counted yet. */
uint64_t rb_view_written(const struct rb_view *v);
/* Something to consume in this CPU's buffer. */
bool rb_has_data(struct rb *rb, const struct rb_view *v);
#endif
