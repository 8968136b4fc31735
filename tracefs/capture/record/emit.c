/* SPDX-License-Identifier: GPL-2.0-only */
#include "tracefs/capture/record/emit.h"

#include <string.h>

/* Names are saved at a task's first record and again now and then, as newer tasks push older ones out of the table. */
#define NAME_RECORDS 64

static void save_name(struct cap_recorder *r, struct cap_task *t, uint64_t sinks)
{
	if (t->name.age++ % NAME_RECORDS || !(sinks & r->wants.record_comm))
		return;
	cap_task_name(t);
	cmdlines_save(r->cmdlines, t->tid, sinks & r->wants.record_tgid ? t->tgid : 0, t->name.comm);
}

bool cap_sink_write_again(const struct cap_recorder *r, const struct cap_sink *s, int cpu, const void *rec,
			  uint32_t len)
{
	struct rb_slot slot;

	if (!rb_recording(s->rb) || !rb_reserve_at(s->rb, (unsigned)cpu, r->replayed_at, len, &slot))
		return false;
	memcpy(slot.data, rec, len);
	rb_commit(s->rb, &slot);
	return true;
}

uint64_t cap_emit(struct cap_recorder *r, struct cap_task *t, int cpu, uint64_t sinks, uint64_t unfiltered, void *rec,
		  uint32_t len)
{
	struct ev_common *common = rec;
	uint64_t written = 0;

	if (cpu < 0)
		cpu = cap_task_cpu(t);
	*common = (struct ev_common){.type = common->type, .pid = t->tid};
	save_name(r, t, sinks); /* first, so that a reader who sees the record finds the name */
	for (uint64_t left = sinks; left; left &= left - 1) {
		int i = __builtin_ctzll(left);
		const struct cap_sink *s = r->sink[i];

		if (unlikely(s->triggers[common->type]) && t->event_sinks >> i & 1) {
			struct cap_emission e = {.task = t, .sink = i, .cpu = cpu, .always = unfiltered >> i & 1};

			if (cap_emit_triggered(r, &e, rec, len))
				written |= 1ull << i;
		} else if (cap_sink_has_cpu(s, cpu) && (unfiltered >> i & 1 || cap_sink_passes(s, t, rec, len, cpu))) {
			cap_sink_write(r, s, t, cpu, rec, len);
			written |= 1ull << i;
		}
	}
	return written;
}

void cap_emit_event(struct cap_recorder *r, struct cap_task *t, int id, void *rec, uint32_t len)
{
	uint64_t sinks = cap_event_sinks(r, t, id);

	if (likely(!sinks))
		return;
	((struct ev_common *)rec)->type = (uint16_t)id;
	cap_emit(r, t, cap_task_cpu(t), sinks, 0, rec, len);
}
