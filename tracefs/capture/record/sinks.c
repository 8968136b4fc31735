/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/* The tables that say what each sink wants. Changed only while nothing is written (see ptrace/thread.h). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tracefs/capture/ptrace/thread.h"

static void set_bit(uint64_t *mask, int bit, bool on)
{
	*mask = (*mask & ~(1ull << bit)) | (uint64_t)on << bit;
}

int cap_sink_add(struct cap_thread *ct, struct rb *rb)
{
	for (int i = 0; i < CAP_SINKS; i++) {
		if (ct->sink[i])
			continue;
		ct->sink[i] = calloc(1, sizeof(*ct->sink[i]));
		if (!ct->sink[i])
			return -ENOMEM;
		ct->sink[i]->rb = rb;
		memset(ct->sink[i]->cpus, 0xff, sizeof(ct->sink[i]->cpus));
		return i;
	}
	return -ENOSPC;
}

void cap_sink_remove(struct cap_thread *ct, int sink)
{
	cap_sink_tracer(ct, sink, false);
	cap_sink_events(ct, sink, NULL, NULL, 0);
	cap_sink_triggers(ct, sink, NULL, NULL, 0);
	for (int set = 0; set < CAP_SETS; set++)
		cap_sink_set(ct, sink, set, false, false);
	set_bit(&ct->wants.record_comm, sink, false);
	set_bit(&ct->wants.record_tgid, sink, false);
	set_bit(&ct->wants.fds, sink, false);
	free(ct->sink[sink]);
	ct->sink[sink] = NULL;
}

void cap_sink_tracer(struct cap_thread *ct, int sink, bool on)
{
	set_bit(&ct->wants.tracer, sink, on);
}

/* An event must be captured where it is enabled, and where it has triggers. */
static void set_events(struct cap_thread *ct, int sink)
{
	const struct cap_sink *s = ct->sink[sink];
	bool any = false;

	for (int id = 0; id <= EV_ID_MAX; id++) {
		bool wanted = s->enabled[id] || s->triggers[id];

		set_bit(&ct->event_sinks[id], sink, wanted);
		any |= wanted;
	}
	set_bit(&ct->wants.events, sink, any);
}

void cap_sink_events(struct cap_thread *ct, int sink, const int32_t *ids, const uint64_t *filters, uint32_t count)
{
	struct cap_sink *s = ct->sink[sink];

	memset(s->enabled, 0, sizeof(s->enabled));
	memset(s->filter, 0, sizeof(s->filter));
	for (uint32_t i = 0; i < count; i++)
		if (ids[i] >= 0 && ids[i] <= EV_ID_MAX) {
			s->enabled[ids[i]] = 1;
			s->filter[ids[i]] = (const void *)(uintptr_t)filters[i];
		}
	set_events(ct, sink);
}

void cap_sink_triggers(struct cap_thread *ct, int sink, const int32_t *ids, const uint64_t *lists, uint32_t count)
{
	struct cap_sink *s = ct->sink[sink];

	memset(s->triggers, 0, sizeof(s->triggers));
	for (uint32_t i = 0; i < count; i++)
		if (ids[i] >= 0 && ids[i] <= EV_ID_MAX)
			s->triggers[ids[i]] = (void *)(uintptr_t)lists[i];
	set_events(ct, sink);
}

void cap_sink_snapshot(struct cap_thread *ct, int sink, struct rb *snapshot)
{
	ct->sink[sink]->snapshot = snapshot;
}

void cap_sink_stacks(struct cap_thread *ct, int sink, uint8_t stacks)
{
	ct->sink[sink]->stacks = stacks;
}

void cap_sink_options(struct cap_thread *ct, int sink, bool record_comm, bool record_tgid, const uint64_t *cpus)
{
	set_bit(&ct->wants.record_comm, sink, record_comm);
	set_bit(&ct->wants.record_tgid, sink, record_tgid);
	memcpy(ct->sink[sink]->cpus, cpus, sizeof(ct->sink[sink]->cpus));
}

void cap_sink_set(struct cap_thread *ct, int sink, int set, bool active, bool follow)
{
	set_bit(&ct->wants.filtered[set], sink, active);
	set_bit(&ct->wants.follow[set], sink, active && follow);
}

void cap_sink_paired(struct cap_thread *ct, int sink, bool paired)
{
	set_bit(&ct->wants.paired, sink, paired);
}

void cap_sink_saves(struct cap_thread *ct, int sink, uint32_t enter, uint32_t exit, bool fds)
{
	set_bit(&ct->wants.fds, sink, fds);
	ct->sink[sink]->saves[0] = enter < CAP_TEXT_MAX ? enter : CAP_TEXT_MAX;
	ct->sink[sink]->saves[1] = exit < CAP_TEXT_MAX ? exit : CAP_TEXT_MAX;
}

void cap_describe(struct cap_thread *ct, int32_t nr, uint8_t nargs, const uint8_t saved[2], const uint8_t fds[2],
		  uint8_t asked)
{
	if (nr >= 0 && nr <= EV_SYSCALL_MAX_NR)
		ct->syscall[nr] = (struct cap_syscall){
			.known = 1, .nargs = nargs, .saved = {saved[0], saved[1]}, .fds = {fds[0], fds[1]}, .asked = asked};
}

void cap_describe_parts(struct cap_thread *ct, int32_t nr, bool exit, const struct cap_part *parts, uint32_t n)
{
	if (nr >= 0 && nr <= EV_SYSCALL_MAX_NR)
		ct->syscall[nr].parts[exit] = (struct cap_parts){parts, n};
}

void cap_types(struct cap_thread *ct, const void *table)
{
	ct->types = table;
}
