/* SPDX-License-Identifier: GPL-2.0-only */
#include "tracefs/events/triggers/trigger.h"

#include "tracefs/events/filter.h"
#include "tracefs/events/record.h"

_Static_assert((int)HIST_SYNTHETIC_FIRST == EV_SYNTHETIC_FIRST && (int)HIST_SYNTHETIC_LAST == EV_SYNTHETIC_MAX,
	       "record.h");

/* Take one of the acts that are left. Two threads never take the same one; no order with other memory is needed. */
static bool take_count(struct trigger *trigger)
{
	int64_t left = __atomic_load_n(&trigger->count, __ATOMIC_RELAXED);

	while (left > 0)
		if (__atomic_compare_exchange_n(&trigger->count, &left, left - 1, true, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			return true;
	return left < 0;
}

/* One that would change nothing does not use up its count. */
static bool would_act(const struct trigger *trigger, const struct trigger_host *host)
{
	void *context = host->hist.context;

	switch (trigger->kind) {
	case TRIGGER_TRACEON:
		return !host->recording(context);
	case TRIGGER_TRACEOFF:
		return host->recording(context);
	case TRIGGER_ENABLE_EVENT:
		return !host->event_enabled(context, trigger->event);
	case TRIGGER_DISABLE_EVENT:
		return host->event_enabled(context, trigger->event);
	default:
		return true;
	}
}

static void act(const struct trigger *trigger, const struct hist_event *event, const struct trigger_host *host)
{
	void *context = host->hist.context;

	switch (trigger->kind) {
	case TRIGGER_TRACEON:
	case TRIGGER_TRACEOFF:
		host->set_recording(context, trigger->kind == TRIGGER_TRACEON);
		break;
	case TRIGGER_ENABLE_EVENT:
	case TRIGGER_DISABLE_EVENT:
		host->set_event(context, trigger->event, trigger->kind == TRIGGER_ENABLE_EVENT);
		break;
	case TRIGGER_SNAPSHOT:
		host->hist.snapshot(context);
		break;
	case TRIGGER_STACKTRACE:
		host->stack(context, event);
		break;
	case TRIGGER_HIST:
		hist_hit(trigger->hist, event, &host->hist);
		break;
	case TRIGGER_ENABLE_HIST:
	case TRIGGER_DISABLE_HIST:
		host->set_hists(context, trigger->event, trigger->kind == TRIGGER_ENABLE_HIST);
		break;
	}
}

/*
 * Where a trigger looks at the record the event has its place in the buffer before any acts: `traceoff if ...` records
 * the event that it meets, `traceoff` does not. Whether the event is written at all is asked after those that switch
 * events.
 */
uint32_t triggers_before(const struct trigger_list *list)
{
	if (list->looks)
		return 1u << TRIGGER_ENABLE_EVENT | 1u << TRIGGER_DISABLE_EVENT;
	return (1u << TRIGGER_KINDS) - 1;
}

void triggers_run(const struct trigger_list *list, const struct hist_event *event, const struct trigger_host *host,
		  uint32_t kinds)
{
	for (uint32_t i = 0; i < list->n; i++) {
		struct trigger *trigger = list->items[i];

		if (!(kinds >> trigger->kind & 1))
			continue;
		if (trigger->filter &&
		    !ev_filter_match(trigger->filter, event->record, event->len, event->cpu, event->comm))
			continue;
		if (would_act(trigger, host) && take_count(trigger))
			act(trigger, event, host);
	}
}
