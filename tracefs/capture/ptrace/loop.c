/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/* The stop loop: look at the next report, handle it, until Python is needed. */
#include <errno.h>
#include <stdlib.h>

#include "tracefs/capture/task/ptrace_calls.h"
#include "tracefs/capture/ptrace/place.h"
#include "tracefs/capture/ptrace/wake.h"
#include "tracefs/capture/record/events.h"

/* Stops between two sweeps at least; so a sweep's cost of one call per task stays small against theirs. */
#define SWEEP_STOPS 256

static int on_end(struct cap_thread *ct, const siginfo_t *si)
{
	int32_t tid = si->si_pid;
	struct cap_task *t = cap_task_find(&ct->tasks, tid);
	int status;

	if (unlikely(tid == ct->root)) {
		ct->root = 0; /* the next look finds it again */
		return CAP_ROOT_END;
	}
	if (t) {
		t->served = ct->stops;
		if (si->si_code == CLD_KILLED && si->si_status == SIGKILL)
			cap_emit_killed(&ct->recorder, t);
		cap_emit_exit(&ct->recorder, t, cap_wait_status(si)); /* while /proc still knows it */
		cap_sent_by_end(&ct->recorder, t, si);
	}
	status = cap_reap(tid);

	if (status < 0)
		return CAP_GO_ON;
	if (t)
		cap_on_gone(ct, t);
	cap_place_child_ended(ct, tid);
	if (!cap_was_spawned(ct, tid))
		return CAP_GO_ON;
	ct->report = (struct cap_report){.tid = tid, .status = status};
	return CAP_CHILD_EXIT;
}

static int handle(struct cap_thread *ct, const siginfo_t *si)
{
	int reason = CAP_GO_ON;

	ct->stops++;
	cap_emit_begin(&ct->recorder);
	if (si->si_code == CLD_TRAPPED)
		reason = cap_on_stop(ct, si->si_pid, si->si_status);
	else if (si->si_code == CLD_STOPPED)
		cap_consume_stop(si->si_pid); /* a child of ours that is not traced */
	else
		reason = on_end(ct, si);
	cap_emit_end(&ct->recorder);
	return reason;
}

/*
 * waitid(P_ALL) finds the youngest tracee's stop first and, as stops are not consumed, a few busy young ones could keep
 * an old one waiting for ever. So now and then those are asked that were not served since the last time.
 */
static int sweep(struct cap_thread *ct)
{
	uint64_t since = ct->swept;
	uint32_t count = 0, place = 0;
	siginfo_t si;

	if (!ct->starved) {
		ct->starved = calloc(ct->tasks.count, sizeof(*ct->starved));
		if (!ct->starved)
			return CAP_GO_ON;
		for (struct cap_task *t = cap_task_next(&ct->tasks, &place, NULL); t;
		     t = cap_task_next(&ct->tasks, &place, t->next))
			if (t->served < since)
				ct->starved[count++] = t->tid;
		ct->starved_count = count;
		ct->swept = ct->stops;
	}
	while (ct->starved_count) {
		int32_t tid = ct->starved[--ct->starved_count];
		if (cap_look_at(tid, &si) < 0 || !si.si_pid)
			continue;
		int reason = handle(ct, &si);
		if (reason != CAP_GO_ON)
			return reason; /* the rest at the next call */
	}
	free(ct->starved);
	ct->starved = NULL;
	return CAP_GO_ON;
}

int cap_loop(struct cap_thread *ct)
{
	siginfo_t si;

	for (;;) {
		int reason = CAP_GO_ON;

		if (unlikely(atomic_load_explicit(&ct->pending, memory_order_relaxed))) {
			ct->pending = false;
			return CAP_WOKEN;
		}
		if (unlikely(atomic_load_explicit(&ct->tick, memory_order_relaxed))) {
			ct->tick = false;
			cap_place_tick(ct);
		}
		if (unlikely(ct->starved ||
			     (ct->tasks.count > 1 && ct->stops - ct->swept > SWEEP_STOPS + 2 * ct->tasks.count)))
			reason = sweep(ct);
		if (reason != CAP_GO_ON)
			return reason;
		int error = cap_look(&si);
		if (likely(!error))
			reason = handle(ct, &si);
		else if (error == -ECHILD)
			cap_sleep();
		else if (error != -EINTR)
			return error;
		if (unlikely(reason != CAP_GO_ON))
			return reason;
	}
}
