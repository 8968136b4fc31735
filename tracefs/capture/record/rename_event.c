/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/* task_rename: a task's old name is only known if it was looked up before the call that changes it. */
#include <string.h>

#include "tracefs/capture/ptrace/thread.h"
#include "tracefs/capture/ptrace/place.h"

struct rename_record {
	struct ev_common common;
	int32_t pid;
	char oldcomm[16], newcomm[16];
	int16_t oom_score_adj;
	uint8_t pad[2];
};

static bool wanted(const struct cap_thread *ct, const struct cap_task *t)
{
	return unlikely(t->event_sinks & ct->event_sinks[EV_TASK_RENAME]);
}

void cap_rename_begin(struct cap_thread *ct, struct cap_task *t)
{
	if (wanted(ct, t))
		cap_task_name(t);
}

void cap_rename_end(struct cap_thread *ct, struct cap_task *t)
{
	struct rename_record rec = {.pid = t->tid};
	bool known = t->named;

	memcpy(rec.oldcomm, t->comm, sizeof(rec.oldcomm));
	cap_name_changed(t);
	if (!wanted(ct, t) || !known || cap_is_muted(ct, t->tid))
		return;
	cap_task_name(t);
	memcpy(rec.newcomm, t->comm, sizeof(rec.newcomm));
	rec.oom_score_adj = (int16_t)cap_task_oom_score_adj(t->tid);
	cap_emit_event(ct, t, EV_TASK_RENAME, &rec, sizeof(rec));
}
