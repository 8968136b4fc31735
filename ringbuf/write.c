// SPDX-License-Identifier: GPL-2.0-only
/*
 * The writers' side: reserve with one compare-and-swap, commit with one store and two adds. Freestanding: see core.h.
 *
 * An event that does not fit into the sub-buffer of the position enters the next one. Which that is, all writers must
 * agree on, while any of them may be dead or asleep. Each slot of the ring holds, one after the other,
 *
 *     CLEAN  ->  CLEARING(seq)  ->  CONTENT(seq)  ->  CLEARING(seq + n * npages)  ->  CONTENT(...)
 *
 * (claim.c). A sub-buffer is entered by moving ctl.pos into it, which is possible while it is CONTENT(seq). One that
 * cannot be made so, because not all of its older content is committed or somebody is still clearing it, is skipped for
 * this lap: seq is settled as skipped in the slot, and from then on nobody can enter it.
 */
#include "claim.h"

#define SMALL_DATA_MAX (4u * RB_TYPE_DATA_MAX)
#define TIME_EXTEND_BYTES 8u
#define CLEARING_LOOKS 64 /* times to look again at a sub-buffer being cleared: about what clearing takes */

static inline uint32_t align4(uint32_t n)
{
	return (n + 3) & ~3u;
}

static inline uint32_t event_bytes(uint32_t len)
{
	if (len == 0)
		return 8; /* the kernel has no empty events either */
	return (len <= SMALL_DATA_MAX ? 4 : 8) + align4(len);
}

/* What a reservation at off is made of. */
struct plan {
	uint64_t ts, delta;
	uint32_t bytes; /* with the time extend */
	bool extend;
};

static inline struct plan plan_event(uint64_t now, uint64_t last, uint32_t bytes, bool long_event)
{
	struct plan p = {.ts = now > last ? now : last};
	p.delta = p.ts - last;
	p.extend = p.delta >> RB_DELTA_BITS;
	p.bytes = bytes + (p.extend ? TIME_EXTEND_BYTES : 0);
	/* The header word of a long event would be 0, which says "not committed": let a nanosecond pass. */
	if (rb_unlikely(!p.delta) && long_event) {
		p.ts++;
		p.delta = 1;
	}
	return p;
}

/* Fill the slot for a reservation that succeeded, at off of sub-buffer seq. */
static inline void fill_slot(struct rb_slot *slot, const struct rb_view *v, uint64_t seq, uint32_t off,
			     const struct plan *p)
{
	uint32_t *word = (uint32_t *)(void *)(rb_data_of(v, seq) + off);
	uint32_t bytes = p->bytes, delta = p->delta;
	slot->ctl = v->ctl;
	slot->page = rb_page_of(v, seq);
	slot->header = word;
	slot->bytes = bytes;
	slot->closing = off + bytes == v->size ? RB_DONE_CLOSING : 0;
	slot->extend_word = 0;
	if (rb_unlikely(p->extend)) {
		bytes -= TIME_EXTEND_BYTES;
		delta = bytes > 4 + SMALL_DATA_MAX; /* 1 of it stays with a long event, whose word must not be 0 */
		uint64_t extend = p->delta - delta;
		slot->extend_word = RB_TYPE_TIME_EXTEND | (uint32_t)extend << 5;
		rb_store(&word[1], (uint32_t)(extend >> RB_DELTA_BITS));
		word += 2;
	}
	if (rb_likely(bytes <= 4 + SMALL_DATA_MAX)) {
		slot->word = (bytes - 4) / 4 | delta << 5;
		slot->data = &word[1];
	} else {
		slot->word = delta << 5;
		rb_store(&word[1], bytes - 4);
		slot->data = &word[2];
	}
}

/* Close sub-buffer seq from off on; the caller's CAS made that part its own. */
static void pad_rest(const struct rb_view *v, uint64_t seq, uint32_t off)
{
	rb_add(&v->ctl->bytes_closed, off - (uint64_t)RB_PAGE_HEADER);
	if (off > v->size - 4)
		return; /* nothing of it is ours: it may already be recycled. Who filled it up closes it. */
	struct rb_page *page = rb_page_of(v, seq);
	rb_store(&page->used, off - RB_PAGE_HEADER);
	rb_store_release((uint32_t *)(void *)(rb_data_of(v, seq) + off), RB_TYPE_PADDING);
	rb_done_add(v->ctl, page, RB_DONE_CLOSING | (v->size - off));
	if (rb_unlikely(rb_off_gone(rb_off(rb_load(&page->skip)))))
		rb_settle(v->ctl, page);
}

