/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/*
 * Tasks that are not recorded for now, because they read the very buffer: few, so a plain array. Counted: mutes nest.
 */
#include <errno.h>
#include <stdlib.h>

#include "tracefs/capture/record/sink.h"

struct cap_mute {
	int32_t tid;
	uint32_t count;
};

static struct cap_mute *find(struct cap_recorder *r, int32_t tid)
{
	for (uint32_t i = 0; i < r->mute_count; i++)
		if (r->mutes[i].tid == tid)
			return &r->mutes[i];
	return NULL;
}

static struct cap_mute *add(struct cap_recorder *r, int32_t tid)
{
	if (r->mute_count == r->mute_room) {
		uint32_t room = r->mute_room ? 2 * r->mute_room : 8;
		struct cap_mute *more = realloc(r->mutes, room * sizeof(*more));
		if (!more)
			return NULL;
		r->mutes = more;
		r->mute_room = room;
	}
	r->mutes[r->mute_count] = (struct cap_mute){.tid = tid};
	return &r->mutes[r->mute_count++];
}

int cap_mute(struct cap_recorder *r, int32_t tid)
{
	pthread_mutex_lock(&r->mute_lock);
	struct cap_mute *m = find(r, tid);
	if (!m)
		m = add(r, tid);
	if (m)
		m->count++;
	r->muted = r->mute_count;
	pthread_mutex_unlock(&r->mute_lock);
	pthread_mutex_lock(&r->emit_lock);
	if (r->silence)
		r->silence(r->holds, tid);
	pthread_mutex_unlock(&r->emit_lock);
	return m ? 0 : -ENOMEM;
}

void cap_unmute(struct cap_recorder *r, int32_t tid)
{
	pthread_mutex_lock(&r->mute_lock);
	struct cap_mute *m = find(r, tid);
	if (m && !--m->count)
		*m = r->mutes[--r->mute_count];
	r->muted = r->mute_count;
	pthread_mutex_unlock(&r->mute_lock);
}

bool cap_is_muted(struct cap_recorder *r, int32_t tid)
{
	if (likely(!r->muted))
		return false;
	pthread_mutex_lock(&r->mute_lock);
	bool muted = find(r, tid);
	pthread_mutex_unlock(&r->mute_lock);
	return muted;
}
