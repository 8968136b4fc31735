/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TRACEFS_CAPTURE_PTRACE_RESTART_H
#define TRACEFS_CAPTURE_PTRACE_RESTART_H

#include "tracefs/capture/ptrace/thread.h"

/* Whether the call can be made again after EINTR. first: its first argument. */
bool cap_undoable(uint32_t arch, int32_t nr, uint64_t first);
/*
 * [capture] The stopped task's call returned EINTR: have it make the call again, unless a signal ended it that it
 * handles. One whose time limit is over returns that instead.
 * tracing: it is known that tracing woke it; else a pending ignored signal must show that. false: nothing was undone.
 */
bool cap_undo_eintr(struct cap_thread *ct, struct cap_task *t, bool tracing);
/* [capture] It stopped for the delivery of a signal. */
void cap_on_signal(struct cap_thread *ct, struct cap_task *t, int sig);

/* At the stop of a signal: whether cap_on_signal() will have its call made again, which this signal alone ended. */
bool cap_will_undo(const struct cap_task *t, int sig);

/* Where a task that records itself stopped in a call that is about to be made again: that is to be made by stops. */
void cap_take_over(struct cap_thread *ct, struct cap_task *t);

#endif
