/* SPDX-License-Identifier: GPL-2.0-only */
/* CPU affinities by the bare system calls: usable in a process that has nothing else. */
#ifndef TRACEFS_CAPTURE_PTRACE_AFFINITY_H
#define TRACEFS_CAPTURE_PTRACE_AFFINITY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define AFFINITY_WORDS 16 /* 1024 CPUs; where there are more, nobody is moved */

struct affinity {
	uint64_t cpu[AFFINITY_WORDS];
};

bool affinity_get(pid_t tid, struct affinity *out); /* 0: the calling thread. false: gone, or more CPUs than fit */
bool affinity_set(pid_t tid, const struct affinity *to);

static inline bool affinity_has(const struct affinity *a, int cpu)
{
	return cpu >= 0 && cpu < 64 * AFFINITY_WORDS && a->cpu[cpu / 64] >> cpu % 64 & 1;
}

static inline int affinity_count(const struct affinity *a)
{
	int count = 0;
	for (int i = 0; i < AFFINITY_WORDS; i++)
		count += __builtin_popcountll(a->cpu[i]);
	return count;
}

static inline struct affinity affinity_only(int cpu)
{
	struct affinity a = {0};
	a.cpu[cpu / 64] = 1ull << cpu % 64;
	return a;
}

#endif
