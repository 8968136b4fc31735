/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/* The tables that say what each sink wants. Changed only while nothing is written (sink.h). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tracefs/capture/record/sink.h"

int cap_recorder_init(struct cap_recorder *r, struct cmdlines *cmdlines)
{
	pthread_mutexattr_t attr;

	r->save = malloc(sizeof(*r->save)); /* touched only as far as it is used */
	if (!r->save)
		return -ENOMEM;
	r->save->memory.fetches = 0;
	cap_fds_init(&r->save->fds);
	r->cmdlines = cmdlines;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE); /* policy asks for tasks while it holds the pause */
	pthread_mutex_init(&r->emit_lock, &attr);
	pthread_mutexattr_destroy(&attr);
	pthread_cond_init(&r->emit_go, NULL);
	pthread_mutex_init(&r->mute_lock, NULL);
	return 0;
}

void cap_recorder_free(struct cap_recorder *r)
{
	for (int i = 0; i < CAP_SINKS; i++)
		free(r->sink[i]);
	free(r->mutes);
	cap_fds_deinit(&r->save->fds);
	free(r->save);
}

static void set_bit(uint64_t *mask, int bit, bool on)
{
	*mask = (*mask & ~(1ull << bit)) | (uint64_t)on << bit;
}

int cap_sink_add(struct cap_recorder *r, struct rb *rb)
{
	for (int i = 0; i < CAP_SINKS; i++) {
		if (r->sink[i])
			continue;
		r->sink[i] = calloc(1, sizeof(*r->sink[i]));
		if (!r->sink[i])
			return -ENOMEM;
		r->sink[i]->rb = rb;
		memset(r->sink[i]->cpus, 0xff, sizeof(r->sink[i]->cpus));
		return i;
	}
	return -ENOSPC;
}

void cap_sink_remove(struct cap_recorder *r, int sink)
{
	cap_sink_tracer(r, sink, false);
	cap_sink_events(r, sink, NULL, NULL, 0);
	cap_sink_triggers(r, sink, NULL, NULL, 0);
	for (int set = 0; set < CAP_SETS; set++)
		cap_sink_set(r, sink, set, false, false);
	set_bit(&r->wants.record_comm, sink, false);
	set_bit(&r->wants.record_tgid, sink, false);
	set_bit(&r->wants.paired, sink, false);
	set_bit(&r->wants.fds, sink, false);
	free(r->sink[sink]);
	r->sink[sink] = NULL;
}

void cap_sink_tracer(struct cap_recorder *r, int sink, bool on)
{
	set_bit(&r->wants.tracer, sink, on);
}

/* An event must be captured where it is enabled, and where it has triggers. */
static void set_events(struct cap_recorder *r, int sink)
{
	const struct cap_sink *s = r->sink[sink];
	bool any = false;

	for (int id = 0; id <= EV_ID_MAX; id++) {
		bool wanted = s->enabled[id] || s->triggers[id];

		set_bit(&r->event_sinks[id], sink, wanted);
		any |= wanted;
	}
	set_bit(&r->wants.events, sink, any);
}

void cap_sink_events(struct cap_recorder *r, int sink, const int32_t *ids, const uint64_t *filters, uint32_t count)
{
	struct cap_sink *s = r->sink[sink];

	memset(s->enabled, 0, sizeof(s->enabled));
	memset(s->filter, 0, sizeof(s->filter));
	for (uint32_t i = 0; i < count; i++)
		if (ids[i] >= 0 && ids[i] <= EV_ID_MAX) {
			s->enabled[ids[i]] = 1;
			s->filter[ids[i]] = (const void *)(uintptr_t)filters[i];
		}
	set_events(r, sink);
}

void cap_sink_triggers(struct cap_recorder *r, int sink, const int32_t *ids, const uint64_t *lists, uint32_t count)
{
	struct cap_sink *s = r->sink[sink];

	memset(s->triggers, 0, sizeof(s->triggers));
	for (uint32_t i = 0; i < count; i++)
		if (ids[i] >= 0 && ids[i] <= EV_ID_MAX)
			s->triggers[ids[i]] = (void *)(uintptr_t)lists[i];
	set_events(r, sink);
}

void cap_sink_snapshot(struct cap_recorder *r, int sink, struct rb *snapshot)
{
	r->sink[sink]->snapshot = snapshot;
}

void cap_sink_stacks(struct cap_recorder *r, int sink, uint8_t stacks)
{
	r->sink[sink]->stacks = stacks;
}

void cap_sink_options(struct cap_recorder *r, int sink, bool record_comm, bool record_tgid, const uint64_t *cpus)
{
	set_bit(&r->wants.record_comm, sink, record_comm);
	set_bit(&r->wants.record_tgid, sink, record_tgid);
	memcpy(r->sink[sink]->cpus, cpus, sizeof(r->sink[sink]->cpus));
}

void cap_sink_set(struct cap_recorder *r, int sink, int set, bool active, bool follow)
{
	set_bit(&r->wants.filtered[set], sink, active);
	set_bit(&r->wants.follow[set], sink, active && follow);
}

void cap_sink_paired(struct cap_recorder *r, int sink, bool paired)
{
	set_bit(&r->wants.paired, sink, paired);
}

void cap_sink_saves(struct cap_recorder *r, int sink, uint32_t enter, uint32_t exit, uint32_t paths, bool fds)
{
	set_bit(&r->wants.fds, sink, fds);
	r->sink[sink]->saves[0] = enter < CAP_TEXT_MAX ? enter : CAP_TEXT_MAX;
	r->sink[sink]->saves[1] = exit < CAP_TEXT_MAX ? exit : CAP_TEXT_MAX;
	r->sink[sink]->paths = paths < CAP_TEXT_MAX ? paths : CAP_TEXT_MAX;
}

void cap_describe(struct cap_recorder *r, int32_t nr, uint8_t nargs, const uint8_t saved[2], const uint8_t fds[2],
		  uint8_t asked)
{
	if (nr >= 0 && nr <= EV_SYSCALL_MAX_NR)
		r->syscall[nr] = (struct cap_syscall){
			.known = 1, .nargs = nargs, .saved = {saved[0], saved[1]}, .fds = {fds[0], fds[1]}, .asked = asked};
}

void cap_describe_parts(struct cap_recorder *r, int32_t nr, bool exit, const struct cap_part *parts, uint32_t n)
{
	if (nr >= 0 && nr <= EV_SYSCALL_MAX_NR)
		r->syscall[nr].parts[exit] = (struct cap_parts){parts, n};
}

void cap_names(struct cap_recorder *r, struct cmdlines *cmdlines)
{
	r->cmdlines = cmdlines;
}

void cap_types(struct cap_recorder *r, const void *table)
{
	r->types = table;
}
