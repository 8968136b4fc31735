/* SPDX-License-Identifier: GPL-2.0-only */
/* A thousand threads at once: asleep until all are there, then each makes a call or two and ends. */
#include "check.h"

enum { MANY = 1000 };

static pthread_barrier_t all;
static _Atomic int done;

static void *one(void *argument)
{
	pthread_barrier_wait(&all);
	CHECK(syscall(SYS_getppid) > 0);
	done++;
	return argument;
}

static void behaviour(void)
{
	static pthread_t threads[MANY];
	pthread_attr_t attr;

	done = 0;
	CHECK_EQ(pthread_barrier_init(&all, NULL, MANY + 1), 0);
	CHECK_EQ(pthread_attr_init(&attr), 0);
	CHECK_EQ(pthread_attr_setstacksize(&attr, 65536), 0);
	for (int i = 0; i < MANY; i++)
		CHECK_EQ(pthread_create(&threads[i], &attr, one, NULL), 0);
	pause_us(100000); /* asleep, while tracers come and go */
	pthread_barrier_wait(&all);
	for (int i = 0; i < MANY; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	CHECK_EQ(done, MANY);
	CHECK_EQ(pthread_barrier_destroy(&all), 0);
}
