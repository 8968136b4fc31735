/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracefs/capture/ptrace/restart_timeout.h"

#include "tracefs/capture/task/call_facts.h"
#include "tracefs/capture/task/clock.h"
#include "tracefs/capture/task/ptrace_calls.h"
#include "tracefs/events/task_memory.h"

#define NS_PER_MS 1000000ll
/* Beyond this a limit is as good as none, and adding it to the time does not overflow. */
#define LONGEST (CAP_NS_PER_S << 32)

bool cap_limited(uint32_t arch, int64_t nr)
{
	return cap_timeout_of(arch, nr);
}

void cap_limit_begin(struct cap_task *t)
{
	t->restart.began = cap_now_ns();
	t->restart.deadline = 0;
}

/* ns, -1: none */
static int64_t length(const struct cap_task *t, const struct cap_timeout *limit)
{
	uint64_t value = t->call.args[limit->argument];
	struct timespec ts;

	if (limit->milliseconds)
		return (int32_t)value < 0 ? -1 : (int32_t)value * NS_PER_MS;
	if (!value || !task_read(t->tid, value, &ts, sizeof(ts)))
		return -1;
	return ts.tv_sec >= LONGEST / CAP_NS_PER_S ? -1 : ts.tv_sec * CAP_NS_PER_S + ts.tv_nsec;
}

bool cap_limit_over(struct cap_thread *ct, struct cap_task *t, int64_t *result)
{
	const struct cap_timeout *limit = t->entered ? cap_timeout_of(t->call.arch, t->call.nr) : NULL;
	int64_t ns = limit ? length(t, limit) : -1;

	if (ns < 0)
		return false;
	t->restart.deadline = t->restart.began + ns;
	if (t->restart.deadline <= cap_now_ns()) {
		*result = limit->result;
		return true;
	}
	ct->pending = true; /* cap_loop() returns, and cap_limit_overdue() is asked */
	return false;
}

int64_t cap_limit_overdue(struct cap_thread *ct)
{
	int64_t now = 0, next = -1;
	uint32_t place = 0;

	cap_emit_begin(&ct->recorder);
	for (struct cap_task *t = cap_task_next(&ct->tasks, &place, NULL); t; t = cap_task_next(&ct->tasks, &place, t->next)) {
		if (!t->restart.deadline || !t->entered)
			continue;
		now = now ? now : cap_now_ns();
		int64_t left = t->restart.deadline - now;
		if (left <= 0) {
			t->restart.deadline = 0;
			t->interrupted |= cap_ptrace(PTRACE_INTERRUPT, t->tid, 0, 0) >= 0;
		} else if (next < 0 || left < next) {
			next = left;
		}
	}
	cap_emit_end(&ct->recorder);
	return next;
}
