// SPDX-License-Identifier: GPL-2.0-only
/* The consuming reader: copy the oldest sub-buffer, then claim what was copied. */
#include "read.h"

#include <errno.h>

#include "claim.h"
#include "page.h"

uint64_t rb_oldest(const struct rb_view *v, uint64_t from, uint64_t *who, uint64_t *skip)
{
	uint64_t tail = rb_seq(rb_load_acquire(&v->ctl->pos));
	uint64_t seq = from ? from : 1;
	if (tail >= v->npages && seq < tail - v->npages + 1)
		seq = tail - v->npages + 1;
	for (; seq <= tail; seq++) {
		struct rb_page *page = rb_page_of(v, seq);
		*who = rb_load_acquire(&page->who);
		*skip = rb_load_acquire(&page->skip);
		if (rb_who_state(*who) == RB_CONTENT && rb_seq(*who) == seq)
			return seq;
	}
	return 0;
}

/* Writers have used all that there is without seq. */
static bool left_behind(const struct rb_view *v, uint64_t seq)
{
	uint64_t tail = rb_seq(rb_load_acquire(&v->ctl->pos));
	if (tail < seq)
		return false; /* cannot be, in a mapping that nobody damaged */
	while (++tail < seq + v->npages)
		if (!rb_is_stuck(v, tail))
			return false;
	return true;
}

enum rb_ahead rb_ahead(struct rb *rb, const struct rb_view *v, uint64_t seq, uint32_t off)
{
	if (rb_load_acquire(&v->ctl->pos) <= rb_pos(seq, off))
		return RB_AHEAD_WAIT;
	bool behind = left_behind(v, seq);
	enum rb_holder holder = rb_holder_of(rb, v, rb_pos(seq, off), behind);
	if (holder == RB_SETTLED)
		return RB_AHEAD_LOOK;
	if (!behind)
		return RB_AHEAD_WAIT;
	bool waits = holder == RB_HELD && !(rb_load(&rb->header->flags) & RB_FLAG_OVERWRITE);
	return waits ? RB_AHEAD_WAIT : RB_AHEAD_PASS;
}

bool rb_has_data(struct rb *rb, const struct rb_view *v)
{
	uint64_t who, skip, seq = rb_load(&v->ctl->head), before = 0;
	uint32_t off = 0;
	for (uint64_t looks = 0; looks <= OVERTAKEN_MAX + v->npages; looks++) {
		seq = rb_oldest(v, seq, &who, &skip);
		if (!seq)
			return false;
		if (seq != before)
			off = rb_off(skip);
		before = seq;
		switch (rb_page_look(rb_data_of(v, seq), v->size, &off)) {
		case RB_LOOK_EVENT:
			return true;
		case RB_LOOK_OPEN:
			switch (rb_ahead(rb, v, seq, off)) {
			case RB_AHEAD_WAIT:
				return false;
			case RB_AHEAD_LOOK:
				break;
			case RB_AHEAD_PASS:
				seq++;
			}
			break;
		case RB_LOOK_CLOSED:
			seq++;
		}
	}
	return false;
}

/*
 * Raise what readers were told of to overrun: each lost event is told once, and one who comes late with an older count
 * tells none.
 */
static uint64_t newly_lost(struct rb_ctl *ctl, uint64_t overrun)
{
	uint64_t told = rb_load(&ctl->lost_reported);
	while (overrun > told) {
		/* relaxed: a counter, pairs with itself */
		if (__atomic_compare_exchange_n(&ctl->lost_reported, &told, overrun, false, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			return overrun - told;
	}
	return 0;
}

/* One attempt at the oldest sub-buffer. 1: events in *image; 0: empty; -EAGAIN: something moved, look again. */
static int read_once(struct rb *rb, struct rb_view *v, struct rb_image *image, uint64_t *lost)
{
	struct rb_ctl *ctl = v->ctl;
	uint64_t overrun = rb_load(&ctl->overrun); /* before the claim: all of it is older than what is claimed */
	uint64_t who, skip;
	uint64_t seq = rb_oldest(v, rb_load(&ctl->head), &who, &skip);
	if (!seq)
		return 0;
	struct rb_page *page = rb_page_of(v, seq);
	uint64_t done = rb_load_acquire(&page->done);
	uint32_t off = rb_off(skip);
	image->from = off;
	rb_image_copy(image, rb_data_of(v, seq), done);
	if (image->end <= off || off < RB_PAGE_HEADER) {
		/* Nothing new in it. */
		if (rb_load_acquire(&page->who) != who)
			return -EAGAIN;
		if (off < v->size && !image->closed) {
			enum rb_ahead ahead = rb_ahead(rb, v, seq, off);
			if (ahead == RB_AHEAD_WAIT)
				return 0;
			if (ahead == RB_AHEAD_LOOK || !rb_give_up(v, seq))
				return -EAGAIN;
		}
		rb_store_release(&ctl->head, seq + 1);
		return -EAGAIN;
	}
	uint32_t consumed = (rb_who_consumed(who) + image->entries) & RB_CONSUMED_MASK;
	if (!rb_cas2(&page->who, who, skip, rb_who(seq, RB_CONTENT, consumed), rb_pos(rb_seq(skip), image->end)))
		return -EAGAIN; /* overwritten: the copy is worth nothing */
	rb_add(&ctl->read, image->entries);
	rb_add(&ctl->bytes_gone, image->passed);
	if (image->closed)
		rb_store_release(&ctl->head, seq + 1);
	if (!image->entries)
		return -EAGAIN;
	*lost = newly_lost(ctl, overrun);
	return 1;
}

int64_t rb_read_page_into(struct rb *rb, unsigned cpu, void *page, uint32_t capacity, uint64_t *lost)
{
	*lost = 0;
	if (cpu >= rb->cpus)
		return -EINVAL;
	pthread_rwlock_rdlock(&rb->shape);
	struct rb_view *v = rb_view(rb, cpu);
	struct rb_image image = {.page = page, .size = v->size};
	int64_t result = -ENOSPC;
	if (capacity >= v->size) {
		uint64_t patience = OVERTAKEN_MAX + v->npages;
		int got;
		do
			got = read_once(rb, v, &image, lost);
		while (got == -EAGAIN && patience--);
		result = 0;
		if (got > 0) {
			rb_image_finish(&image, *lost);
			result = image.bytes;
		}
	}
	pthread_rwlock_unlock(&rb->shape);
	return result;
}

int64_t rb_read_page(struct rb *rb, unsigned cpu, void *page, uint64_t *lost)
{
	return rb_read_page_into(rb, cpu, page, RB_SUBBUF_MAX, lost);
}
