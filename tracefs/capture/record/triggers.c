/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/* Triggers of the events that are captured: what they may do to their instance, and when they run. */
#include <stddef.h>
#include <string.h>

#include "tracefs/capture/record/emit.h"
#include "tracefs/events/triggers/trigger.h"

/* Synthetic events may make synthetic events; a ring of them ends here. */
#define DEPTH_MAX 4

struct surroundings {
	struct cap_recorder *r;
	struct cap_sink *sink;
	const struct cap_emission *e;
};

static bool recording(void *context)
{
	const struct surroundings *s = context;

	return rb_recording(s->sink->rb);
}

static void set_recording(void *context, bool on)
{
	const struct surroundings *s = context;

	rb_set_recording(s->sink->rb, on);
	if (!on)
		rb_kick(s->sink->rb); /* readers of trace_pipe that have seen something end now */
}

static bool event_enabled(void *context, uint16_t event)
{
	const struct surroundings *s = context;

	return event <= EV_ID_MAX && !s->sink->soft_off[event];
}

static void set_event(void *context, uint16_t event, bool on)
{
	const struct surroundings *s = context;

	if (event <= EV_ID_MAX)
		s->sink->soft_off[event] = !on;
}

static void set_hists(void *context, uint16_t event, bool on)
{
	const struct surroundings *s = context;
	const struct trigger_list *list = event <= EV_ID_MAX ? s->sink->triggers[event] : NULL;

	for (uint32_t i = 0; list && i < list->n; i++)
		if (list->items[i]->kind == TRIGGER_HIST)
			(on ? hist_continue : hist_pause)(list->items[i]->hist);
}

static void snapshot(void *context)
{
	const struct surroundings *s = context;

	if (s->sink->snapshot)
		rb_swap(s->sink->rb, s->sink->snapshot, -1);
}

static void stack(void *context, const struct hist_event *event)
{
	const struct surroundings *s = context;

	if (cap_sink_has_cpu(s->sink, event->cpu))
		cap_write_stacks(s->r, s->sink->rb, s->e->task, event->cpu, CAP_KERNEL_STACK);
}

/* A synthetic event goes to every instance that has it enabled, wherever the histogram is. */
static void trace(void *context, const struct hist_event *cause, const void *record, uint32_t len)
{
	const struct surroundings *s = context;
	struct cap_emission e = *s->e;
	uint16_t id = ((const struct ev_common *)record)->type;

	if (e.depth++ == DEPTH_MAX || id > EV_ID_MAX)
		return;
	e.always = false;
	e.seen = NULL;
	for (uint64_t left = s->r->event_sinks[id] & e.task->event_sinks; left; left &= left - 1) {
		e.sink = __builtin_ctzll(left);
		if (s->r->sink[e.sink]->triggers[id])
			cap_emit_triggered(s->r, &e, record, len);
		else if (cap_sink_has_cpu(s->r->sink[e.sink], cause->cpu) &&
			 cap_sink_passes(s->r->sink[e.sink], e.task, record, len, cause->cpu))
			cap_sink_write(s->r, s->r->sink[e.sink], e.task, cause->cpu, record, len);
	}
}

bool cap_emit_triggered(struct cap_recorder *r, const struct cap_emission *e, const void *rec, uint32_t len)
{
	struct surroundings around = {.r = r, .sink = r->sink[e->sink], .e = e};
	struct trigger_host host = {.hist = {.context = &around, .trace = trace, .snapshot = snapshot},
				    .recording = recording,
				    .set_recording = set_recording,
				    .event_enabled = event_enabled,
				    .set_event = set_event,
				    .set_hists = set_hists,
				    .stack = stack};
	struct cap_sink *sink = around.sink;
	const struct trigger_list *list = sink->triggers[((const struct ev_common *)rec)->type];
	uint64_t callers[HIST_STACK_MAX] = {0};
	struct hist_event event = {.record = e->seen ? e->seen : rec,
				   .len = e->seen ? e->seen_len : len,
				   .cpu = e->cpu,
				   .comm = e->task->name.comm};
	uint32_t before = triggers_before(list);
	bool written;

	cap_task_name(e->task);
	event.ts = unlikely(r->replayed_at) ? r->replayed_at : rb_now(sink->rb);
	if (list->stack && cap_user_stack(r, e->task->tid, callers, HIST_STACK_MAX))
		event.stack = callers;
	triggers_run(list, &event, &host, before & ~(1u << TRIGGER_STACKTRACE));
	written = cap_sink_has_cpu(sink, e->cpu) && (e->always || cap_sink_passes(sink, e->task, rec, len, e->cpu));
	if (written)
		written = cap_sink_write(r, sink, e->task, e->cpu, rec, len);
	triggers_run(list, &event, &host, ~before & ~(1u << TRIGGER_STACKTRACE));
	triggers_run(list, &event, &host, 1u << TRIGGER_STACKTRACE);
	return written;
}

void cap_take_snapshot(struct cap_recorder *r, int sink, int cpu)
{
	cap_pause(r);
	if (r->sink[sink]->snapshot)
		rb_swap(r->sink[sink]->rb, r->sink[sink]->snapshot, cpu);
	cap_unpause(r);
}

bool cap_soft_off(struct cap_recorder *r, int sink, uint16_t event)
{
	return event <= EV_ID_MAX && __atomic_load_n(&r->sink[sink]->soft_off[event], __ATOMIC_RELAXED);
}

void cap_set_soft_off(struct cap_recorder *r, int sink, uint16_t event, bool off)
{
	if (event <= EV_ID_MAX)
		__atomic_store_n(&r->sink[sink]->soft_off[event], off, __ATOMIC_RELAXED);
}
