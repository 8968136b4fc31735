/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/*
 * Which CPU the capture thread and its tracees run on.
 *
 * A stop is two context switches, and the wake-ups between them cost many times more when they go to another CPU that
 * sleeps. Left alone, the scheduler sends the two to different CPUs, since one of them is idle. So tasks that stop
 * often are kept on the capture thread's CPU, and are let go (of) when that holds them up: when they compute for long
 * while others want to, or have not stopped for a while.
 *
 * A tracee never sees it. Its own affinity is given back before it enters a call that tells, changes or hands on
 * affinities; what anyone else sets meanwhile is left alone; and the keeper gives it back where the tracer dies first.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>

#include "tracefs/capture/ptrace/keeper.h"
#include "tracefs/capture/task/ptrace_calls.h"
#include "tracefs/capture/ptrace/place.h"
#include "tracefs/capture/task/call_facts.h"
#include "tracefs/capture/task/clock.h"

#define BURST_NS 300000 /* computing at one go that is long, against what two stops apart cost */
#define IDLE_NS 3000000 /* without a stop: let go. Less than a tick */
#define BRISK 4         /* short bursts in a row that make a task worth keeping beside others that compute */
#define ANEW_TICKS 64 /* after so many all are let go for a moment, so that the scheduler may find them a better CPU */
#define REFUSED_STOPS 200 /* before another try with a task that cannot be kept */

struct cap_place {
	struct keeper keeper;
	bool off;            /* there can be no keeper */
	int cpu;             /* where the capture thread and all kept are; -1: nowhere, none is kept */
	struct affinity own; /* the capture thread's */
	int online;
	struct cap_task *kept[KEEPER_SLOTS];
	uint32_t kept_count;
	uint32_t computing; /* tasks outside a system call */
	uint32_t asking;    /* tasks in a call about affinities: nobody is kept meanwhile */
	bool held_off;      /* see cap_place_hold_off() */
	uint64_t now;
	uint32_t ticks;
};

static bool set_affinity(pid_t tid, const struct affinity *to)
{
	cap_op();
	return affinity_set(tid, to);
}

bool cap_place_init(struct cap_thread *ct)
{
	ct->place = calloc(1, sizeof(*ct->place));
	if (!ct->place)
		return false;
	ct->place->cpu = -1;
	ct->place->online = get_nprocs();
	ct->place->off = !affinity_get(0, &ct->place->own) || ct->place->online < 2;
	return true;
}

void cap_place_fini(struct cap_thread *ct)
{
	cap_place_release_all(ct);
	keeper_stop(&ct->place->keeper);
	free(ct->place);
	ct->place = NULL;
}

/* The capture thread to the CPU of a task. */
static bool settle(struct cap_thread *ct, int cpu)
{
	struct cap_place *pl = ct->place;
	struct affinity there;

	if (!affinity_has(&pl->own, cpu))
		return false;
	if (!pl->keeper.pid && !keeper_start(&pl->keeper, ct->tid)) {
		pl->off = true;
		return false;
	}
	there = affinity_only(cpu);
	if (!affinity_set(0, &there))
		return false;
	pl->keeper.table->cpu = pl->cpu = cpu;
	cap_tick(ct, true);
	return true;
}

static void unsettle(struct cap_thread *ct)
{
	struct cap_place *pl = ct->place;

	if (pl->cpu < 0)
		return;
	affinity_set(0, &pl->own);
	pl->cpu = -1;
	cap_tick(ct, false);
}

static void release_slot(struct cap_place *pl, struct cap_task *t)
{
	pl->keeper.table->slot[t->place.slot].tid = 0;
	pl->kept[t->place.slot] = NULL;
	pl->kept_count--;
	t->place.slot = t->place.cpu = -1;
}

/*
 * An affinity with all CPUs is given back as "whatever there is": so a CPU that its cpuset gains later is the task's
 * too, as if nothing had ever been set.
 */
static bool note(struct cap_place *pl, struct cap_task *t)
{
	int free = 0;

	while (free < KEEPER_SLOTS && pl->kept[free])
		free++;
	if (free == KEEPER_SLOTS)
		return false;
	struct keeper_slot *slot = &pl->keeper.table->slot[free];
	if (!affinity_get(t->tid, &slot->is) || !affinity_has(&slot->is, pl->cpu) || affinity_count(&slot->is) < 2)
		return false;
	if (affinity_count(&slot->is) >= pl->online)
		memset(&slot->is, 0xff, sizeof(slot->is));
	slot->tgid = t->tgid;
	slot->start = t->stat.start;
	slot->tid = t->tid;
	t->place.slot = free;
	t->place.cpu = pl->cpu;
	pl->kept[free] = t;
	pl->kept_count++;
	return true;
}

