// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing with a handle: what core.h leaves to the process is the view of now, the thread's line, libc's clock and a
 * futex.
 */
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "handle.h"

/*
 * The thread, and its lines in the buffers that it wrote to last: of several with the same place in the array, in the
 * last one.
 */
#define KNOWN 8
static _Thread_local struct {
	uint32_t tid; /* 0: not asked yet */
	uint64_t start;
	struct {
		uint64_t id; /* rb.id; 0: none */
		struct rb_writer *writer;
	} known[KNOWN];
} self;

static void forget_parent(void)
{
	memset(&self, 0, sizeof(self));
}

static void watch_forks(void)
{
	pthread_atfork(NULL, NULL, forget_parent);
}

static struct rb_writer *__attribute__((noinline)) find_self(struct rb *rb)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, watch_forks);
	if (!self.tid) {
		self.tid = (uint32_t)syscall(SYS_gettid);
		self.start = rb_thread_start(self.tid);
	}
	struct rb_writer *w = rb_writer_claim(rb, self.tid, self.start);
	if (w) {
		self.known[rb->id % KNOWN].id = rb->id;
		self.known[rb->id % KNOWN].writer = w;
	}
	return w;
}

/* The calling thread's line; NULL: RB_WRITERS threads that live have one. */
static inline struct rb_writer *writer_self(struct rb *rb)
{
	unsigned place = rb->id % KNOWN;
	return rb_likely(self.known[place].id == rb->id) ? self.known[place].writer : find_self(rb);
}

uint32_t rb_max_event(struct rb *rb)
{
	pthread_rwlock_rdlock(&rb->shape);
	uint32_t len = rb_core_max_event(rb_view(rb, 0));
	pthread_rwlock_unlock(&rb->shape);
	return len;
}

uint32_t rb_writer_max_event(struct rb *rb)
{
	return rb_core_max_event(rb_view(rb, 0));
}

bool rb_reserve(struct rb *rb, unsigned cpu, uint32_t len, struct rb_slot *slot)
{
	if (rb_unlikely(cpu >= rb->cpus || !rb_core_recording(rb->header)))
		return false;
	struct rb_view *v = rb_view(rb, cpu);
	if (rb_unlikely(len > rb_core_max_event(v)))
		return false; /* the counter clock does not count it */
	struct rb_writer *writer = writer_self(rb);
	if (rb_unlikely(!writer)) {
		rb_add(&v->ctl->commit_overrun, 1);
		return false;
	}
	return rb_core_reserve(rb->header, v, writer, rb_core_now(rb->header, clock_gettime), len, slot);
}

bool rb_reserve_at(struct rb *rb, unsigned cpu, uint64_t ts, uint32_t len, struct rb_slot *slot)
{
	if (cpu >= rb->cpus || !rb_core_recording(rb->header))
		return false;
	struct rb_view *v = rb_view(rb, cpu);
	struct rb_writer *writer = writer_self(rb);
	return writer && rb_core_reserve(rb->header, v, writer, ts, len, slot);
}

void rb_commit(struct rb *rb, struct rb_slot *slot)
{
	rb_core_commit(rb->header, slot, rb_wake_sleepers);
}

void rb_discard(struct rb *rb, struct rb_slot *slot)
{
	rb_core_discard(rb->header, slot, rb_wake_sleepers);
}

bool rb_write(struct rb *rb, unsigned cpu, const void *data, uint32_t len)
{
	struct rb_slot slot;
	if (!rb_reserve(rb, cpu, len, &slot))
		return false;
	memcpy(slot.data, data, len);
	rb_commit(rb, &slot);
	return true;
}
