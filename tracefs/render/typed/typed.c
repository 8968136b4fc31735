// SPDX-License-Identifier: GPL-2.0-only
/*
 * Syscall events by the type tables. Where pointers were saved the record goes on behind what it always has: enter with
 * a __data_loc for each pointer that is read at enter, exit with the arguments and a __data_loc for each that is read
 * then.
 */
#include <stddef.h>

#include "tracefs/render/typed/typed.h"

#define MORE offsetof(struct ev_sys_enter, args)

_Static_assert(sizeof(((struct rn_types *)0)->in) == EV_SYSCALL_MAX_NR + 1, "an entry for each number");

/* The numbers that arguments point to, first: others may depend on them. */
static void find_pointed(struct tt_call *call, const struct rn_event *event, uint32_t at, unsigned mask)
{
	for (unsigned i = 0; call->row->by_pointed && i < call->n; i++) {
		const struct tt_type *type = call->types[i] == TT_NONE ? NULL : TT_TYPE(call->table, call->types[i]),
				     *target;
		const uint8_t *bytes;
		uint32_t length;

		if (!(mask >> i & 1))
			continue;
		at += 4;
		if (!type || type->kind != TT_POINTER || type->n || !call->args[i])
			continue;
		target = TT_TYPE(call->table, type->target);
		bytes = rn_saved_at(event, at - 4, &length);
		if (bytes && tt_is_number(target) && length >= target->width) {
			call->has_pointed |= 1u << i;
			call->pointed[i] = tt_load(bytes, target->width, target->is_signed);
		}
	}
	tt_call_pointed(call);
}

void rn_typed_find_saved(struct tt_call *call, const struct rn_event *event, uint32_t at, unsigned mask,
			 struct rn_fds fds, struct rn_saved saved[TT_ARGS])
{
	find_pointed(call, event, at, mask);
	for (unsigned i = 0; i < TT_ARGS; i++) {
		const struct tt_type *type, *target;

		saved[i].bytes = NULL;
		saved[i].fds = fds;
		if (!(mask >> i & 1))
			continue;
		if (i < call->n && call->types[i] != TT_NONE) {
			type = TT_TYPE(call->table, call->types[i]);
			saved[i].address = call->args[i];
			saved[i].bytes = type->kind == TT_POINTER && call->args[i]
						 ? rn_saved_at(event, at, &saved[i].length)
						 : NULL;
			if (saved[i].bytes) {
				target = TT_TYPE(call->table, type->target);
				saved[i].image = target->flags & TT_HOLDS_POINTERS || target->kind == TT_STRINGS;
				if (tt_is_number(target) && saved[i].length >= target->width) {
					call->has_pointed |= 1u << i;
					call->pointed[i] = tt_load(saved[i].bytes, target->width, target->is_signed);
				}
			}
		}
		at += 4;
	}
}

static bool is_ring(const struct tt_type *type)
{
	return type->kind == TT_POINTER && type->direction & TT_RING;
}

void rn_typed_value(struct rn_text *text, const struct tt_call *call, unsigned i, struct rn_fds fds)
{
	const struct tt_type *type = TT_TYPE(call->table, call->types[i]);
	uint64_t value = call->args[i];
	unsigned size = type->size && type->size < 8 ? type->size : 8;

	if (is_ring(type))
		rn_put_dec(text, (uint32_t)value);
	else if (type->kind != TT_CUSTOM)
		rn_typed_number(text, call->table, type, value, fds);
	else if (!rn_typed_custom(text, TT_STRING(call->table, type->name), (const uint8_t *)&value, size, fds))
		rn_typed_quoted(text, (const uint8_t *)&value, size, true);
}

/* How many, and as a comment those that were there. */
static void put_requests(struct rn_text *text, const struct tt_call *call, unsigned i, const struct rn_saved *saved)
{
	char *before;

	rn_typed_value(text, call, i, saved->fds);
	before = text->at;
	rn_puts(text, " /* ");
	if (saved->bytes && rn_typed_target(text, call, TT_TYPE(call->table, call->types[i]), call->args[i], saved))
		rn_puts(text, " */");
	else
		text->at = before;
}

