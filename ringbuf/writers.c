// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who writes: a line for each thread (struct rb_writer), and what becomes of reservations whose writer died.
 *
 * A reader that stands before an uncommitted place asks rb_holder_of() who has reserved it. As long as that thread may
 * live, its event may still come. If it is dead, whoever asks discards the reservation for it, and the sub-buffer is
 * whole again. Numbers of threads are those of the asker's PID namespace: all who use a buffer must be in one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "claim.h"
#include "handle.h"
#include "page.h"

/* In rb_writer.tid: being taken over by the thread of that number; start is not its own. */
#define TAKEN (1u << 31)

/* ---- which threads live ---- */

/* When a thread began, in clock ticks since boot, and its state. False: it cannot be told. */
static bool thread_stat(uint32_t tid, char *state, uint64_t *start)
{
	char path[64], text[1024];
	snprintf(path, sizeof(path), "/proc/%u/stat", tid);
	FILE *f = fopen(path, "re");
	if (!f)
		return false;
	size_t got = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[got] = 0;
	const char *after = strrchr(text, ')'); /* the name may hold anything */
	unsigned long long ticks;
	/* state is field 3, starttime field 22 */
	if (!after ||
	    sscanf(after + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", state,
		   &ticks) != 2)
		return false;
	*start = ticks;
	return true;
}

uint64_t rb_thread_start(uint32_t tid)
{
	char state;
	uint64_t start;
	return thread_stat(tid, &state, &start) ? start : 0;
}

/* Whether the owner of a line may live. thorough: also see zombies, and another thread that has the number now. */
static bool may_live(const struct rb_writer *w, uint32_t tid, bool thorough)
{
	uint32_t number = tid & ~TAKEN;
	if (kill((pid_t)number, 0) < 0 && errno == ESRCH)
		return false;
	char state;
	uint64_t start, was = tid & TAKEN ? 0 : rb_load(&w->start);
	if (!thorough || !thread_stat(number, &state, &start))
		return true;
	return state != 'Z' && state != 'X' && (!was || was == start);
}

/* ---- lines ---- */

static uint32_t lines_used(const struct rb *rb)
{
	uint32_t used = rb_load_acquire(&rb->header->writers);
	return used < RB_WRITERS ? used : RB_WRITERS;
}

static bool is_content(const struct rb_view *v, uint64_t seq)
{
	uint64_t who = rb_load_acquire(&rb_page_of(v, seq)->who);
	return rb_who_state(who) == RB_CONTENT && rb_seq(who) == seq;
}

/* Whether there is a place at pos that was reserved, and nothing committed there. */
OPTIMISTIC static bool is_open_place(const struct rb_view *v, uint64_t pos)
{
	uint64_t seq = rb_seq(pos);
	uint32_t off = rb_off(pos);
	if (rb_load_acquire(&v->ctl->pos) <= pos || off < RB_PAGE_HEADER || off > v->size - 4 || off % 4 ||
	    !is_content(v, seq))
		return false;
	/* Acquire: the second look at the content comes after. */
	bool zero = !rb_load_acquire((const uint32_t *)(const void *)(rb_data_of(v, seq) + off));
	return zero && is_content(v, seq);
}

static bool is_pending(struct rb *rb, const struct rb_open *open)
{
	uint64_t pos = rb_load_acquire(&open->pos), pad = rb_load(&open->pad);
	uint32_t cpu = rb_open_cpu(rb_load(&open->what));
	return cpu < rb->cpus &&
	       ((pos && is_open_place(rb_view(rb, cpu), pos)) || (pad && is_open_place(rb_view(rb, cpu), pad)));
}

