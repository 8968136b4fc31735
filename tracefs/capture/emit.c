/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/* A finished record to every sink that wants it. */
#include <string.h>

#include "tracefs/capture/cap.h"
#include "tracefs/capture/place.h"

/* Names are saved at a task's first record and again now and then, as newer tasks push older ones out of the table. */
#define NAME_RECORDS 64

static void save_name(struct cap_thread *ct, struct cap_task *t, uint64_t sinks)
{
	if (t->name_age++ % NAME_RECORDS || !(sinks & ct->wants.record_comm))
		return;
	cap_task_name(t);
	cmdlines_save(ct->cmdlines, t->tid, sinks & ct->wants.record_tgid ? t->tgid : 0, t->comm);
}

/* sinks: who wants it; unfiltered: those of them for whom no event filter applies. */
void cap_emit(struct cap_thread *ct, struct cap_task *t, uint64_t sinks, uint64_t unfiltered, void *rec, uint32_t len)
{
	struct ev_common *common = rec;
	int cpu = cap_place_cpu(ct, t);

	*common = (struct ev_common){.type = common->type, .pid = t->tid};
	for (uint64_t left = sinks; left; left &= left - 1) {
		int i = __builtin_ctzll(left);
		const struct cap_sink *s = ct->sink[i];

		(void)unfiltered;
		if (s->cpus[cpu / 64 % 16] >> cpu % 64 & 1)
			rb_write(s->rb, cpu, rec, len);
	}
	save_name(ct, t, sinks);
}

void cap_emit_event(struct cap_thread *ct, struct cap_task *t, int id, void *rec, uint32_t len)
{
	uint64_t sinks = t->event_sinks & ct->event_sinks[id];

	if (likely(!sinks))
		return;
	((struct ev_common *)rec)->type = id;
	cap_emit(ct, t, sinks, 0, rec, len);
}
