/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/* task_rename: a task's old name is only known if it was looked up before the call that changes it. */
#include <string.h>

#include "tracefs/capture/record/events.h"

struct rename_record {
	struct ev_common common;
	int32_t pid;
	char oldcomm[16], newcomm[16];
	int16_t oom_score_adj;
	uint8_t pad[2];
};

void cap_rename_begin(struct cap_recorder *r, struct cap_task *t)
{
	if (unlikely(cap_event_sinks(r, t, EV_TASK_RENAME)))
		cap_task_name(t);
}

void cap_rename_end(struct cap_recorder *r, struct cap_task *t)
{
	struct rename_record rec = {.pid = t->tid};
	bool known = t->name.known;

	memcpy(rec.oldcomm, t->name.comm, sizeof(rec.oldcomm));
	cap_task_name_changed(t);
	if (!known || !cap_event_wanted(r, t, EV_TASK_RENAME))
		return;
	cap_task_name(t);
	memcpy(rec.newcomm, t->name.comm, sizeof(rec.newcomm));
	rec.oom_score_adj = (int16_t)cap_task_oom_score_adj(t->tid);
	cap_emit_event(r, t, EV_TASK_RENAME, &rec, sizeof(rec));
}
