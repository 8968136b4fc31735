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
	cap_sink_want(r, sink, &(struct cap_wish){0});
	free(r->sink[sink]);
	r->sink[sink] = NULL;
}

/* An event must be captured where it is enabled, and where it has triggers. */
static void want_events(struct cap_recorder *r, int sink, const struct cap_wish_event *events, uint32_t count)
{
	struct cap_sink *s = r->sink[sink];

	memset(s->enabled, 0, sizeof(s->enabled));
	memset(s->filter, 0, sizeof(s->filter));
	memset(s->triggers, 0, sizeof(s->triggers));
	for (uint32_t id = 0; id <= EV_ID_MAX; id++)
		set_bit(&r->event_sinks[id], sink, false);
	for (const struct cap_wish_event *e = events; e < events + count; e++) {
		if (e->id < 0 || e->id > EV_ID_MAX)
			continue;
		s->enabled[e->id] = e->enabled;
		s->filter[e->id] = (const void *)(uintptr_t)e->filter;
		s->triggers[e->id] = (void *)(uintptr_t)e->triggers;
		set_bit(&r->event_sinks[e->id], sink, e->enabled || e->triggers);
	}
	set_bit(&r->wants.events, sink, count > 0);
}

static uint32_t text_limit(uint32_t wanted)
{
	return wanted < CAP_TEXT_MAX ? wanted : CAP_TEXT_MAX;
}

void cap_sink_want(struct cap_recorder *r, int sink, const struct cap_wish *wish)
{
	struct cap_wants *wants = &r->wants;
	struct cap_sink *s = r->sink[sink];

	set_bit(&wants->tracer, sink, wish->tracer);
	set_bit(&wants->paired, sink, wish->paired);
	set_bit(&wants->fds, sink, wish->fds);
	set_bit(&wants->record_comm, sink, wish->record_comm);
	set_bit(&wants->record_tgid, sink, wish->record_tgid);
	for (int set = 0; set < CAP_SETS; set++) {
		set_bit(&wants->filtered[set], sink, wish->sets[set].active);
		set_bit(&wants->follow[set], sink, wish->sets[set].active && wish->sets[set].follow);
	}
	want_events(r, sink, wish->events, wish->event_count);
	s->stacks = wish->stacks;
	s->saves[0] = text_limit(wish->save_enter);
	s->saves[1] = text_limit(wish->save_exit);
	s->paths = text_limit(wish->save_paths);
	memcpy(s->cpus, wish->cpus, sizeof(s->cpus));
}

void cap_sink_snapshot(struct cap_recorder *r, int sink, struct rb *snapshot)
{
	r->sink[sink]->snapshot = snapshot;
}

void cap_describe(struct cap_recorder *r, int32_t nr, uint8_t nargs, const uint8_t saved[2], const uint8_t fds[2],
		  uint8_t asked)
{
	if (nr >= 0 && nr <= EV_SYSCALL_MAX_NR)
		r->syscall[nr] = (struct cap_syscall){.known = 1,
						      .nargs = nargs,
						      .saved = {saved[0], saved[1]},
						      .fds = {fds[0], fds[1]},
						      .asked = asked};
}

void cap_describe_parts(struct cap_recorder *r, int32_t nr, bool exit, const struct cap_part *parts, uint32_t n)
{
	if (nr >= 0 && nr <= EV_SYSCALL_MAX_NR)
		r->syscall[nr].parts[exit] = (struct cap_parts){parts, n};
}

void cap_unsaved(struct cap_recorder *r, int32_t nr, uint8_t mask)
{
	if (nr >= 0 && nr <= EV_SYSCALL_MAX_NR)
		__atomic_store_n(&r->syscall[nr].unsaved, mask, __ATOMIC_RELAXED);
}

void cap_names(struct cap_recorder *r, struct cmdlines *cmdlines)
{
	r->cmdlines = cmdlines;
}

void cap_types(struct cap_recorder *r, const void *table)
{
	r->types = table;
}
