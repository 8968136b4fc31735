// SPDX-License-Identifier: GPL-2.0-only
/* Changes of shape. Writers are quiet (the caller sees to it), readers of this process are locked out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "page.h"
#include "read.h"

/*
 * Put the unread, committed events of a sub-buffer into its slot of the new area, and close it, unless open_at says
 * where writers go on in it (0: nowhere). Returns the bytes of its events; *open tells whether it was left open.
 */
static uint32_t move_subbuf(struct rb_view *to, struct rb_view *from, uint64_t seq, uint64_t skip, uint32_t open_at,
			    uint32_t *entries, bool *open)
{
	struct rb_page *page = rb_page_of(to, seq);
	struct rb_image image = {.page = rb_data_of(to, seq), .size = to->size, .from = rb_off(skip)};
	rb_image_copy(&image, rb_data_of(from, seq), rb_load(&rb_page_of(from, seq)->done));
	rb_image_finish(&image, 0);
	memset(image.page + 8, 0, 8);
	/*
	 * With an event that will never be committed before it, the next one could not say its time: its delta is to
	 * that.
	 */
	*open = image.end == open_at && open_at < to->size;
	uint32_t end = RB_PAGE_HEADER + image.bytes, bytes = image.bytes;
	uint32_t closing = *open ? 0 : RB_DONE_CLOSING;
	if (!*open && end < to->size) {
		page->used = image.bytes;
		memcpy(image.page + end, &(uint32_t){RB_TYPE_PADDING}, 4);
		bytes = rb_capacity(to);
	}
	page->who = rb_who(seq, RB_CONTENT, 0);
	page->skip = rb_pos(0, RB_PAGE_HEADER);
	page->done = (uint64_t)image.entries << 32 | closing | bytes;
	*entries = image.entries;
	return image.bytes;
}

/* Fill the new area with the newest events of the old one; what is left behind is overrun. */
void rb_move_newest(struct rb_view *to, struct rb_view *from)
{
	struct rb_ctl *ctl = to->ctl;
	uint64_t tail = rb_seq(ctl->pos), who, skip;
	uint64_t written = rb_view_written(from), unread = written - ctl->overrun - ctl->read;
	uint64_t first = tail >= to->npages ? tail - to->npages + 1 : 1;
	uint64_t kept = 0, closed = 0;
	uint32_t entries = 0;
	uint32_t end = to->size;
	bool open = false;
	if (first < ctl->head)
		first = ctl->head;
	for (uint64_t seq = rb_oldest(from, first, &who, &skip); seq; seq = rb_oldest(from, seq + 1, &who, &skip)) {
		uint32_t bytes = move_subbuf(to, from, seq, skip, seq == tail ? rb_off(ctl->pos) : 0, &entries, &open);
		kept += entries;
		if (open)
			end = RB_PAGE_HEADER + bytes;
		else
			closed += bytes;
	}
	if (unread > kept && unread <= written)
		ctl->overrun += unread - kept;
	ctl->written = written - (open ? entries : 0);
	/* A last sub-buffer that is closed, or no longer exists, is left as full: the next event enters a new one. */
	ctl->pos = rb_pos(tail, end);
	ctl->bytes_closed = closed - (open ? 0 : rb_capacity(to));
	ctl->bytes_gone = 0;
}

static int resize_cpu(struct rb *rb, unsigned cpu, uint64_t npages)
{
	struct rb_view *v, *old = rb_view(rb, cpu);
	if (old->npages == npages)
		return 0;
	if (npages > old->npages && !rb_memory_for((npages - old->npages) * old->size))
		return -ENOMEM;
	int error = rb_area_create(rb, cpu, npages, old->size, &v);
	if (error)
		return error;
	rb_move_newest(v, old);
	rb_writers_forget(rb, cpu);
	rb_area_adopt(rb, cpu, v);
	return 0;
}

static bool cpu_range(const struct rb *rb, int cpu, unsigned *first, unsigned *end)
{
	*first = cpu < 0 ? 0 : (unsigned)cpu;
	*end = cpu < 0 ? rb->cpus : (unsigned)cpu + 1;
	return *end <= rb->cpus;
}

int rb_resize(struct rb *rb, uint64_t size, int cpu)
{
	unsigned i, end;
	if (!cpu_range(rb, cpu, &i, &end))
		return -EINVAL;
	pthread_rwlock_wrlock(&rb->shape);
	uint64_t npages = 0, more = 0;
	int error = rb_pages_for(size, rb_view(rb, i)->size, &npages);
	for (unsigned c = i; c < end && !error; c++)
		if (npages > rb_view(rb, c)->npages)
			more += (npages - rb_view(rb, c)->npages) * rb_view(rb, c)->size;
	if (!error && !rb_memory_for(more))
		error = -ENOMEM;
	for (; i < end && !error; i++)
		error = resize_cpu(rb, i, npages);
	pthread_rwlock_unlock(&rb->shape);
	return error;
}

/* A new, empty area for the CPU. */
static int replace_cpu(struct rb *rb, unsigned cpu, uint64_t npages, uint32_t subbuf_size)
{
	struct rb_view *v;
	int error = rb_area_create(rb, cpu, npages, subbuf_size, &v);
	if (error)
		return error;
	rb_ctl_empty(v);
	rb_writers_forget(rb, cpu);
	rb_area_adopt(rb, cpu, v);
	return 0;
}

int rb_set_subbuf_size(struct rb *rb, uint32_t subbuf_size)
{
	if (!rb_subbuf_size_ok(subbuf_size))
		return -EINVAL;
	pthread_rwlock_wrlock(&rb->shape);
	int error = 0;
	for (unsigned i = 0; i < rb->cpus && !error; i++) {
		struct rb_view *v = rb_view(rb, i);
		uint64_t npages;
		error = rb_pages_for(v->npages * rb_capacity(v), subbuf_size, &npages);
		if (!error)
			error = replace_cpu(rb, i, npages, subbuf_size);
	}
	pthread_rwlock_unlock(&rb->shape);
	return error;
}

static int reset_range(struct rb *rb, unsigned i, unsigned end)
{
	int error = 0;
	for (; i < end && !error; i++) {
		struct rb_view *v = rb_view(rb, i);
		error = replace_cpu(rb, i, v->npages, v->size);
	}
	return error;
}

int rb_reset(struct rb *rb, int cpu)
{
	unsigned i, end;
	if (!cpu_range(rb, cpu, &i, &end))
		return -EINVAL;
	pthread_rwlock_wrlock(&rb->shape);
	int error = reset_range(rb, i, end);
	pthread_rwlock_unlock(&rb->shape);
	return error;
}

int rb_set_clock(struct rb *rb, enum rb_clock clock)
{
	if (clock >= RB_CLOCK_COUNT)
		return -EINVAL;
	pthread_rwlock_wrlock(&rb->shape);
	int error = reset_range(rb, 0, rb->cpus);
	if (!error)
		rb_store(&rb->header->clock, clock);
	pthread_rwlock_unlock(&rb->shape);
	return error;
}
