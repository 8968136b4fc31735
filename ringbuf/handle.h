/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RINGBUF_HANDLE_H
#define RINGBUF_HANDLE_H
/*
 * What a process keeps of a mapped buffer. Geometry is copied out of the mapping and checked once: nobody trusts it
 * twice.
 */
#include <pthread.h>

#include "core.h"

/* A view and the mapping that it looks at. */
struct rb_area {
	struct rb_view view; /* first: rb_area_of() */
	uint64_t offset;     /* in the file */
	void *map;
	size_t map_len;
	struct rb_area *retired; /* next in rb.retired */
};

struct rb {
	struct rb_header *header;
	struct rb_ctl *ctl;
	struct rb_writer *writers;
	uint64_t id; /* no other handle of this process has it, nor had it */
	size_t head_len;
	int fd;
	unsigned cpus;
	/* readers of this process hold it shared, changes of shape exclusively; writers never */
	pthread_rwlock_t shape;
	pthread_mutex_t remap;
	struct rb_area *retired; /* views replaced while writers of this process may hold them */
	struct rb_view *view[];  /* release store; acquire load */
};

static inline struct rb_area *rb_area_of(struct rb_view *v)
{
	return (struct rb_area *)(void *)v;
}

/* map.c */
struct rb_view *rb_view_reload(struct rb *rb, unsigned cpu);
int rb_area_create(struct rb *rb, unsigned cpu, uint64_t npages, uint32_t subbuf_size, struct rb_view **out);
void rb_area_adopt(struct rb *rb, unsigned cpu, struct rb_view *view);
void rb_view_destroy(struct rb_view *view);
void rb_ctl_empty(struct rb_view *v);
int rb_pages_for(uint64_t size, uint32_t subbuf_size, uint64_t *npages);
bool rb_memory_for(uint64_t bytes);

/*
 * The CPU's view for a process that has the whole file mapped at base, or will: it may be filled in by another. 0 or
 * -EINVAL.
 */
int rb_view_elsewhere(struct rb *rb, unsigned cpu, void *base, struct rb_view *out);

/* The CPU's view; mapped anew when another process gave the buffer a new shape. */
static inline struct rb_view *rb_view(struct rb *rb, unsigned cpu)
{
	struct rb_view *v = __atomic_load_n(&rb->view[cpu], __ATOMIC_ACQUIRE);
	if (rb_likely(rb_view_current(v)))
		return v;
	return rb_view_reload(rb, cpu);
}

/*
 * resize.c, for swap.c: fill a new area with the newest events of an old one, under the state that its control line
 * has.
 */
void rb_move_newest(struct rb_view *to, struct rb_view *from);

/* wait.c */
void rb_wake_sleepers(uint32_t *futex);

/* writers.c */
/* When a thread began: what a line says of it beside its number. 0: not known. */
uint64_t rb_thread_start(uint32_t tid);
/*
 * A line for a thread, which may be another process's; NULL: RB_WRITERS threads that live have one. It keeps it until
 * it ends.
 */
struct rb_writer *rb_writer_claim(struct rb *rb, uint32_t tid, uint64_t start);
/* Who has reserved an uncommitted place. */
enum rb_holder {
	RB_HELD,    /* a thread that may live */
	RB_SETTLED, /* nobody any more: it was committed, or its writer was dead and it is discarded now */
	RB_NOBODY,  /* nobody who lives, and what was reserved there is not known */
};
/* thorough: take the trouble to find out about zombies and numbers that were given again. */
enum rb_holder rb_holder_of(struct rb *rb, const struct rb_view *v, uint64_t pos, bool thorough);
/* Writers of cpu are quiet: whatever their lines say is open in its buffer is not. */
void rb_writers_forget(struct rb *rb, unsigned cpu);
#endif