/* Find the next sub-buffer after seq that can be entered, settle that those between are skipped. 0: none, counted. */
static uint64_t next_subbuf(const struct rb_view *v, uint64_t seq, uint64_t ts, bool overwrite, bool *stale)
{
	uint64_t found = 0;
	*stale = false;
	for (uint64_t s = seq + 1; s < seq + v->npages; s++) {
		enum rb_claim c = rb_claim(v, s, ts, overwrite);
		for (int look = 0; c == RB_STUCK && look < CLEARING_LOOKS &&
				   rb_who_state(rb_load(&rb_page_of(v, s)->who)) == RB_CLEARING;
		     look++) {
			__builtin_ia32_pause();
			c = rb_claim(v, s, ts, overwrite);
		}
		if (c == RB_USABLE) {
			found = s;
			break;
		}
		if (c == RB_STALE) {
			*stale = true;
			return 0;
		}
		if (c == RB_FULL) {
			rb_add(&v->ctl->dropped, 1);
			return 0;
		}
	}
	if (!found) {
		rb_add(&v->ctl->commit_overrun, 1);
		return 0;
	}
	for (uint64_t s = seq + 1; s < found; s++) {
		enum rb_claim c = rb_skip(v, s);
		if (c == RB_USABLE)
			return s; /* it came free meanwhile: then it is the next, for everybody */
		if (c == RB_STALE) {
			*stale = true;
			return 0;
		}
	}
	return found;
}

/* Tell where a reservation will be, if the CAS that follows makes it. */
static inline void announce(struct rb_open *open, const struct rb_view *v, uint64_t pos, const struct plan *p)
{
	rb_store(&open->delta, p->delta);
	rb_store(&open->what, rb_open_what(v->cpu, p->bytes));
	rb_store_release(&open->pos, pos); /* pairs with the acquire load in writers.c: the rest of the entry first */
}

static inline void withdraw(struct rb_open *open)
{
	/* release: after the commit's last add, for who looks whether the writer may live */
	rb_store_release(&open->pos, 0);
}

/*
 * The event does not fit into the sub-buffer of pos: enter the next one. 1 done, 0 look at the position again, -1 drop.
 */
static int __attribute__((noinline)) reserve_in_next(const struct rb_view *v, uint64_t pos, uint64_t last, uint64_t now,
						     uint32_t bytes, bool overwrite, struct rb_slot *slot)
{
	bool stale;
	struct rb_open *open = slot->open;
	uint64_t seq = next_subbuf(v, rb_seq(pos), now > last ? now : last, overwrite, &stale);
	if (!seq)
		return stale && rb_load(&v->ctl->pos) != pos ? 0 : -1;
	uint8_t *data = rb_data_of(v, seq);
	uint64_t start = rb_load((uint64_t *)(void *)data); /* if this is old, the CAS below fails */
	bool long_event = bytes > 4 + SMALL_DATA_MAX;
	struct plan p = plan_event(now > last ? now : last, start, bytes, long_event);
	bool empty = rb_unlikely(RB_PAGE_HEADER + p.bytes > v->size);
	if (empty) {
		/*
		 * Prepared long ago by a writer that died: the event fits, but not with the time extend. Leave it
		 * empty.
		 */
		p.bytes = rb_capacity(v);
	}
	rb_store(&open->pad, pos);
	announce(open, v, rb_pos(seq, RB_PAGE_HEADER), &p);
	bool entered = rb_cas2(&v->ctl->pos, pos, last, rb_pos(seq, RB_PAGE_HEADER + p.bytes), p.ts);
	if (entered)
		pad_rest(v, rb_seq(pos), rb_off(pos));
	rb_store(&open->pad, 0);
	if (!entered)
		return 0;
	if (empty) {
		struct rb_page *page = rb_page_of(v, seq);
		rb_store_release((uint32_t *)(void *)(data + RB_PAGE_HEADER), RB_TYPE_PADDING);
		rb_done_add(v->ctl, page, RB_DONE_CLOSING | rb_capacity(v));
		return 0;
	}
	fill_slot(slot, v, seq, RB_PAGE_HEADER, &p);
	return 1;
}

/*
 * An entry of the thread's line that is free. A signal handler that interrupts here and writes, too, has freed it when
 * it returns.
 */
static inline struct rb_open *free_entry(struct rb_writer *writer)
{
	for (unsigned i = 0; i < RB_OPEN; i++)
		if (rb_likely(!rb_load(&writer->open[i].pos)))
			return &writer->open[i];
	return NULL;
}

