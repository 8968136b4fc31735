/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RINGBUF_CLAIM_H
#define RINGBUF_CLAIM_H
/* Who owns a sub-buffer: how it passes from one lap to the next, or is left out. */
#include "core.h"

enum rb_claim {
	RB_USABLE,  /* CONTENT(seq): cleared, stamped, not yet overtaken */
	RB_STUCK,   /* someone has reserved and not committed in it, or is clearing it */
	RB_SKIPPED, /* given up for this seq, by someone */
	RB_FULL,    /* no-overwrite: not yet read */
	RB_STALE,   /* writers are already a lap further: the caller's position is old */
};

/* Commit: more is entries << 32 | bytes, and RB_DONE_CLOSING from who closes the sub-buffer with it. */
static inline void rb_done_add(struct rb_ctl *ctl, struct rb_page *page, uint64_t more)
{
	uint64_t old = __atomic_fetch_add(&page->done, more, __ATOMIC_SEQ_CST);
	if (rb_unlikely(rb_done_closed(old)))
		rb_add(&ctl->written, rb_done_entries(more));
	else if (rb_unlikely(rb_done_closed(more)))
		rb_add(&ctl->written, rb_done_entries(old) + rb_done_entries(more));
}

/* Try to make the slot of seq ready to be entered, its header stamped ts. */
enum rb_claim rb_claim(const struct rb_view *v, uint64_t seq, uint64_t ts, bool overwrite);
/* Settle that seq is not entered. RB_SKIPPED, or RB_USABLE or RB_STALE when someone was faster. */
enum rb_claim rb_skip(const struct rb_view *v, uint64_t seq);
/* Give up what is unread of content seq, as overwritten. False: it changed meanwhile. */
bool rb_give_up(const struct rb_view *v, uint64_t seq);
/* Count events committed in a sub-buffer after it was given up, and its bytes once it is closed. */
void rb_settle(struct rb_ctl *ctl, struct rb_page *page);
/*
 * write.c, for dead writers: close a sub-buffer from pos on; discard what an entry says is reserved (false: it makes no
 * sense).
 */
void rb_core_pad(const struct rb_view *v, uint64_t pos);
bool rb_core_bury(struct rb_header *header, const struct rb_view *v, struct rb_open *open, rb_wake *wake);
/* Writers cannot enter seq now: its slot is being cleared, or not all of an older content is committed. */
bool rb_is_stuck(const struct rb_view *v, uint64_t seq);
#endif
