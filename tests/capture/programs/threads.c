/* SPDX-License-Identifier: GPL-2.0-only */
/* Threads born, joined and detached by several threads at once: each runs exactly once, with an id of its own. */
#include "check.h"

enum { MAKERS = 3, EACH = 6 };

static _Atomic int ran, last;
static _Atomic pid_t seen[MAKERS * EACH];

static void *body(void *argument)
{
	pid_t tid = (pid_t)syscall(SYS_gettid);

	CHECK(tid != getpid());
	seen[(intptr_t)argument] = tid;
	ran++;
	return argument;
}

static void *detached(void *argument)
{
	(void)argument;
	last++;
	return NULL;
}

static void *maker(void *argument)
{
	intptr_t base = (intptr_t)argument * EACH;

	for (intptr_t i = 0; i < EACH; i += 2) {
		pthread_t a = thread(body, (void *)(base + i)), b = thread(body, (void *)(base + i + 1));
		void *result;

		CHECK_EQ(pthread_join(a, &result), 0);
		CHECK_EQ((intptr_t)result, base + i);
		CHECK_EQ(pthread_join(b, &result), 0);
		CHECK_EQ((intptr_t)result, base + i + 1);
		CHECK(seen[base + i] != seen[base + i + 1]);
	}
	pthread_detach(thread(detached, NULL));
	return NULL;
}

static void behaviour(void)
{
	pthread_t makers[MAKERS];
	int64_t limit = now_ns() + 20000000000LL;

	ran = last = 0;
	for (intptr_t i = 0; i < MAKERS; i++)
		makers[i] = thread(maker, (void *)i);
	for (int i = 0; i < MAKERS; i++)
		CHECK_EQ(pthread_join(makers[i], NULL), 0);
	CHECK_EQ(ran, MAKERS * EACH);
	while (last != MAKERS && now_ns() < limit)
		sched_yield();
	CHECK_EQ(last, MAKERS);
}