bool rb_core_reserve(struct rb_header *header, const struct rb_view *v, struct rb_writer *writer, uint64_t ts,
		     uint32_t len, struct rb_slot *slot)
{
	if (rb_unlikely(len > rb_core_max_event(v)))
		return false;
	struct rb_open *open = free_entry(writer);
	if (rb_unlikely(!open)) {
		rb_add(&v->ctl->commit_overrun, 1);
		return false;
	}
	slot->open = open;
	uint32_t bytes = event_bytes(len);
	bool long_event = bytes > 4 + SMALL_DATA_MAX;
	for (;;) {
		/* Two loads may tear; then the CAS fails. */
		uint64_t pos = rb_load(&v->ctl->pos), last = rb_load(&v->ctl->ts);
		struct plan p = plan_event(ts, last, bytes, long_event);
		uint32_t off = rb_off(pos);
		if (rb_likely(off + p.bytes <= v->size)) {
			announce(open, v, pos, &p);
			if (rb_likely(rb_cas2(&v->ctl->pos, pos, last, pos + p.bytes, p.ts))) {
				fill_slot(slot, v, rb_seq(pos), off, &p);
				return true;
			}
			continue;
		}
		int r = reserve_in_next(v, pos, last, ts, bytes, rb_load(&header->flags) & RB_FLAG_OVERWRITE, slot);
		if (rb_unlikely(r < 0))
			withdraw(open);
		if (r)
			return r > 0;
	}
}

/*
 * Wake those whom the events now suffice. ctl.want is cleared last (see wait.c), by a CAS: seq_cst, pairs with the one
 * that arms it, so a later arming is not taken away.
 */
static void __attribute__((noinline)) wake_waiters(struct rb_header *header, struct rb_ctl *ctl, uint64_t want,
						   rb_wake *wake)
{
	if (rb_seq(rb_load(&ctl->pos)) < rb_seq(want))
		return;
	/* pairs with rb_wait's load: a sleeper sees it, or is woken */
	__atomic_fetch_add(&header->wake, 1, __ATOMIC_SEQ_CST);
	wake(&header->wake);
	__atomic_compare_exchange_n(&ctl->want, &want, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

static inline void publish(struct rb_header *header, struct rb_slot *slot, uint64_t entries, rb_wake *wake)
{
	uint32_t *event = slot->header;
	/* Release pairs with the reader's acquire load of an event's first word: then all of the event is there. */
	if (rb_unlikely(slot->extend_word)) {
		rb_store(&event[2], slot->word);
		rb_store_release(event, slot->extend_word);
	} else {
		rb_store_release(event, slot->word);
	}
	rb_done_add(slot->ctl, slot->page, entries << 32 | slot->closing | slot->bytes);
	if (rb_unlikely(rb_off_gone(rb_off(rb_load(&slot->page->skip)))))
		rb_settle(slot->ctl, slot->page);
	withdraw(slot->open);
	/*
	 * Ordered after the event by the add (a full fence), as rb_wait's look is after its store to want: one sees the
	 * other.
	 */
	uint64_t want = rb_load(&slot->ctl->want);
	if (rb_unlikely(want))
		wake_waiters(header, slot->ctl, want, wake);
}

void rb_core_commit(struct rb_header *header, struct rb_slot *slot, rb_wake *wake)
{
	publish(header, slot, 1, wake);
}

void rb_core_discard(struct rb_header *header, struct rb_slot *slot, rb_wake *wake)
{
	uint32_t *event = slot->header + (slot->extend_word ? 2 : 0);
	uint32_t bytes = slot->bytes - (slot->extend_word ? TIME_EXTEND_BYTES : 0);
	rb_store(&event[1], bytes - 4);
	slot->word = RB_TYPE_DISCARDED | (slot->word & ~31u);
	publish(header, slot, 0, wake);
}

void rb_core_pad(const struct rb_view *v, uint64_t pos)
{
	pad_rest(v, rb_seq(pos), rb_off(pos));
}

bool rb_core_bury(struct rb_header *header, const struct rb_view *v, struct rb_open *open, rb_wake *wake)
{
	uint64_t pos = rb_load(&open->pos);
	struct plan p = {.delta = rb_load(&open->delta), .bytes = rb_open_bytes(rb_load(&open->what))};
	p.extend = p.delta >> RB_DELTA_BITS;
	if (p.bytes % 4 || p.bytes < 8 + (p.extend ? TIME_EXTEND_BYTES : 0) || p.bytes > v->size - rb_off(pos))
		return false;
	struct rb_slot slot = {.open = open};
	fill_slot(&slot, v, rb_seq(pos), rb_off(pos), &p);
	rb_core_discard(header, &slot, wake);
	return true;
}
