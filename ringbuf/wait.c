// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for events.
 *
 * ctl.want is 0 while nobody waits: a commit then costs one relaxed load. Else it is
 *     seq << 24 | stamp << 1 | 1
 * and the commit that finds the writers' seq at or past it bumps header.wake, wakes all sleepers, and only then clears
 * want: a writer killed half way leaves want set, and the next commit wakes again. The stamp differs at each arming, so
 * a late clearing cannot take away a newer want.
 *
 * The race: a writer stores its event, then loads want; a waiter stores want, then looks for events. Without a full
 * fence on both sides each may miss the other. The writer's is the locked add to rb_page.done between the two; the
 * waiter's is the CAS that arms want.
 */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "read.h"

#define STAMP_MASK ((1u << (RB_OFF_BITS - 1)) - 1)

static long futex(uint32_t *word, int op, uint32_t value, const struct timespec *timeout)
{
	return syscall(SYS_futex, word, op, value, timeout, NULL, FUTEX_BITSET_MATCH_ANY);
}

void rb_wake_sleepers(uint32_t *word)
{
	futex(word, FUTEX_WAKE, INT_MAX, NULL);
}

void rb_kick(struct rb *rb)
{
	__atomic_fetch_add(&rb->header->kicks, 1, __ATOMIC_SEQ_CST); /* before wake: who is woken by that sees it */
	/* pairs with rb_wait's load: a sleeper sees it, or is woken */
	__atomic_fetch_add(&rb->header->wake, 1, __ATOMIC_SEQ_CST);
	rb_wake_sleepers(&rb->header->wake);
}

/*
 * The seq that writers must have reached for percent of v to be full; sub-buffers half written do not count, as in the
 * kernel.
 */
static uint64_t seq_for(const struct rb_view *v, int percent)
{
	if (percent <= 0)
		return 0;
	uint64_t pages = (v->npages * (unsigned)(percent > 100 ? 100 : percent) + 99) / 100;
	uint64_t who, skip;
	uint64_t head = rb_oldest(v, rb_load(&v->ctl->head), &who, &skip);
	if (!head)
		head = rb_load(&v->ctl->head);
	return head + pages - 1;
}

bool rb_empty(struct rb *rb, int cpu)
{
	return !rb_ready(rb, cpu, 0);
}

static bool cpu_ready(struct rb *rb, const struct rb_view *v, int percent)
{
	return rb_has_data(rb, v) && rb_seq(rb_load_acquire(&v->ctl->pos)) >= seq_for(v, percent);
}

/* The CPUs that a call means: from *first to the one returned, exclusive. */
static unsigned cpu_range(const struct rb *rb, int cpu, unsigned *first)
{
	*first = cpu < 0 ? 0 : (unsigned)cpu;
	return cpu < 0 ? rb->cpus : (unsigned)cpu + 1;
}

bool rb_ready(struct rb *rb, int cpu, int percent)
{
	unsigned i, end = cpu_range(rb, cpu, &i);
	if (end > rb->cpus)
		return false;
	bool ready = false;
	pthread_rwlock_rdlock(&rb->shape);
	for (; i < end && !ready; i++)
		ready = cpu_ready(rb, rb_view(rb, i), percent);
	pthread_rwlock_unlock(&rb->shape);
	return ready;
}

/* Ask the writers of v for a wake-up; of several waiters the least patient decides, the others look again then. */
static void arm(struct rb_view *v, int percent)
{
	uint64_t seq = seq_for(v, percent);
	uint64_t old = rb_load(&v->ctl->want), want;
	do {
		uint64_t sooner = old && rb_seq(old) < seq ? rb_seq(old) : seq;
		want = rb_pos(sooner, (((old >> 1) + 1) & STAMP_MASK) << 1 | 1);
		/* A cleared want loses its stamp: take one that no other arming is likely to have had. */
		if (!old)
			want = rb_pos(seq,
				      ((rb_load(&v->ctl->pos) >> 2 ^ (uintptr_t)&want >> 4) & STAMP_MASK) << 1 | 1);
	} while (!__atomic_compare_exchange_n(&v->ctl->want, &old, want, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
}

static void arm_range(struct rb *rb, int cpu, int percent)
{
	unsigned i, end = cpu_range(rb, cpu, &i);
	pthread_rwlock_rdlock(&rb->shape);
	for (; i < end; i++)
		arm(rb_view(rb, i), percent);
	pthread_rwlock_unlock(&rb->shape);
}

int rb_wait(struct rb *rb, int cpu, int percent, int64_t timeout_ns)
{
	if (cpu >= (int)rb->cpus)
		return -EINVAL;
	struct rb_header *header = rb->header;
	uint32_t kicks = rb_load(&header->kicks);
	struct timespec deadline;
	if (timeout_ns >= 0) {
		clock_gettime(CLOCK_MONOTONIC, &deadline);
		deadline.tv_sec += timeout_ns / 1000000000;
		deadline.tv_nsec += timeout_ns % 1000000000;
		if (deadline.tv_nsec >= 1000000000) {
			deadline.tv_sec++;
			deadline.tv_nsec -= 1000000000;
		}
	}
	for (;;) {
		uint32_t wake = __atomic_load_n(&header->wake, __ATOMIC_SEQ_CST);
		if (rb_ready(rb, cpu, percent))
			return 0;
		if (rb_load(&header->kicks) != kicks)
			return -ECANCELED;
		arm_range(rb, cpu, percent);
		if (rb_ready(rb, cpu, percent))
			return 0;
		if (futex(&header->wake, FUTEX_WAIT_BITSET, wake, timeout_ns >= 0 ? &deadline : NULL) == 0)
			continue;
		if (errno == EINTR || errno == ETIMEDOUT)
			return -errno;
		/* EAGAIN: woken between the load and the sleep */
	}
}
