/* SPDX-License-Identifier: GPL-2.0-only */
/* Which CPU tracees run on: placement.c. [capture] */
#ifndef TRACEFS_CAPTURE_PTRACE_PLACE_H
#define TRACEFS_CAPTURE_PTRACE_PLACE_H

#include "tracefs/capture/ptrace/thread.h"

bool cap_place_init(struct cap_thread *ct); /* false: no memory */
void cap_place_fini(struct cap_thread *ct);
void cap_place_stopped(struct cap_thread *ct, struct cap_task *t); /* first thing at its stop */
void cap_place_resume(struct cap_thread *ct, struct cap_task *t);  /* last thing */
void cap_place_call_begins(struct cap_thread *ct, struct cap_task *t);
void cap_place_call_ends(struct cap_thread *ct, struct cap_task *t);
void cap_place_release_all(struct cap_thread *ct); /* every task, and this thread, back to its own affinity */
void cap_place_forget(struct cap_thread *ct, struct cap_task *t); /* it has gone */
void cap_place_tick(struct cap_thread *ct);
void cap_place_child_ended(struct cap_thread *ct, int32_t pid);
/* Nobody is kept on a CPU while some tracees are not followed yet, or no longer: they might see it. */
void cap_place_hold_off(struct cap_thread *ct, bool on);
int32_t cap_place_keeper(struct cap_thread *ct); /* pid of our helper process, which is not to be traced; 0: none */

#endif
