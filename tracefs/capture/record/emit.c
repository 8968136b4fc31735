/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/* A finished record to every sink that wants it. */
#include <string.h>

#include "tracefs/capture/ptrace/thread.h"
#include "tracefs/capture/ptrace/place.h"
#include "tracefs/events/filter.h"

/* Names are saved at a task's first record and again now and then, as newer tasks push older ones out of the table. */
#define NAME_RECORDS 64

static void save_name(struct cap_thread *ct, struct cap_task *t, uint64_t sinks)
{
	if (t->name_age++ % NAME_RECORDS || !(sinks & ct->wants.record_comm))
		return;
	cap_task_name(t);
	cmdlines_save(ct->cmdlines, t->tid, sinks & ct->wants.record_tgid ? t->tgid : 0, t->comm);
}

bool cap_sink_passes(const struct cap_sink *s, struct cap_task *t, const void *rec, uint32_t len, int cpu)
{
	unsigned id = ((const struct ev_common *)rec)->type;

	if (!s->enabled[id] || s->soft_off[id])
		return false;
	if (likely(!s->filter[id]))
		return true;
	cap_task_name(t);
	return ev_filter_match(s->filter[id], rec, len, cpu, t->comm);
}

/* sinks: who wants it; unfiltered: those of them for whom no event filter applies. Returns those it was written for. */
uint64_t cap_emit(struct cap_thread *ct, struct cap_task *t, uint64_t sinks, uint64_t unfiltered, void *rec, uint32_t len)
{
	struct ev_common *common = rec;
	int cpu = cap_place_cpu(ct, t);
	uint64_t written = 0;

	*common = (struct ev_common){.type = common->type, .pid = t->tid};
	for (uint64_t left = sinks; left; left &= left - 1) {
		int i = __builtin_ctzll(left);
		const struct cap_sink *s = ct->sink[i];

		if (unlikely(s->triggers[common->type]) && t->event_sinks >> i & 1) {
			struct cap_emission e = {.task = t, .sink = i, .cpu = cpu, .always = unfiltered >> i & 1};

			if (cap_emit_triggered(ct, &e, rec, len))
				written |= 1ull << i;
		} else if (cap_sink_has_cpu(s, cpu) && (unfiltered >> i & 1 || cap_sink_passes(s, t, rec, len, cpu))) {
			cap_sink_write(s, t, cpu, rec, len);
			written |= 1ull << i;
		}
	}
	save_name(ct, t, sinks);
	return written;
}

void cap_emit_event(struct cap_thread *ct, struct cap_task *t, int id, void *rec, uint32_t len)
{
	uint64_t sinks = t->event_sinks & ct->event_sinks[id];

	if (likely(!sinks))
		return;
	((struct ev_common *)rec)->type = id;
	cap_emit(ct, t, sinks, 0, rec, len);
}
