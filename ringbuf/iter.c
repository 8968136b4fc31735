// SPDX-License-Identifier: GPL-2.0-only
/* Iterators: read sub-buffer by sub-buffer into private memory, without a trace left in the mapping. */
#include <stdlib.h>

#include "page.h"
#include "read.h"

struct rb_iter {
	struct rb *rb;
	unsigned cpu;
	uint64_t generation; /* of the buffer's shape that seq belongs to */
	uint64_t seq;        /* the sub-buffer of the image, or to look for next */
	uint32_t off;        /* how far it is copied; 0: not at all */
	bool closed;
	uint64_t index;   /* events of this CPU before the next one: written - index are to come */
	uint64_t overrun; /* the buffer's, when index was right */
	uint64_t lost;    /* before the next event */
	uint8_t *image;
	uint32_t size; /* allocated */
	uint32_t pos;  /* in the image, as rb_page_next keeps it */
	uint64_t ts;
	bool loaded;    /* the image is of seq, and sound */
	uint64_t loads; /* how often it was filled */
	bool peeked;
	struct rb_event event;
};

struct rb_iter *rb_iter_new(struct rb *rb, unsigned cpu)
{
	if (cpu >= rb->cpus)
		return NULL;
	struct rb_iter *it = calloc(1, sizeof(*it));
	if (it) {
		it->rb = rb;
		it->cpu = cpu;
		it->generation = UINT64_MAX;
	}
	return it;
}

void rb_iter_free(struct rb_iter *it)
{
	if (it)
		free(it->image);
	free(it);
}

/* Stand before the oldest unread event. */
static void start(struct rb_iter *it, struct rb_view *v)
{
	it->generation = v->generation;
	it->overrun = rb_load(&v->ctl->overrun);
	it->index = it->overrun + rb_load(&v->ctl->read);
	it->seq = rb_load(&v->ctl->head);
	it->off = 0;
	it->closed = false;
}

/*
 * The sub-buffer that was to come next is gone, and the next one there is stands at the oldest event, unless the gap is
 * only a skipped one: then fewer events than it->index are gone. What a consumer took is not lost, so never more than
 * was overwritten.
 */
static void count_lost(struct rb_iter *it, struct rb_view *v)
{
	uint64_t overrun = rb_load(&v->ctl->overrun);
	uint64_t gone = overrun + rb_load(&v->ctl->read);
	if (gone > it->index) {
		uint64_t missed = gone - it->index, overwritten = overrun - it->overrun;
		it->lost += missed < overwritten ? missed : overwritten;
		it->index = gone;
	}
	it->overrun = overrun;
}

static bool image_fits(struct rb_iter *it, uint32_t size)
{
	if (it->size >= size)
		return true;
	uint8_t *image = realloc(it->image, size);
	if (!image)
		return false;
	it->image = image;
	it->size = size;
	return true;
}

/* One attempt to fill the image with events after the last one. 1: done; 0: nothing there; -1: look again. */
static int load_once(struct rb_iter *it, struct rb_view *v)
{
	uint64_t who, skip;
	uint64_t from = it->closed ? it->seq + 1 : it->seq;
	uint64_t seq = rb_oldest(v, from, &who, &skip);
	if (!seq)
		return 0;
	if (seq > from && it->off)
		count_lost(it, v);
	struct rb_page *page = rb_page_of(v, seq);
	bool going_on = it->off && seq == it->seq;
	struct rb_image image = {.page = it->image, .size = v->size, .from = going_on ? it->off : rb_off(skip)};
	rb_image_copy(&image, rb_data_of(v, seq), rb_load_acquire(&page->done));
	/* the copy's loads first: this processor keeps loads in order, the compiler must */
	__atomic_signal_fence(__ATOMIC_ACQUIRE);
	uint64_t now = rb_load_acquire(&page->who);
	if (rb_who_state(now) != RB_CONTENT || rb_seq(now) != seq)
		return -1;
	it->seq = seq;
	if (image.end <= image.from && !image.closed) {
		/* Stands before an uncommitted event, or has all there is. */
		it->off = image.from;
		enum rb_ahead ahead = rb_ahead(it->rb, v, seq, image.from);
		it->closed = ahead == RB_AHEAD_PASS;
		return ahead == RB_AHEAD_WAIT ? 0 : -1;
	}
	it->off = image.end;
	it->closed = image.closed;
	if (!image.entries)
		return -1;
	rb_image_finish(&image, 0);
	it->pos = 0;
	it->loaded = true;
	it->loads++;
	return 1;
}

static void load(struct rb_iter *it)
{
	it->loaded = false;
	pthread_rwlock_rdlock(&it->rb->shape);
	struct rb_view *v = rb_view(it->rb, it->cpu);
	if (image_fits(it, v->size)) {
		if (it->generation != v->generation)
			start(it, v);
		for (uint64_t tries = 0; tries < v->npages + OVERTAKEN_MAX; tries++)
			if (load_once(it, v) >= 0)
				break;
	}
	pthread_rwlock_unlock(&it->rb->shape);
}

uint64_t rb_iter_loads(const struct rb_iter *it)
{
	return it->loads;
}

bool rb_iter_peek(struct rb_iter *it, struct rb_event *out)
{
	if (!it->peeked) {
		while (!it->loaded || !rb_page_next(it->image, it->size, &it->pos, &it->ts, &it->event)) {
			load(it);
			if (!it->loaded)
				return false;
		}
		it->event.lost = it->lost;
		it->lost = 0;
		it->index++;
		it->peeked = true;
	}
	*out = it->event;
	return true;
}

void rb_iter_next(struct rb_iter *it)
{
	struct rb_event event;
	if (!it->peeked)
		rb_iter_peek(it, &event);
	it->peeked = false;
}
