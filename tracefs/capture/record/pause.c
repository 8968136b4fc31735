/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/*
 * Writing to buffers, and keeping the capture thread from it (resizing, clock changes, sink changes).
 *
 * The capture thread holds emit_lock while it handles one stop, never while it waits, so who pauses it waits for no
 * tracee. Under a storm of stops the lock is free for moments only; `pausing` makes the capture thread step back.
 */
#include "tracefs/capture/record/sink.h"

void cap_emit_begin(struct cap_recorder *r)
{
	pthread_mutex_lock(&r->emit_lock);
	while (unlikely(r->pausing))
		pthread_cond_wait(&r->emit_go, &r->emit_lock);
}

void cap_emit_end(struct cap_recorder *r)
{
	pthread_mutex_unlock(&r->emit_lock);
}

void cap_pause(struct cap_recorder *r)
{
	r->pausing++;
	pthread_mutex_lock(&r->emit_lock);
	if (!r->pauses++ && r->hold)
		r->hold(r->holds);
}

void cap_unpause(struct cap_recorder *r)
{
	r->pausing--;
	if (!--r->pauses && r->go_on)
		r->go_on(r->holds);
	pthread_cond_broadcast(&r->emit_go);
	pthread_mutex_unlock(&r->emit_lock);
}
