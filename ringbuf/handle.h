/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RINGBUF_HANDLE_H
#define RINGBUF_HANDLE_H
/* What a process keeps of a mapped buffer. Geometry is copied out of the mapping and checked once: nobody trusts it twice. */
#include <pthread.h>

#include "layout.h"
#include "ringbuf.h"

/* One CPU's area, as mapped here. Never changes; a new geometry is a new view. */
struct rb_view {
	struct rb_ctl *ctl;
	struct rb_page *pages;
	uint8_t *data;
	uint64_t npages;
	uint64_t reciprocal; /* 2^64 / npages, rounded down */
	uint32_t size; /* of a sub-buffer */
	uint32_t shift; /* its log2 */
	uint64_t generation;
	uint64_t area; /* its offset in the file */
	void *map;
	size_t map_len;
	struct rb_view *retired; /* next in rb.retired */
};

struct rb {
	struct rb_header *header;
	struct rb_ctl *ctl;
	size_t head_len;
	int fd;
	unsigned cpus;
	pthread_rwlock_t shape; /* readers of this process hold it shared, changes of shape exclusively; writers never */
	pthread_mutex_t remap;
	struct rb_view *retired; /* views replaced while writers of this process may hold them */
	struct rb_view *view[]; /* release store; acquire load */
};

struct rb_view *rb_view_reload(struct rb *rb, unsigned cpu);

/* The CPU's view; mapped anew when another process gave the buffer a new shape. */
static inline struct rb_view *rb_view(struct rb *rb, unsigned cpu)
{
	struct rb_view *v = __atomic_load_n(&rb->view[cpu], __ATOMIC_ACQUIRE);
	if (rb_likely(v->generation == rb_load(&v->ctl->generation)))
		return v;
	return rb_view_reload(rb, cpu);
}

static inline uint64_t rb_index(const struct rb_view *v, uint64_t seq)
{
	/* The reciprocal is rounded down, so the quotient is right or one too small. */
	uint64_t quotient = (unsigned __int128)seq * v->reciprocal >> 64;
	uint64_t rest = seq - quotient * v->npages;
	return rest >= v->npages ? rest - v->npages : rest;
}

static inline struct rb_page *rb_page_of(const struct rb_view *v, uint64_t seq)
{
	return &v->pages[rb_index(v, seq)];
}

static inline uint8_t *rb_data_of(const struct rb_view *v, uint64_t seq)
{
	return v->data + (rb_index(v, seq) << v->shift);
}

static inline uint32_t rb_capacity(const struct rb_view *v)
{
	return v->size - RB_PAGE_HEADER;
}

/* map.c, for resize.c */
int rb_area_create(struct rb *rb, unsigned cpu, uint64_t npages, uint32_t subbuf_size, struct rb_view **out);
void rb_area_adopt(struct rb *rb, unsigned cpu, struct rb_view *view);
void rb_view_destroy(struct rb_view *view);
void rb_ctl_empty(struct rb_view *v); /* resize.c */
/* resize.c, for swap.c: fill a new area with the newest events of an old one, under the state that its control line has. */
void rb_move_newest(struct rb_view *to, struct rb_view *from);
int rb_pages_for(uint64_t size, uint32_t subbuf_size, uint64_t *npages);
bool rb_subbuf_size_ok(uint32_t subbuf_size);
bool rb_memory_for(uint64_t bytes);

/* clock.c */
uint64_t rb_clock_read(struct rb_header *header, uint32_t clock);

/* wait.c */
void rb_wake(struct rb *rb, struct rb_ctl *ctl, uint64_t want);
#endif
