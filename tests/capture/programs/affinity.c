/* SPDX-License-Identifier: GPL-2.0-only */
/* sched_getaffinity tells what the program itself set, of itself, another thread and a child; inherited as untraced. */
#define HAS_ROLES
#include "check.h"

static cpu_set_t all; /* as this process found it */

static void expect(pid_t tid, const cpu_set_t *set)
{
	cpu_set_t got;
	unsigned long raw[16] = {0};

	CPU_ZERO(&got);
	CHECK_EQ(sched_getaffinity(tid, sizeof(got), &got), 0);
	CHECK(CPU_EQUAL(&got, set));
	CHECK(syscall(SYS_sched_getaffinity, tid, sizeof(raw), raw) >= 8);
	CHECK(memcmp(raw, set, sizeof(raw)) == 0);
	CHECK(syscall(SYS_sched_getaffinity, tid, 3, raw) == -1 && errno == EINVAL);
}

static cpu_set_t only(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return set;
}

/* role(cpu): executed with the affinity that was set before. */
static int role(char **argv)
{
	cpu_set_t set = only(atoi(argv[0]));

	expect(0, &set);
	return 31;
}

static _Atomic pid_t other;
static _Atomic int leave;

static void *other_thread(void *argument)
{
	expect(0, &all);
	other = (pid_t)syscall(SYS_gettid); /* from now on the others may change it */
	while (!leave)
		pause_us(100);
	return argument;
}

static void behaviour(void)
{
	int cpus[2] = {-1, -1};
	cpu_set_t one;
	pthread_t t;
	pid_t child;
	char cpu[16];
	char *argv[] = {self, cpu, NULL};

	if (CPU_COUNT(&all) == 0)
		CHECK_EQ(sched_getaffinity(0, sizeof(all), &all), 0);
	for (int i = CPU_SETSIZE - 1; i >= 0; i--)
		if (CPU_ISSET(i, &all)) {
			cpus[0] = i;
			if (cpus[1] < 0)
				cpus[1] = i;
		}
	expect(0, &all);
	expect(getpid(), &all);

	other = leave = 0;
	t = thread(other_thread, NULL);
	while (!other)
		pause_us(50);
	expect(other, &all);
	one = only(cpus[1]);
	CHECK_EQ(sched_setaffinity(other, sizeof(one), &one), 0); /* from outside */
	expect(other, &one);
	expect(0, &all);
	leave = 1;
	CHECK_EQ(pthread_join(t, NULL), 0);
	while (sched_getaffinity(other, sizeof(one), &one) == 0)
		sched_yield(); /* joined is not yet gone */
	CHECK_EQ(errno, ESRCH);

	for (int i = 0; i < 2; i++) {
		one = only(cpus[i]);
		child = fork();
		CHECK(child >= 0);
		if (child == 0) {
			expect(0, &all);
			CHECK_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
			expect(0, &one);
			for (int n = 0; n < 20; n++) {
				CHECK_EQ(sched_getcpu(), cpus[i]);
				pause_us(20);
			}
			pid_t grandchild = fork();

			if (grandchild == 0) {
				expect(0, &one);
				snprintf(cpu, sizeof(cpu), "%d", cpus[i]);
				execv(self, argv);
			}
			check_exited(grandchild, 31);
			CHECK_EQ(sched_setaffinity(0, sizeof(all), &all), 0);
			expect(0, &all);
			_exit(30);
		}
		cpu_set_t got;
		CHECK_EQ(sched_getaffinity(child, sizeof(got), &got), 0);
		CHECK(CPU_EQUAL(&got, &all) || CPU_EQUAL(&got, &one));
		check_exited(child, 30);
	}
	CHECK(sched_setaffinity(0, 0, &one) == -1 && errno == EINVAL);
	expect(0, &all);
}
