// SPDX-License-Identifier: GPL-2.0-only
/*
 * A call of which both records are there: its arguments with what it read and what it filled, each by itself, and its
 * result.
 */
#include <stddef.h>

#include "tracefs/render/typed/typed.h"

static bool put_pointed(struct rn_text *text, struct tt_call *call, const struct tt_type *type, uint64_t address,
			struct rn_saved saved)
{
	if (!saved.bytes) { /* shown all the same where its count says that there is nothing */
		if (!type->n)
			return false;
		saved = (struct rn_saved){.address = address, .bytes = (const uint8_t *)"", .fds = saved.fds};
	}
	return rn_typed_target(text, call, type, address, &saved);
}

/* False: for Python, which joins what was there before to what is there after. */
static bool put_value(struct rn_text *text, struct tt_call *call, unsigned i, struct rn_saved *before,
		      struct rn_saved *after)
{
	const struct tt_type *type = TT_TYPE(call->table, call->types[i]);
	bool is_pointer = type->kind == TT_POINTER && call->args[i], found = false;

	if (is_pointer && type->direction != TT_IN && type->direction != TT_OUT)
		return false;
	if (is_pointer && type->direction == TT_IN) {
		bool has_ret = call->has_ret;

		call->has_ret = call->ret != 0; /* a result of 0 counts nothing that was read before */
		found = put_pointed(text, call, type, call->args[i], *before);
		call->has_ret = has_ret;
	} else if (is_pointer && call->ret >= 0) {
		found = put_pointed(text, call, type, call->args[i], *after);
	}
	if (!found)
		rn_typed_value(text, call, i, before->fds);
	return true;
}

bool rn_typed_whole(struct rn_text *text, const struct rn_event *enter, const struct rn_event *leave,
		    const struct rn_types *types, struct rn_whole *whole)
{
	uint64_t nr = (enter->common.type - EV_SYSCALL_FIRST) / 2, args[TT_ARGS] = {0};
	unsigned n = types->nargs[nr];
	uint32_t at = sizeof(struct ev_sys_exit);
	struct rn_fds fds = rn_fds_of(enter), fds_after = rn_fds_of(leave);
	struct rn_saved before[TT_ARGS], after[TT_ARGS];
	struct tt_call call;
	const char *start = text->at;

	for (unsigned i = 0; i < n && i < TT_ARGS; i++)
		args[i] = rn_number(enter, (uint32_t)(offsetof(struct ev_sys_enter, args) + 8 * i), 8, false);
	whole->ret = (int64_t)rn_number(leave, offsetof(struct ev_sys_exit, ret), 8, true);
	whole->failed = whole->ret < 0 && whole->ret >= -4095;
	if (rn_netlink_of(fds) >= 0 || rn_netlink_of(fds_after) >= 0 ||
	    !tt_call_of(&call, types->table, nr, args, n, &whole->ret, -1))
		return false;
	rn_typed_find_saved(&call, enter, (uint32_t)(offsetof(struct ev_sys_enter, args) + 8 * n), types->in[nr], fds,
			    before);
	rn_typed_find_saved(&call, leave, at + 8 * n, leave->length > at ? types->out[nr] : 0, fds_after, after);
	whole->table = types->table;
	whole->n = 0;
	for (unsigned i = 0; i < call.n; i++) {
		struct rn_part *part = &whole->args[whole->n];

		if (TT_TYPE(call.table, call.types[i])->kind == TT_HIDDEN)
			continue;
		part->name = call.names[i];
		part->type = call.types[i];
		part->at = (uint32_t)(text->at - start);
		if (!put_value(text, &call, i, &before[i], &after[i]))
			return false;
		part->length = (uint32_t)(text->at - start) - part->at;
		whole->n++;
	}
	whole->result.at = (uint32_t)(text->at - start);
	rn_typed_result(text, call.table, call.result, whole->ret, types->errors, fds_after);
	whole->result.length = (uint32_t)(text->at - start) - whole->result.at;
	return true;
}
