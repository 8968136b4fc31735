// SPDX-License-Identifier: GPL-2.0-only
/* Counters: none is summed over sub-buffers, so that a large buffer costs what a small one does. */
#include <errno.h>
#include <string.h>

#include "read.h"

/* Never below zero, whatever a killed writer left uncounted. */
static uint64_t minus(uint64_t a, uint64_t b)
{
	return a - b > a ? 0 : a - b;
}

uint64_t rb_view_written(const struct rb_view *v)
{
	uint64_t closed, open, pos;
	int looks = 0;
	do {
		pos = rb_load_acquire(&v->ctl->pos);
		closed = rb_load(&v->ctl->written);
		const struct rb_page *page = rb_page_of(v, rb_seq(pos));
		uint64_t who = rb_load_acquire(&page->who), done = rb_load_acquire(&page->done);
		bool there = rb_who_state(who) == RB_CONTENT && rb_seq(who) == rb_seq(pos);
		open = there && !rb_done_closed(done) ? rb_done_entries(done) : 0;
	} while (rb_seq(rb_load_acquire(&v->ctl->pos)) != rb_seq(pos) && looks++ < OVERTAKEN_MAX);
	return closed + open;
}

static uint64_t unread(const struct rb_view *v)
{
	uint64_t gone = rb_load(&v->ctl->overrun) + rb_load(&v->ctl->read);
	return minus(rb_view_written(v), gone);
}

static uint64_t sum(struct rb *rb, int cpu, uint64_t (*count)(const struct rb_view *))
{
	uint64_t all = 0;
	unsigned i = cpu < 0 ? 0 : (unsigned)cpu, end = cpu < 0 ? rb->cpus : i + 1;
	pthread_rwlock_rdlock(&rb->shape);
	for (; i < end && i < rb->cpus; i++)
		all += count(rb_view(rb, i));
	pthread_rwlock_unlock(&rb->shape);
	return all;
}

uint64_t rb_entries(struct rb *rb, int cpu)
{
	return sum(rb, cpu, unread);
}

uint64_t rb_written(struct rb *rb, int cpu)
{
	return sum(rb, cpu, rb_view_written);
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
	out->entries = unread(v);
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
