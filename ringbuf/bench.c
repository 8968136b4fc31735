// SPDX-License-Identifier: GPL-2.0-only
#include "bench.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#define LEN_MAX 256u
#define WRITERS_MAX 64u

struct job {
	struct rb *rb;
	unsigned cpu;
	uint32_t len;
	uint64_t count;
	pthread_barrier_t *start;
};

static int64_t nanoseconds(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

static void *write_events(void *arg)
{
	const struct job *job = arg;
	unsigned char data[LEN_MAX] = { 1 };
	pthread_barrier_wait(job->start);
	for (uint64_t i = 0; i < job->count; i++)
		rb_write(job->rb, job->cpu, data, job->len);
	return NULL;
}

int64_t rb_bench_write(struct rb *rb, unsigned cpu, uint32_t len, uint64_t count, unsigned writers)
{
	if (len > LEN_MAX || writers < 1 || writers > WRITERS_MAX)
		return -EINVAL;
	pthread_barrier_t start;
	pthread_barrier_init(&start, NULL, writers + 1);
	struct job job = { rb, cpu, len, count, &start };
	pthread_t threads[WRITERS_MAX];
	for (unsigned i = 0; i < writers; i++)
		if (pthread_create(&threads[i], NULL, write_events, &job))
			return -EAGAIN; /* the others wait at the barrier until the process ends */
	pthread_barrier_wait(&start);
	int64_t begin = nanoseconds();
	for (unsigned i = 0; i < writers; i++)
		pthread_join(threads[i], NULL);
	int64_t took = nanoseconds() - begin;
	pthread_barrier_destroy(&start);
	return took;
}

int64_t rb_bench_bare(struct rb *rb, uint32_t len, uint64_t count)
{
	if (len > LEN_MAX)
		return -EINVAL;
	unsigned char data[LEN_MAX] = { 1 }, target[LEN_MAX];
	int64_t begin = nanoseconds();
	for (uint64_t i = 0; i < count; i++) {
		uint64_t now = rb_now(rb);
		memcpy(data, &now, sizeof(now));
		memcpy(target, data, len);
		__asm__ volatile("" : : "r"(target) : "memory");
	}
	return nanoseconds() - begin;
}
