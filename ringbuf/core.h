/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RINGBUF_CORE_H
#define RINGBUF_CORE_H
/*
 * What a writer needs, wherever it runs: reserve and commit on one CPU's buffer that is mapped at some address.
 *
 * This side (write.c, claim.c, clock.c) uses no library, no thread-local data and no memory of its own, so it also
 * compiles freestanding, for a writer inside another process (tests/ringbuf/test_freestanding.py). What differs between
 * processes is handed in:
 *
 *     header, view     where the buffer is mapped; a view is made from offsets by rb_view_init()
 *     writer           the thread's line in the buffer's table of writers; rb_writer_claim() finds one (writers.c)
 *     now              the time stamp; rb_core_now() reads the buffer's clock with the process's clock_gettime()
 *     wake             what wakes those who sleep on a futex word; called only when somebody waits
 *
 * The other side, for processes that have a handle (struct rb, handle.h): ringbuf.h.
 */
#include <time.h>

#include "layout.h"
#include "ringbuf.h"

/* One CPU's area as it is mapped for its user. Never changes: a new geometry is a new view. */
struct rb_view {
	struct rb_ctl *ctl;
	struct rb_page *pages;
	uint8_t *data;
	uint64_t npages;
	uint64_t reciprocal; /* 2^64 / npages, rounded down */
	uint32_t size;       /* of a sub-buffer, bytes */
	uint32_t shift;      /* its log2 */
	uint32_t cpu;
	uint64_t generation; /* of the geometry: while ctl.generation is another one, this view is not to be used */
};

/*
 * Fill a view in. ctl and area: where the CPU's control line and its area are mapped for who will use the view, which
 * may be another process: neither is read here. False: no such geometry.
 */
static inline bool rb_view_init(struct rb_view *v, unsigned cpu, void *ctl, void *area, uint64_t npages,
				uint32_t subbuf_size, uint64_t generation)
{
	if (!rb_subbuf_size_ok(subbuf_size) || npages < 2 || npages > RB_MAX_PAGES)
		return false;
	*v = (struct rb_view){
		.ctl = ctl,
		.pages = area,
		.data = (uint8_t *)area + rb_state_bytes(npages),
		.npages = npages,
		.reciprocal = UINT64_MAX / npages,
		.size = subbuf_size,
		.shift = (uint32_t)__builtin_ctz(subbuf_size),
		.cpu = cpu,
		.generation = generation,
	};
	return true;
}

/* Whether the view still has the buffer's geometry. Relaxed: who changes the geometry keeps writers out meanwhile. */
static inline bool rb_view_current(const struct rb_view *v)
{
	return v->generation == rb_load(&v->ctl->generation);
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

/* Bytes of the longest event. */
static inline uint32_t rb_core_max_event(const struct rb_view *v)
{
	return rb_capacity(v) - 8;
}

/* Whether events are taken at all. Relaxed: a writer may see a switch late. */
static inline bool rb_core_recording(const struct rb_header *header)
{
	return (rb_load(&header->flags) & (RB_FLAG_RECORDING | RB_FLAG_PAUSED)) == RB_FLAG_RECORDING;
}

/* clock.c: the buffer's clock, ns or ticks. gettime: clock_gettime(2), from wherever the process has it. */
typedef int rb_gettime(clockid_t clock, struct timespec *ts);
uint64_t rb_core_now(struct rb_header *header, rb_gettime *gettime);

/* write.c */
/*
 * Reserve len bytes, stamped ts (or the time of the last reservation, where that is later). False: dropped and counted,
 * or longer than rb_core_max_event(). The caller has looked at rb_core_recording() and rb_view_current().
 */
bool rb_core_reserve(struct rb_header *header, const struct rb_view *v, struct rb_writer *writer, uint64_t ts,
		     uint32_t len, struct rb_slot *slot);
typedef void rb_wake(uint32_t *futex); /* wake all that sleep on it, of any process */
void rb_core_commit(struct rb_header *header, struct rb_slot *slot, rb_wake *wake);
void rb_core_discard(struct rb_header *header, struct rb_slot *slot, rb_wake *wake);
#endif
