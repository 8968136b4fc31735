/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/*
 * signal_deliver: a signal that a task takes; and what only a tracer is told: one that it ignores, and that it stops.
 */
#include <string.h>

#include "tracefs/capture/record/events.h"
#include "tracefs/capture/task/actions.h"
#include "tracefs/capture/task/status.h"

/* a handler that was set before the task was traced, and its flags: they are nowhere to be read */
#define UNSEEN (~0ull)

struct signal_record {
	struct ev_common common;
	int32_t sig, error, code;
	int32_t pad;
	uint64_t handler, flags;
	uint8_t info[48]; /* the beginning of the siginfo_t: all that any signal says */
};

struct ignored_record {
	struct ev_common common;
	int32_t sig, error, code;
	uint8_t info[48];
};

/* Untraced, it would have been dropped when it was sent. */
static void emit_ignored(struct cap_recorder *r, struct cap_task *t, int sig, const siginfo_t *info)
{
	struct ignored_record rec = {.sig = sig, .error = info->si_errno, .code = info->si_code};

	memcpy(rec.info, info, sizeof(rec.info));
	cap_emit_event(r, t, EV_SIGNAL_IGNORED, &rec, sizeof(rec));
}

void cap_emit_signal(struct cap_recorder *r, struct cap_task *t, int sig, const siginfo_t *info)
{
	struct signal_record rec = {.sig = sig, .error = info->si_errno, .code = info->si_code};
	struct cap_status status;
	uint64_t bit = CAP_SIGNAL_BIT(sig);

	if (!cap_status_of(t->tid, &status))
		return;
	if (!(status.caught & bit) && cap_dropped(&status) & bit) {
		emit_ignored(r, t, sig, info);
		return;
	}
	memcpy(rec.info, info, sizeof(rec.info));
	const struct cap_action *action = cap_action_of(t, sig);
	bool caught = status.caught & bit, seen = action && (!caught || action->handler > (uintptr_t)SIG_IGN);
	rec.handler = !caught ? 0 : seen ? action->handler : UNSEEN;
	rec.flags = seen ? action->flags : caught ? UNSEEN : 0;
	cap_emit_event(r, t, EV_SIGNAL_DELIVER, &rec, sizeof(rec));
}

void cap_emit_stopped(struct cap_recorder *r, struct cap_task *t, int sig)
{
	struct {
		struct ev_common common;
		int32_t sig;
	} rec = {.sig = sig};

	if (cap_event_wanted(r, t, EV_TASK_STOPPED))
		cap_emit_event(r, t, EV_TASK_STOPPED, &rec, sizeof(rec));
}

void cap_emit_killed(struct cap_recorder *r, struct cap_task *t)
{
	struct signal_record rec = {.sig = SIGKILL};
	int32_t sig = SIGKILL;

	if (!cap_event_wanted(r, t, EV_SIGNAL_DELIVER))
		return;
	memcpy(rec.info, &sig, sizeof(sig));
	cap_emit_event(r, t, EV_SIGNAL_DELIVER, &rec, sizeof(rec));
}
