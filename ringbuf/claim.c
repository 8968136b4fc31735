// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a slot of the ring passes from one lap to the next. rb_page.who says what it holds:
 *
 *     CLEAN          never used, or left empty by writers who were overtaken while they cleared it
 *       |  rb_claim(seq): a CAS, by one writer, which then owns the slot alone
 *     CLEARING(seq)  the old content is being zeroed, the new time stamp written
 *       |  clear_and_publish(): a CAS; or back to CLEAN, where others did not wait and skipped seq
 *     CONTENT(seq)   may be entered, written and read
 *       |  rb_claim(seq + n * npages): a CAS, once every byte reserved in it is committed
 *     CLEARING(...)
 *
 * and rb_page.skip beside it: up to which seq this slot was skipped. Both change by one CAS, so that of each seq
 * everybody sees the same: entered, or skipped. Freestanding: see core.h.
 */
#include "claim.h"

#include <string.h>

/*
 * Bytes of events in a sub-buffer that is closed. The caller's CAS, before or after, proves that it was still the same
 * content.
 */
static uint32_t closed_bytes(const struct rb_ctl *ctl, const struct rb_page *page)
{
	uint32_t used = rb_load(&page->used);
	return used ? used : ctl->subbuf_size - RB_PAGE_HEADER;
}

/* Bytes of a content consumed up to off that are still to be counted as gone. */
static uint64_t bytes_left(uint32_t bytes, uint32_t off)
{
	if (off == RB_OFF_GONE)
		return 0;
	uint32_t before = off == RB_OFF_GIVEN_UP ? 0 : off - RB_PAGE_HEADER;
	return bytes > before ? bytes - before : 0;
}

/* Count what the CAS of who recycles a closed sub-buffer took away from readers. */
static void count_recycled(const struct rb_view *v, struct rb_page *page, uint64_t who, uint64_t skip, uint64_t done)
{
	if (!rb_done_closed(done))
		rb_done_add(v->ctl, page, RB_DONE_CLOSING);
	uint32_t entries = rb_done_entries(done), consumed = rb_who_consumed(who);
	if (entries > consumed)
		rb_add(&v->ctl->overrun, entries - consumed);
	rb_add(&v->ctl->bytes_gone, bytes_left(closed_bytes(v->ctl, page), rb_off(skip)));
}

/*
 * Take a content that may still be open away from readers, and settle skip_seq with the same CAS. Where it ends is
 * known only when it is closed: until then what was consumed of it is taken back from bytes_gone, and rb_settle counts
 * the whole. One that was read to its end is counted already.
 */
static bool give_up(const struct rb_view *v, struct rb_page *page, uint64_t who, uint64_t skip, uint64_t skip_seq)
{
	uint64_t done = rb_load_acquire(&page->done);
	uint32_t entries = rb_done_entries(done) & RB_CONSUMED_MASK, consumed = rb_who_consumed(who),
		 off = rb_off(skip);
	uint64_t gone = rb_who(rb_seq(who), RB_CONTENT, entries > consumed ? entries : consumed);
	bool counted = off >= v->size;
	if (!rb_cas2(&page->who, who, skip, gone, rb_pos(skip_seq, counted ? off : RB_OFF_GIVEN_UP)))
		return false;
	if (!rb_done_closed(done))
		/* harmless if it is another content's meanwhile: then that counts one by one */
		rb_done_add(v->ctl, page, RB_DONE_CLOSING);
	if (entries > consumed)
		rb_add(&v->ctl->overrun, entries - consumed);
	if (!counted)
		rb_add(&v->ctl->bytes_gone, -(uint64_t)(off - RB_PAGE_HEADER));
	rb_settle(v->ctl, page);
	return true;
}

/*
 * An event committed in a sub-buffer that was given up meanwhile is lost, and its bytes are known when the last is in.
 * Whoever gave it up looks for both after its CAS, and a writer looks after its commit whether it was given up: both
 * are full fences, so one of them sees it. The CAS here lets only one count.
 */
void rb_settle(struct rb_ctl *ctl, struct rb_page *page)
{
	for (;;) {
		uint64_t who = rb_load_acquire(&page->who);
		uint64_t skip = rb_load_acquire(&page->skip);
		uint64_t done = rb_load_acquire(&page->done);
		uint32_t entries = rb_done_entries(done) & RB_CONSUMED_MASK, consumed = rb_who_consumed(who),
			 off = rb_off(skip);
		if (rb_who_state(who) != RB_CONTENT || !rb_off_gone(off))
			return;
		bool ended = off == RB_OFF_GIVEN_UP && rb_done_bytes(done) == ctl->subbuf_size - RB_PAGE_HEADER;
		if (entries <= consumed && !ended)
			return;
		if (entries < consumed)
			entries = consumed;
		uint32_t bytes = ended ? closed_bytes(ctl, page) : 0;
		uint64_t after = rb_pos(rb_seq(skip), ended ? RB_OFF_GONE : off);
		if (rb_cas2(&page->who, who, skip, rb_who(rb_seq(who), RB_CONTENT, entries), after)) {
			rb_add(&ctl->overrun, entries - consumed);
			rb_add(&ctl->bytes_gone, bytes);
			return;
		}
	}
}

/* Caller made it CLEARING(seq) and owns it alone. */
static enum rb_claim clear_and_publish(const struct rb_view *v, struct rb_page *page, uint64_t seq, uint64_t ts,
				       bool dirty)
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

enum rb_claim rb_claim(const struct rb_view *v, uint64_t seq, uint64_t ts, bool overwrite)
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
			count_recycled(v, page, who, skip, done);
		return clear_and_publish(v, page, seq, ts, state == RB_CONTENT);
	}
}

enum rb_claim rb_skip(const struct rb_view *v, uint64_t seq)
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
		if (give_up(v, page, who, skip, seq))
			return RB_SKIPPED;
	}
}

bool rb_give_up(const struct rb_view *v, uint64_t seq)
{
	struct rb_page *page = rb_page_of(v, seq);
	uint64_t who = rb_load_acquire(&page->who);
	uint64_t skip = rb_load_acquire(&page->skip);
	if (rb_who_state(who) != RB_CONTENT || rb_seq(who) != seq)
		return false;
	return give_up(v, page, who, skip, rb_seq(skip));
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
