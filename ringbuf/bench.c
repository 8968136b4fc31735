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
	int64_t begin, end; /* on the writer's own watch: who waits for it may wake up much later */
};

static int64_t nanoseconds(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

static void *write_events(void *arg)
{
	struct job *job = arg;
	unsigned char data[LEN_MAX] = {1};
	pthread_barrier_wait(job->start);
	job->begin = nanoseconds();
	for (uint64_t i = 0; i < job->count; i++)
		rb_write(job->rb, job->cpu, data, job->len);
	job->end = nanoseconds();
	return NULL;
}

int64_t rb_bench_write(struct rb *rb, unsigned cpu, uint32_t len, uint64_t count, unsigned writers)
{
	if (len > LEN_MAX || writers < 1 || writers > WRITERS_MAX)
		return -EINVAL;
	pthread_barrier_t start;
	pthread_barrier_init(&start, NULL, writers);
	struct job jobs[WRITERS_MAX];
	pthread_t threads[WRITERS_MAX];
	for (unsigned i = 0; i < writers; i++) {
		jobs[i] = (struct job){rb, cpu, len, count, &start, 0, 0};
		if (pthread_create(&threads[i], NULL, write_events, &jobs[i]))
			return -EAGAIN; /* the others wait at the barrier until the process ends */
	}
	int64_t begin = INT64_MAX, end = 0;
	for (unsigned i = 0; i < writers; i++) {
		pthread_join(threads[i], NULL);
		begin = jobs[i].begin < begin ? jobs[i].begin : begin;
		end = jobs[i].end > end ? jobs[i].end : end;
	}
	pthread_barrier_destroy(&start);
	return end - begin;
}
