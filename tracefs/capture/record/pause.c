/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/*
 * Writing to buffers, and keeping the capture thread from it (resizing, clock changes, sink changes).
 *
 * The capture thread holds emit_lock while it handles one stop, never while it waits, so who pauses it waits for no tracee. Under a
 * storm of stops the lock is free for moments only; `pausing` makes the capture thread step back.
 */
#include "tracefs/capture/ptrace/thread.h"

void cap_emit_begin(struct cap_thread *ct)
{
	pthread_mutex_lock(&ct->emit_lock);
	while (unlikely(ct->pausing))
		pthread_cond_wait(&ct->emit_go, &ct->emit_lock);
}

void cap_emit_end(struct cap_thread *ct)
{
	pthread_mutex_unlock(&ct->emit_lock);
}

void cap_pause(struct cap_thread *ct)
{
	ct->pausing++;
	pthread_mutex_lock(&ct->emit_lock);
}

void cap_unpause(struct cap_thread *ct)
{
	ct->pausing--;
	pthread_cond_broadcast(&ct->emit_go);
	pthread_mutex_unlock(&ct->emit_lock);
}
