// SPDX-License-Identifier: GPL-2.0-only
/* Counters: each is read from one place, none is summed over sub-buffers. */
#include <errno.h>
#include <string.h>

#include "read.h"

/* Never below zero, whatever a killed writer left uncounted. */
static uint64_t minus(uint64_t a, uint64_t b)
{
	return a - b > a ? 0 : a - b;
}

static uint64_t unread(const struct rb_ctl *ctl)
{
	uint64_t gone = rb_load(&ctl->overrun) + rb_load(&ctl->read);
	return minus(rb_load(&ctl->written), gone);
}

static uint64_t sum(struct rb *rb, int cpu, uint64_t (*count)(const struct rb_ctl *))
{
	if (cpu >= 0)
		return (unsigned)cpu < rb->cpus ? count(&rb->ctl[cpu]) : 0;
	uint64_t all = 0;
	for (unsigned i = 0; i < rb->cpus; i++)
		all += count(&rb->ctl[i]);
	return all;
}

static uint64_t written(const struct rb_ctl *ctl)
{
	return rb_load(&ctl->written);
}

uint64_t rb_entries(struct rb *rb, int cpu)
{
	return sum(rb, cpu, unread);
}

uint64_t rb_written(struct rb *rb, int cpu)
{
	return sum(rb, cpu, written);
}

int rb_stats(struct rb *rb, unsigned cpu, struct rb_stats *out)
{
	memset(out, 0, sizeof(*out));
	if (cpu >= rb->cpus)
		return -EINVAL;
	pthread_rwlock_rdlock(&rb->shape);
	struct rb_view *v = rb_view(rb, cpu);
	struct rb_ctl *ctl = v->ctl;
	uint64_t who, skip, pos = rb_load(&ctl->pos);
	out->entries = unread(ctl);
	out->overrun = rb_load(&ctl->overrun);
	out->commit_overrun = rb_load(&ctl->commit_overrun);
	out->bytes = minus(rb_load(&ctl->bytes_closed) + rb_off(pos) - RB_PAGE_HEADER, rb_load(&ctl->bytes_gone));
	uint64_t seq = rb_oldest(v, rb_load(&ctl->head), &who, &skip);
	if (!seq)
		seq = rb_seq(pos); /* all read: the sub-buffer that is written to, as the kernel says */
	out->oldest_ts = rb_load((uint64_t *)(void *)rb_data_of(v, seq));
	out->now_ts = rb_now(rb);
	out->dropped_events = rb_load(&ctl->dropped);
	out->read_events = rb_load(&ctl->read);
	pthread_rwlock_unlock(&rb->shape);
	return 0;
}