static bool take(struct rb_writer *w, uint32_t owner, uint32_t tid)
{
	/* Acquire: what the last owner wrote; release pairs with the next one's. */
	return __atomic_compare_exchange_n(&w->tid, &owner, TAKEN | tid, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* Whether the line is free, or was a dead thread's that left nothing behind: then it is ours. */
static bool take_free(struct rb *rb, struct rb_writer *w, uint32_t tid)
{
	uint32_t owner = rb_load_acquire(&w->tid);
	if (owner && may_live(w, owner, true))
		return false;
	for (unsigned i = 0; owner && i < RB_OPEN; i++)
		if (is_pending(rb, &w->open[i]))
			return false;
	return take(w, owner, tid);
}

static struct rb_writer *line_of(struct rb *rb, uint32_t tid, uint64_t start)
{
	uint32_t used = lines_used(rb);
	for (uint32_t i = 0; i < used; i++)
		if (rb_load(&rb->writers[i].tid) == tid && rb_load(&rb->writers[i].start) == start)
			return &rb->writers[i];
	return NULL;
}

struct rb_writer *rb_writer_claim(struct rb *rb, uint32_t tid, uint64_t start)
{
	struct rb_writer *w = line_of(rb, tid, start);
	for (uint32_t i = 0; !w && i < RB_WRITERS; i++) {
		if (!take_free(rb, &rb->writers[i], tid))
			continue;
		w = &rb->writers[i];
		for (unsigned k = 0; k < RB_OPEN; k++) {
			rb_store(&w->open[k].pos, 0);
			rb_store(&w->open[k].pad, 0);
		}
		rb_store(&w->start, start);
		rb_store_release(&w->tid, tid);
		uint32_t used = rb_load(&rb->header->writers);
		/* seq_cst: before the first reservation, which a reader sees before it loads this */
		while (used <= i && !__atomic_compare_exchange_n(&rb->header->writers, &used, i + 1, false,
								 __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
			;
	}
	return w;
}

/* ---- the dead ---- */

void rb_writers_forget(struct rb *rb, unsigned cpu)
{
	uint32_t used = lines_used(rb);
	for (uint32_t i = 0; i < used; i++) {
		for (unsigned k = 0; k < RB_OPEN; k++) {
			struct rb_open *open = &rb->writers[i].open[k];
			if (rb_load(&open->pos) && rb_open_cpu(rb_load(&open->what)) == cpu) {
				rb_store(&open->pad, 0);
				rb_store(&open->pos, 0);
			}
		}
	}
}

/* Settle what a dead thread's entry says of the place at pos. False: somebody else does, or has. */
static bool settle(struct rb *rb, const struct rb_view *v, struct rb_writer *w, uint32_t owner, struct rb_open *open,
		   uint64_t pos)
{
	if (!take(w, owner, (uint32_t)syscall(SYS_gettid)))
		return false;
	bool there = is_open_place(v, pos);
	if (there && rb_load(&open->pad) == pos) {
		rb_core_pad(v, pos);
		rb_store(&open->pad, 0);
	} else if (there) {
		there = rb_core_bury(rb->header, v, open, rb_wake_sleepers);
	}
	rb_store_release(&w->tid, owner);
	return there;
}

static bool same_place(const struct rb_open *open, uint64_t pos, uint32_t cpu)
{
	return (rb_load_acquire(&open->pos) == pos || rb_load(&open->pad) == pos) &&
	       rb_open_cpu(rb_load(&open->what)) == cpu;
}

enum rb_holder rb_holder_of(struct rb *rb, const struct rb_view *v, uint64_t pos, bool thorough)
{
	if (!is_open_place(v, pos))
		return RB_SETTLED; /* meanwhile */
	struct rb_writer *dead = NULL;
	struct rb_open *its = NULL;
	uint32_t owner = 0, used = lines_used(rb);
	unsigned found = 0;
	for (uint32_t i = 0; i < used; i++) {
		struct rb_writer *w = &rb->writers[i];
		for (unsigned k = 0; k < RB_OPEN; k++) {
			if (rb_likely(!same_place(&w->open[k], pos, v->cpu)))
				continue;
			uint32_t tid = rb_load_acquire(&w->tid);
			if (tid && may_live(w, tid, thorough))
				return RB_HELD;
			dead = w;
			its = &w->open[k];
			owner = tid;
			found++;
		}
	}
	/* Of two dead ones that both meant to reserve it, one did: which one cannot be known. */
	if (found == 1)
		return settle(rb, v, dead, owner, its, pos) ? RB_SETTLED : RB_HELD;
	return is_open_place(v, pos) ? RB_NOBODY : RB_SETTLED;
}
