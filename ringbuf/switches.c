// SPDX-License-Identifier: GPL-2.0-only
/* What a handle says of itself, and its switches. */
#include "handle.h"

int rb_fd(const struct rb *rb)
{
	return rb->fd;
}

unsigned rb_cpus(const struct rb *rb)
{
	return rb->cpus;
}

uint32_t rb_subbuf_size(struct rb *rb)
{
	pthread_rwlock_rdlock(&rb->shape);
	uint32_t size = rb_view(rb, 0)->size;
	pthread_rwlock_unlock(&rb->shape);
	return size;
}

uint64_t rb_size(struct rb *rb, unsigned cpu)
{
	if (cpu >= rb->cpus)
		return 0;
	pthread_rwlock_rdlock(&rb->shape);
	struct rb_view *v = rb_view(rb, cpu);
	uint64_t size = v->npages * rb_capacity(v);
	pthread_rwlock_unlock(&rb->shape);
	return size;
}

enum rb_clock rb_clock(const struct rb *rb)
{
	return rb_load(&rb->header->clock);
}

uint64_t rb_now(struct rb *rb)
{
	if (rb_clock(rb) == RB_CLOCK_COUNTER) /* looking does not count */
		return rb_load(&rb->header->counter);
	return rb_core_now(rb->header, clock_gettime);
}

static void set_flag(struct rb *rb, uint32_t flag, bool on)
{
	if (on)
		__atomic_fetch_or(&rb->header->flags, flag, __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(&rb->header->flags, ~flag, __ATOMIC_RELAXED);
}

bool rb_overwrite(const struct rb *rb)
{
	return rb_load(&rb->header->flags) & RB_FLAG_OVERWRITE;
}

void rb_set_overwrite(struct rb *rb, bool on)
{
	set_flag(rb, RB_FLAG_OVERWRITE, on);
}

bool rb_recording(const struct rb *rb)
{
	return rb_load(&rb->header->flags) & RB_FLAG_RECORDING;
}

void rb_set_recording(struct rb *rb, bool on)
{
	set_flag(rb, RB_FLAG_RECORDING, on);
}

bool rb_paused(const struct rb *rb)
{
	return rb_load(&rb->header->flags) & RB_FLAG_PAUSED;
}

void rb_set_paused(struct rb *rb, bool on)
{
	set_flag(rb, RB_FLAG_PAUSED, on);
}
