/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracefs/capture/record/replay.h"

#include <string.h>

static bool is_call(unsigned type)
{
	return (type >= EV_SYSCALL_FIRST && type <= EV_SYSCALL_LAST) ||
	       (type >= EV_RAW_SYS_ENTER && type <= EV_COMPAT_SYS_EXIT);
}

/* What raw_syscalls has of a call whose own event this is, for those who want that. */
static void replay_raw(struct cap_recorder *r, struct cap_task *t, int cpu, const void *rec, uint32_t len)
{
	const struct ev_common *common = rec;
	bool exit = common->type & 1;
	int id = exit ? EV_RAW_SYS_EXIT : EV_RAW_SYS_ENTER;
	uint64_t sinks = cap_event_sinks(r, t, id);

	if (likely(!sinks))
		return;
	if (exit) {
		struct ev_sys_exit from = {0};

		memcpy(&from, rec, len < sizeof(from) ? len : sizeof(from));
		struct ev_raw_sys_exit raw = {.common.type = (uint16_t)id, .id = from.nr, .ret = from.ret};
		cap_emit(r, t, cpu, sinks, 0, &raw, sizeof(raw));
	} else {
		struct ev_sys_enter from = {0};
		struct ev_raw_sys_enter raw = {.common.type = (uint16_t)id};

		memcpy(&from, rec, len < sizeof(from) ? len : sizeof(from));
		raw.id = from.nr;
		if (from.nr >= 0 && from.nr <= EV_SYSCALL_MAX_NR)
			memcpy(raw.args, from.args, 8u * r->syscall[from.nr].nargs);
		cap_emit(r, t, cpu, sinks, 0, &raw, sizeof(raw));
	}
}

uint64_t cap_replay(struct cap_recorder *r, const struct cap_replayed *what, const void *rec, uint32_t len)
{
	struct cap_task t = {.tid = what->tid, .event_sinks = what->sinks[1], .name = {.known = true, .age = 1}};
	uint8_t *own = r->save->record;
	unsigned type = ((const struct ev_common *)rec)->type;
	uint64_t sinks, written = 0;

	if (len < sizeof(struct ev_common) || len > CAP_RECORD_MAX || type > EV_ID_MAX || what->cpu < 0)
		return 0;
	memcpy(t.name.comm, what->comm, sizeof(t.name.comm) - 1);
	cap_pause(r);
	r->replayed_at = what->ts;
	memcpy(own, rec, len);
	if (is_call(type))
		t.tracer_sinks = what->sinks[0];
	sinks = t.tracer_sinks | cap_event_sinks(r, &t, (int)type);
	if (is_call(type) && type & 1)
		sinks &= ~r->wants.paired | what->entered;
	if (what->always)
		for (sinks = written = what->sinks[1]; sinks; sinks &= sinks - 1)
			cap_sink_write(r, r->sink[__builtin_ctzll(sinks)], &t, what->cpu, own, len);
	else if (sinks)
		written = cap_emit(r, &t, what->cpu, sinks, t.tracer_sinks, own, len);
	if (what->raw && type >= EV_SYSCALL_FIRST && is_call(type))
		replay_raw(r, &t, what->cpu, rec, len);
	r->replayed_at = 0;
	cap_unpause(r);
	return written;
}
