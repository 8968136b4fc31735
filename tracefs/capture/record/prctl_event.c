/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/* task_prctl_unknown: the kernel knows no such option. One that our tables know has been refused for another reason. */
#include <errno.h>

#include "tracefs/capture/record/events.h"
#include "tracefs/capture/task/call_facts.h"

struct prctl_record {
	struct ev_common common;
	int32_t option, pad;
	uint64_t args[4];
};

static bool is_known(int32_t option)
{
	for (unsigned i = 0; i < sizeof(cap_prctl_options) / sizeof(*cap_prctl_options); i++)
		if (cap_prctl_options[i] == option)
			return true;
	return false;
}

void cap_emit_prctl(struct cap_recorder *r, struct cap_task *t, int64_t result)
{
	struct prctl_record rec = {.option = (int32_t)t->call.args[0]};

	if (result != -EINVAL || !cap_event_wanted(r, t, EV_TASK_PRCTL_UNKNOWN) || is_known(rec.option))
		return;
	for (unsigned i = 0; i < 4; i++)
		rec.args[i] = t->call.args[i + 1];
	cap_emit_event(r, t, EV_TASK_PRCTL_UNKNOWN, &rec, sizeof(rec));
}