static void put_arg(struct rn_text *text, const struct tt_call *call, unsigned i, const struct rn_saved *saved)
{
	const struct tt_type *type = TT_TYPE(call->table, call->types[i]);

	rn_typed_name(text, call->table, call->names[i], 0);
	rn_puts(text, ": ");
	if (is_ring(type))
		put_requests(text, call, i, saved);
	else if (!saved->bytes || !rn_typed_target(text, call, type, call->args[i], saved))
		rn_typed_value(text, call, i, saved->fds);
}

static void put_syscall(struct rn_text *text, const struct tt_table *table, uint64_t nr)
{
	rn_puts(text, "sys_");
	rn_typed_name(text, table, TT_AT(table, rows, struct tt_row)[nr].name, 0);
}

bool rn_typed_knows(const struct rn_event *event, const struct rn_types *types)
{
	uint32_t nr = (event->common.type - EV_SYSCALL_FIRST) / 2;

	return nr < types->table->rows.n && TT_AT(types->table, rows, struct tt_row)[nr].name != TT_NONE;
}

bool rn_typed_enter(struct rn_text *text, const struct rn_event *event, const struct rn_types *types)
{
	uint64_t nr = (event->common.type - EV_SYSCALL_FIRST) / 2, args[TT_ARGS] = {0};
	unsigned n = event->class->args;
	struct rn_fds fds = rn_fds_of(event);
	struct rn_saved saved[TT_ARGS];
	struct tt_call call;
	bool any = false;

	for (unsigned i = 0; i < n && i < TT_ARGS; i++)
		args[i] = rn_number(event, (uint32_t)(MORE + 8 * i), 8, false);
	if (!tt_call_of(&call, types->table, nr, args, n, NULL, rn_netlink_of(fds)))
		return false;
	rn_typed_find_saved(&call, event, (uint32_t)(MORE + 8 * n), types->in[nr], fds, saved);
	put_syscall(text, types->table, nr);
	rn_putc(text, '(');
	for (unsigned i = 0; i < call.n; i++) {
		if (TT_TYPE(call.table, call.types[i])->kind == TT_HIDDEN)
			continue;
		if (any)
			rn_puts(text, ", ");
		any = true;
		put_arg(text, &call, i, &saved[i]);
	}
	rn_puts(text, ")\n");
	return true;
}

bool rn_typed_exit(struct rn_text *text, const struct rn_event *event, const struct rn_types *types)
{
	uint64_t nr = (event->common.type - EV_SYSCALL_FIRST) / 2, args[TT_ARGS] = {0};
	int64_t ret = (int64_t)rn_number(event, offsetof(struct ev_sys_exit, ret), 8, true);
	uint32_t at = sizeof(struct ev_sys_exit);
	unsigned n = types->nargs[nr];
	struct rn_fds fds = rn_fds_of(event);
	struct rn_saved saved[TT_ARGS];
	struct tt_call call;
	bool any = false, more = types->out[nr] && event->length > at;

	for (unsigned i = 0; more && i < n && i < TT_ARGS; i++, at += 8)
		args[i] = rn_number(event, at, 8, false);
	if (!tt_call_of(&call, types->table, nr, args, more ? n : 0, &ret, rn_netlink_of(fds)))
		return false;
	put_syscall(text, types->table, nr);
	rn_puts(text, " -> ");
	rn_typed_result(text, call.table, call.result, ret, types->errors, fds);
	if (more) {
		rn_typed_find_saved(&call, event, at, types->out[nr], fds, saved);
		for (unsigned i = 0; i < call.n; i++) {
			if (!saved[i].bytes)
				continue;
			rn_put(text, any ? ", " : " (", 2);
			any = true;
			put_arg(text, &call, i, &saved[i]);
		}
		if (any)
			rn_putc(text, ')');
	}
	rn_putc(text, '\n');
	return true;
}
