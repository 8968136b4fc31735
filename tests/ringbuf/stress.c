// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writers (threads of one process, or processes that are killed and replaced) against a consuming reader and an
 * iterator.
 *
 *     stress threads|processes overwrite|drop SECONDS SEED
 *
 * Every event says who wrote it, its number and its length, and is filled with a pattern made of these. Exit status 0
 * and a line of figures, or 1 and what was wrong.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ringbuf/ringbuf.h"

enum { WRITERS = 4, IDS = 1 << 16, THREAD_PAGES = 8, PROCESS_PAGES = 352, SUBBUF = 4096 };

struct shared {
	uint64_t taken; /* writes that returned true */
	int stop;
};

struct event {
	uint32_t id, len;
	uint64_t number;
	unsigned char fill[];
} __attribute__((packed, aligned(4))); /* as the buffer aligns events */

static struct shared *shared;
static struct rb *rb;

static void fail(const char *what, uint64_t a, uint64_t b)
{
	printf("FAIL: %s: %llu, %llu\n", what, (unsigned long long)a, (unsigned long long)b);
	fflush(stdout);
	_exit(1);
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static double seconds(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void write_one(uint32_t id, uint64_t number, uint64_t *random)
{
	uint64_t r = next_random(random);
	uint32_t len = sizeof(struct event) + (r % 64 == 0 ? r / 64 % 900 : r / 64 % 100) * 4;
	struct rb_slot slot;
	if (!rb_reserve(rb, 0, len, &slot))
		return;
	struct event *e = slot.data;
	e->id = id;
	e->len = len;
	e->number = number;
	memset(e->fill, (int)(id + number), len - sizeof(*e));
	if (r >> 32 & 15) {
		rb_commit(rb, &slot);
		__atomic_fetch_add(&shared->taken, 1, __ATOMIC_RELAXED);
	} else {
		memset(e, 0xff, len);
		rb_discard(rb, &slot);
	}
}

static void *writer(void *arg)
{
	uint32_t id = (uint32_t)(uintptr_t)arg;
	uint64_t random = 88172645463325252ull + id * 7919u;
	for (uint64_t n = 1; !__atomic_load_n(&shared->stop, __ATOMIC_RELAXED); n++)
		write_one(id, n, &random);
	return NULL;
}

/* What one reader has seen so far. */
struct view {
	uint64_t ts, seen, lost;
	uint64_t number[IDS];
};

static void check(struct view *view, const struct rb_event *event)
{
	const struct event *e = event->data;
	if (event->len < sizeof(*e) || e->len != event->len || e->id >= IDS)
		fail("not an event of ours: length, id", event->len, e->id);
	if (event->ts < view->ts)
		fail("time runs backwards", view->ts, event->ts);
	if (e->number <= view->number[e->id])
		fail("out of order or twice", view->number[e->id], e->number);
	for (uint32_t i = 0; i < e->len - sizeof(*e); i++)
		if (e->fill[i] != (unsigned char)(e->id + e->number))
			fail("torn event", e->id, e->number);
	view->ts = event->ts;
	view->number[e->id] = e->number;
	view->seen++;
}

static bool consume(struct view *view)
{
	static unsigned char page[SUBBUF];
	uint64_t lost, ts;
	int64_t got = rb_read_page_into(rb, 0, page, sizeof(page), &lost);
	if (got < 0)
		fail("read", (uint64_t)-got, 0);
	if (!got)
		return false;
	view->lost += lost;
	uint32_t pos = 0;
	struct rb_event event;
	while (rb_page_next(page, sizeof(page), &pos, &ts, &event))
		check(view, &event);
	return true;
}

static void *consumer(void *arg)
{
	while (!__atomic_load_n(&shared->stop, __ATOMIC_RELAXED))
		if (!consume(arg))
			rb_wait(rb, 0, 0, 1000000);
	return NULL;
}

static void *iterator(void *arg)
{
	struct view *view = arg;
	while (!__atomic_load_n(&shared->stop, __ATOMIC_RELAXED)) {
		struct rb_event event;
		struct rb_iter *it = rb_iter_new(rb, 0);
		memset(view, 0, sizeof(*view));
		for (int n = 0; n < 20000 && rb_iter_peek(it, &event); n++, rb_iter_next(it))
			check(view, &event);
		rb_iter_free(it);
		usleep(200);
	}
	return NULL;
}

static pid_t start_process(uint32_t id)
{
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		writer((void *)(uintptr_t)id);
		_exit(0);
	}
	return pid;
}

/* Kill and replace writers at random until the time is up. Returns how many. */
static uint64_t murder(double until, uint64_t random)
{
	pid_t pids[WRITERS];
	uint32_t id = 0;
	uint64_t kills = 0;
	for (int i = 0; i < WRITERS; i++)
		pids[i] = start_process(id++);
	while (seconds() < until && id < IDS) {
		usleep(next_random(&random) % 20000);
		int i = (int)(next_random(&random) % WRITERS);
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
		kills++;
		pids[i] = start_process(id++);
	}
	for (int i = 0; i < WRITERS; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	return kills + WRITERS;
}

/* All is quiet, writers were killed: the buffer must still take events, and the reader must still get at them. */
static void check_alive(struct view *view, uint64_t pages)
{
	uint64_t random = 1, before = view->seen, events = pages * 40;
	for (uint64_t n = 1; n <= events; n++) {
		write_one(IDS - 1, n, &random);
		if (n % 64 == 0)
			while (consume(view))
				;
	}
	while (consume(view))
		;
	if (view->number[IDS - 1] < events - 64)
		fail("the reader is stuck behind a dead writer", view->seen - before, events);
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	bool processes = !strcmp(argv[1], "processes"), overwrite = !strcmp(argv[2], "overwrite");
	uint64_t pages = processes ? PROCESS_PAGES : THREAD_PAGES, kills = 0;
	double until = seconds() + atof(argv[3]);
	uint64_t seed = strtoull(argv[4], NULL, 0);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int error = rb_create(&rb, 1, pages * (SUBBUF - 16), SUBBUF, overwrite, RB_CLOCK_LOCAL);
	if (error)
		fail("create", (uint64_t)-error, 0);
	struct view *seen = calloc(2, sizeof(*seen));
	pthread_t readers[2], writers[WRITERS];
	pthread_create(&readers[0], NULL, consumer, &seen[0]);
	pthread_create(&readers[1], NULL, iterator, &seen[1]);
	if (processes) {
		kills = murder(until, seed | 1);
	} else {
		for (uintptr_t i = 0; i < WRITERS; i++)
			pthread_create(&writers[i], NULL, writer, (void *)i);
		while (seconds() < until)
			usleep(1000);
	}
	__atomic_store_n(&shared->stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; !processes && i < WRITERS; i++)
		pthread_join(writers[i], NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(readers[i], NULL);
	while (consume(&seen[0]))
		;
	struct rb_stats st;
	rb_stats(rb, 0, &st);
	uint64_t written = rb_written(rb, 0);
	if (st.read_events != seen[0].seen)
		fail("read events", st.read_events, seen[0].seen);
	if (!processes) {
		if (written != shared->taken)
			fail("written", written, shared->taken);
		if (st.entries || st.read_events + st.overrun != written)
			fail("entries after draining, written - read - overrun", st.entries,
			     written - st.read_events - st.overrun);
		if (st.bytes)
			fail("bytes after draining", st.bytes, 0);
		/*
		 * What was lost last is told with the next event. The open sub-buffer may be one that was given up:
		 * then the next may be lost, too.
		 */
		uint64_t random = seed | 1;
		for (uint64_t n = UINT64_MAX / 2; !consume(&seen[0]); n++)
			write_one(0, n, &random);
		rb_stats(rb, 0, &st);
	}
	if (!processes && seen[0].lost != st.overrun)
		fail("lost events told, overrun", seen[0].lost, st.overrun);
	if (!overwrite && !processes && st.overrun)
		fail("overrun without overwriting", st.overrun, 0);
	if (!overwrite && seen[0].seen + st.overrun < shared->taken)
		fail("events that were taken, and neither read nor counted", shared->taken, seen[0].seen + st.overrun);
	if (processes)
		check_alive(&seen[0], pages);
	printf("written %llu read %llu overrun %llu commit_overrun %llu dropped %llu kills %llu\n",
	       (unsigned long long)written, (unsigned long long)st.read_events, (unsigned long long)st.overrun,
	       (unsigned long long)st.commit_overrun, (unsigned long long)st.dropped_events, (unsigned long long)kills);
	free(seen);
	rb_close(rb);
	return 0;
}