static bool keep(struct cap_thread *ct, struct cap_task *t)
{
	struct cap_place *pl = ct->place;
	struct affinity there;

	if (!cap_task_read_start(t))
		return false;
	if (!pl->kept_count && pl->cpu < 0 && !settle(ct, cap_task_cpu(t)))
		return false;
	if (!note(pl, t))
		return false;
	there = affinity_only(pl->cpu);
	if (set_affinity(t->tid, &there))
		return true;
	release_slot(pl, t); /* not ours to move, or its cpuset has lost the CPU */
	return false;
}

static void let_go(struct cap_thread *ct, struct cap_task *t)
{
	struct cap_place *pl = ct->place;

	cap_op();
	keeper_restore(&pl->keeper.table->slot[t->place.slot], pl->cpu);
	release_slot(pl, t);
}

void cap_place_release_all(struct cap_thread *ct)
{
	struct cap_place *pl = ct->place;

	for (int i = 0; i < KEEPER_SLOTS && pl->kept_count; i++)
		if (pl->kept[i])
			let_go(ct, pl->kept[i]);
	unsettle(ct);
}

static void set_computing(struct cap_place *pl, struct cap_task *t, bool on)
{
	pl->computing += (int)on - (int)t->place.counted;
	t->place.counted = on;
}

void cap_place_stopped(struct cap_thread *ct, struct cap_task *t)
{
	struct cap_place *pl = ct->place;
	uint64_t took;

	pl->now = (uint64_t)cap_now_ns();
	took = pl->now - t->place.stopped;
	t->place.stops_often = took < IDLE_NS;
	t->place.stopped = pl->now;
	if (!t->place.counted)
		return;
	set_computing(pl, t, false);
	if (took < BURST_NS) {
		t->place.bursts += t->place.bursts < BRISK;
		return;
	}
	t->place.bursts = 0;
	if (t->place.slot >= 0 && pl->computing)
		let_go(ct, t);
}

void cap_place_resume(struct cap_thread *ct, struct cap_task *t)
{
	struct cap_place *pl = ct->place;

	/* it would not stop before it asks after the others', or hands on its own */
	if (unlikely(t->path != CAP_PATH_STOPS)) {
		cap_place_release_all(ct);
		return;
	}
	if (t->place.slot < 0 && t->place.stops_often && !pl->off && !pl->asking && !pl->held_off &&
	    !t->place.hands_on && (!pl->computing || t->place.bursts == BRISK)) {
		if (t->place.try_again)
			t->place.try_again--;
		else if (!keep(ct, t))
			t->place.try_again = REFUSED_STOPS;
	}
	set_computing(pl, t, !t->in_kernel);
}

void cap_place_hold_off(struct cap_thread *ct, bool on)
{
	ct->place->held_off = on;
	if (on)
		cap_place_release_all(ct);
}

void cap_place_call_begins(struct cap_thread *ct, struct cap_task *t)
{
	if (cap_call_is(&t->call, CAP_TRAITS_BIRTH) || cap_call_is(&t->call, CAP_TRAIT_EXEC)) {
		t->place.hands_on = true;
		if (t->place.slot >= 0)
			let_go(ct, t);
	} else if (cap_call_is(&t->call, CAP_TRAIT_AFFINITY)) {
		t->place.asks = true;
		ct->place->asking++;
		cap_place_release_all(ct);
	}
}

void cap_place_call_ends(struct cap_thread *ct, struct cap_task *t)
{
	t->place.hands_on = false;
	if (t->place.asks)
		ct->place->asking--;
	t->place.asks = false;
}

void cap_place_forget(struct cap_thread *ct, struct cap_task *t)
{
	if (!ct->place)
		return;
	if (t->place.slot >= 0)
		release_slot(ct->place, t);
	set_computing(ct->place, t, false);
	cap_place_call_ends(ct, t);
}

void cap_place_tick(struct cap_thread *ct)
{
	struct cap_place *pl = ct->place;

	pl->now = (uint64_t)cap_now_ns();
	if (++pl->ticks % ANEW_TICKS == 0) {
		cap_place_release_all(ct);
		return;
	}
	for (int i = 0; i < KEEPER_SLOTS; i++)
		if (pl->kept[i] && pl->now - pl->kept[i]->place.stopped > IDLE_NS) {
			pl->kept[i]->place.bursts = 0;
			let_go(ct, pl->kept[i]);
		}
	if (!pl->kept_count)
		unsettle(ct);
}

void cap_place_child_ended(struct cap_thread *ct, int32_t pid)
{
	struct cap_place *pl = ct->place;

	if (pid != pl->keeper.pid)
		return;
	cap_place_release_all(ct); /* without a keeper nobody may be kept */
	pl->keeper.pid = 0;
	pl->off = true;
}

int32_t cap_place_keeper(struct cap_thread *ct)
{
	return ct->place ? ct->place->keeper.pid : 0;
}
