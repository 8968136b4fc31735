/* SPDX-License-Identifier: GPL-2.0-only */
/* Finished records to the sinks that want them. [capture], unless said otherwise. */
#ifndef TRACEFS_CAPTURE_RECORD_EMIT_H
#define TRACEFS_CAPTURE_RECORD_EMIT_H

#include "tracefs/capture/record/sink.h"

/* Sinks that record an event of this task, bit by bit. */
static inline uint64_t cap_event_sinks(const struct cap_recorder *r, const struct cap_task *t, int id)
{
	return t->event_sinks & r->event_sinks[id];
}

/* emit.c. A record begins with a struct ev_common, of which only the type is filled in. */
/*
 * sinks: who gets it; unfiltered: those of them for whom no event filter applies; cpu: that it happened on, -1: ask
 * /proc.
 */
uint64_t cap_emit(struct cap_recorder *r, struct cap_task *t, int cpu, uint64_t sinks, uint64_t unfiltered, void *rec,
		  uint32_t len);
/* To all that have this event enabled. */
void cap_emit_event(struct cap_recorder *r, struct cap_task *t, int id, void *rec, uint32_t len);

/* user_stack.c */
/* The return addresses of a stopped task, innermost first; how many, 0 where it has none to be read. */
uint32_t cap_user_stack(const struct cap_recorder *r, int32_t tid, uint64_t *callers, uint32_t max);
/* Write them as the events that `stacks` (enum cap_stack) says. */
void cap_write_stacks(const struct cap_recorder *r, struct rb *rb, const struct cap_task *t, int cpu, unsigned stacks);

/* emit.c: with the time stamp of then (replay.h). false: there was no room for it. */
bool cap_sink_write_again(const struct cap_recorder *r, const struct cap_sink *s, int cpu, const void *rec,
			  uint32_t len);

/* Write an event of a task, and its stack where the sink wants that. false: there was no room for it. */
static inline bool cap_sink_write(const struct cap_recorder *r, const struct cap_sink *s, const struct cap_task *t,
				  int cpu, const void *rec, uint32_t len)
{
	if (unlikely(r->replayed_at))
		return cap_sink_write_again(r, s, cpu, rec, len);
	bool written = rb_write(s->rb, (unsigned)cpu, rec, len);

	if (unlikely(s->stacks))
		cap_write_stacks(r, s->rb, t, cpu, s->stacks);
	return written;
}

/* One record on its way to one sink whose event has triggers. */
struct cap_emission {
	struct cap_task *task;
	int sink, cpu;
	bool always;      /* write it whether or not the event is enabled and passes its filter */
	unsigned depth;   /* synthetic events that led here */
	const void *seen; /* what triggers see in place of the record; NULL: the record */
	uint32_t seen_len;
};

/* triggers.c */
/* Write the record as its triggers, its filter and its switches say. Also between cap_pause() and cap_unpause(). */
bool cap_emit_triggered(struct cap_recorder *r, const struct cap_emission *e, const void *rec, uint32_t len);
/* Exchange the buffer with that of cap_sink_snapshot(), if there is one (-1: of all CPUs). Any thread. */
void cap_take_snapshot(struct cap_recorder *r, int sink, int cpu);
/* Any thread. */
bool cap_soft_off(struct cap_recorder *r, int sink, uint16_t event);
void cap_set_soft_off(struct cap_recorder *r, int sink, uint16_t event, bool off);

#endif
