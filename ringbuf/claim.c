// SPDX-License-Identifier: GPL-2.0-only
#include "claim.h"

#include <string.h>

/* Count what a CAS on {who, skip} took away from readers. */
static void count_gone(struct rb_view *v, struct rb_page *page, uint64_t who, uint64_t skip, uint64_t done)
{
	if (!rb_done_closed(done))
		rb_done_add(v->ctl, page, RB_DONE_CLOSING); /* harmless if it is another content's meanwhile: then that counts one by one */
	uint32_t used = rb_load(&page->used);
	uint32_t end = RB_PAGE_HEADER + (used ? used : rb_capacity(v));
	uint32_t entries = rb_done_entries(done), consumed = rb_who_consumed(who);
	if (entries > consumed)
		rb_add(&v->ctl->overrun, entries - consumed);
	if (end > rb_off(skip))
		rb_add(&v->ctl->bytes_gone, end - rb_off(skip));
}

/*
 * An event committed in a sub-buffer that was given up meanwhile is lost. Whoever gave it up looks for such events after its
 * CAS, and a writer looks after its commit whether it was given up: both are full fences, so one of them sees it. The CAS here
 * lets only one count it.
 */
void rb_settle(struct rb_ctl *ctl, struct rb_page *page)
{
	for (;;) {
		uint64_t who = rb_load_acquire(&page->who);
		uint64_t skip = rb_load_acquire(&page->skip);
		uint32_t entries = rb_done_entries(rb_load_acquire(&page->done)) & RB_CONSUMED_MASK, consumed = rb_who_consumed(who);
		if (rb_who_state(who) != RB_CONTENT || rb_off(skip) != RB_OFF_GONE || entries <= consumed)
			return;
		if (rb_cas2(&page->who, who, skip, rb_who(rb_seq(who), RB_CONTENT, entries), skip)) {
			rb_add(&ctl->overrun, entries - consumed);
			return;
		}
	}
}

/* Caller made it CLEARING(seq) and owns it alone. */
static enum rb_claim clear_and_publish(struct rb_view *v, struct rb_page *page, uint64_t seq, uint64_t ts, bool dirty)
{
	uint8_t *data = rb_data_of(v, seq);
	if (dirty)
		memset(data + RB_PAGE_HEADER, 0, rb_capacity(v));
	rb_store((uint64_t *)(void *)data, ts);
	rb_store(&page->used, 0);
	rb_store(&page->done, 0);
	for (;;) {
		uint64_t skip = rb_load_acquire(&page->skip);
		bool skipped = rb_seq(skip) >= seq; /* they did not wait for us */
		uint64_t who = rb_who(seq, skipped ? RB_CLEAN : RB_CONTENT, 0);
		if (rb_cas2(&page->who, rb_who(seq, RB_CLEARING, 0), skip, who, rb_pos(rb_seq(skip), RB_PAGE_HEADER)))
			return skipped ? RB_SKIPPED : RB_USABLE;
		if (rb_unlikely(rb_load(&page->who) != rb_who(seq, RB_CLEARING, 0)))
			return RB_STALE; /* cannot be, in a mapping that nobody damaged */
	}
}

enum rb_claim rb_claim(struct rb_view *v, uint64_t seq, uint64_t ts, bool overwrite)
{
	struct rb_page *page = rb_page_of(v, seq);
	for (;;) {
		uint64_t who = rb_load_acquire(&page->who);
		uint64_t skip = rb_load_acquire(&page->skip);
		enum rb_state state = rb_who_state(who);
		if (rb_seq(who) == seq && state == RB_CONTENT)
			return RB_USABLE;
		if (rb_seq(skip) >= seq)
			return rb_seq(skip) == seq ? RB_SKIPPED : RB_STALE;
		if (state == RB_CLEARING)
			return rb_seq(who) > seq ? RB_STALE : RB_STUCK;
		if (rb_seq(who) >= seq)
			return RB_STALE;
		uint64_t done = 0;
		if (state == RB_CONTENT) {
			done = rb_load_acquire(&page->done);
			bool closed = rb_done_bytes(done) == rb_capacity(v);
			bool unread = rb_done_entries(done) > rb_who_consumed(who);
			bool passed = rb_load_acquire(&v->ctl->head) > rb_seq(who);
			if (!overwrite && !passed && (unread || !closed))
				return RB_FULL;
			if (!closed)
				return RB_STUCK;
		}
		if (!rb_cas2(&page->who, who, skip, rb_who(seq, RB_CLEARING, 0), skip))
			continue;
		if (state == RB_CONTENT)
			count_gone(v, page, who, skip, done);
		return clear_and_publish(v, page, seq, ts, state == RB_CONTENT);
	}
}

enum rb_claim rb_skip(struct rb_view *v, uint64_t seq)
{
	struct rb_page *page = rb_page_of(v, seq);
	for (;;) {
		uint64_t who = rb_load_acquire(&page->who);
		uint64_t skip = rb_load_acquire(&page->skip);
		bool content = rb_who_state(who) == RB_CONTENT;
		if (content && rb_seq(who) == seq)
			return RB_USABLE;
		if (rb_seq(skip) >= seq)
			return rb_seq(skip) == seq ? RB_SKIPPED : RB_STALE;
		if (rb_seq(who) > seq)
			return RB_STALE;
		if (!content) {
			if (rb_cas2(&page->who, who, skip, who, rb_pos(seq, rb_off(skip))))
				return RB_SKIPPED;
			continue;
		}
		/* The lap that its content belongs to is over: what is unread in it is overwritten, in effect. */
		uint64_t done = rb_load_acquire(&page->done);
		uint32_t entries = rb_done_entries(done) & RB_CONSUMED_MASK, consumed = rb_who_consumed(who);
		uint64_t gone = rb_who(rb_seq(who), RB_CONTENT, entries > consumed ? entries : consumed);
		if (rb_cas2(&page->who, who, skip, gone, rb_pos(seq, RB_OFF_GONE))) {
			count_gone(v, page, who, skip, done);
			rb_settle(v->ctl, page);
			return RB_SKIPPED;
		}
	}
}

bool rb_give_up(struct rb_view *v, uint64_t seq)
{
	struct rb_page *page = rb_page_of(v, seq);
	uint64_t who = rb_load_acquire(&page->who);
	uint64_t skip = rb_load_acquire(&page->skip);
	if (rb_who_state(who) != RB_CONTENT || rb_seq(who) != seq)
		return false;
	uint64_t done = rb_load_acquire(&page->done);
	uint32_t entries = rb_done_entries(done) & RB_CONSUMED_MASK, consumed = rb_who_consumed(who);
	uint64_t gone = rb_who(seq, RB_CONTENT, entries > consumed ? entries : consumed);
	if (!rb_cas2(&page->who, who, skip, gone, rb_pos(rb_seq(skip), RB_OFF_GONE)))
		return false;
	count_gone(v, page, who, skip, done);
	rb_settle(v->ctl, page);
	return true;
}

bool rb_is_stuck(const struct rb_view *v, uint64_t seq)
{
	struct rb_page *page = rb_page_of(v, seq);
	uint64_t who = rb_load_acquire(&page->who);
	enum rb_state state = rb_who_state(who);
	if (rb_seq(who) >= seq)
		return state == RB_CLEARING;
	return state == RB_CLEARING ||
	       (state == RB_CONTENT && rb_done_bytes(rb_load_acquire(&page->done)) != rb_capacity(v));
}
