/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TRACEFS_CAPTURE_PTRACE_WAKE_H
#define TRACEFS_CAPTURE_PTRACE_WAKE_H

#include "tracefs/capture/ptrace/thread.h"

#define CAP_SIGNAL (SIGRTMAX - 3)

int cap_wake_enter(struct cap_thread *ct); /* [capture] from now on cap_wake() works; 0 or -errno */
void cap_wake_leave(struct cap_thread *ct);
void cap_sleep(void); /* [capture] until woken */

#endif
