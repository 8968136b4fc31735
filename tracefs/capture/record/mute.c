/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/* Tasks that are not recorded for now, because they read the very buffer: few, so a plain array. Counted: mutes nest. */
#include <errno.h>
#include <stdlib.h>

#include "tracefs/capture/ptrace/thread.h"

struct cap_mute {
	int32_t tid;
	uint32_t count;
};

static struct cap_mute *find(struct cap_thread *ct, int32_t tid)
{
	for (uint32_t i = 0; i < ct->mute_count; i++)
		if (ct->mutes[i].tid == tid)
			return &ct->mutes[i];
	return NULL;
}

static struct cap_mute *add(struct cap_thread *ct, int32_t tid)
{
	if (ct->mute_count == ct->mute_room) {
		uint32_t room = ct->mute_room ? 2 * ct->mute_room : 8;
		struct cap_mute *more = realloc(ct->mutes, room * sizeof(*more));
		if (!more)
			return NULL;
		ct->mutes = more;
		ct->mute_room = room;
	}
	ct->mutes[ct->mute_count] = (struct cap_mute){.tid = tid};
	return &ct->mutes[ct->mute_count++];
}

int cap_mute(struct cap_thread *ct, int32_t tid)
{
	pthread_mutex_lock(&ct->mute_lock);
	struct cap_mute *m = find(ct, tid);
	if (!m)
		m = add(ct, tid);
	if (m)
		m->count++;
	ct->muted = ct->mute_count;
	pthread_mutex_unlock(&ct->mute_lock);
	return m ? 0 : -ENOMEM;
}

void cap_unmute(struct cap_thread *ct, int32_t tid)
{
	pthread_mutex_lock(&ct->mute_lock);
	struct cap_mute *m = find(ct, tid);
	if (m && !--m->count)
		*m = ct->mutes[--ct->mute_count];
	ct->muted = ct->mute_count;
	pthread_mutex_unlock(&ct->mute_lock);
}

bool cap_is_muted(struct cap_thread *ct, int32_t tid)
{
	if (likely(!ct->muted))
		return false;
	pthread_mutex_lock(&ct->mute_lock);
	bool muted = find(ct, tid);
	pthread_mutex_unlock(&ct->mute_lock);
	return muted;
}
