// SPDX-License-Identifier: GPL-2.0-only
#include "tracefs/syscalls/types/block/walk.h"

bool tt_number(const struct tt_number *number, const struct tt_scope *scope, int64_t *value)
{
	const struct tt_call *call = scope->call;
	uint32_t at = number->operand, width = number->width ? number->width : 8;
	uint64_t found;

	switch (number->source) {
	case TT_CONSTANT:
		found = at;
		break;
	case TT_ARGUMENT:
		if (at >= call->known)
			return false;
		found = tt_fit(call->args[at], number->width, number->is_signed);
		break;
	case TT_POINTED:
		if (at >= TT_ARGS || !(call->has_pointed >> at & 1))
			return false;
		found = tt_fit(call->pointed[at], number->width, number->is_signed);
		break;
	case TT_RESULT:
		if (!call->has_ret)
			return false;
		found = (uint64_t)call->ret;
		break;
	case TT_FIELD:
	case TT_SHARE:
		if (!scope->data || at > scope->size || scope->size - at < width)
			return false;
		found = tt_load(scope->data + at, number->width, number->is_signed && !number->bits);
		found = tt_some_bits(found, number->shift, number->bits);
		if (number->source == TT_SHARE) {
			if (!scope->share)
				return false;
			if (found > *scope->share)
				found = *scope->share;
			*scope->share -= found;
		}
		break;
	case TT_SIZE:
		found = scope->all;
		break;
	case TT_NETLINK:
		if (call->netlink < 0)
			return false;
		found = (uint64_t)call->netlink;
		break;
	default:
		return false;
	}
	*value = (int64_t)found;
	return true;
}

bool tt_count(const struct tt_type *type, const struct tt_scope *scope, uint64_t *count)
{
	const struct tt_number *numbers = TT_AT(scope->call->table, numbers, struct tt_number) + type->first;
	bool any = false;

	for (uint32_t i = 0; i < type->n; i++) {
		int64_t value;
		uint64_t scaled;

		if (!tt_number(&numbers[i], scope, &value))
			continue;
		scaled = value <= 0 && (numbers[i].is_signed || numbers[i].source == TT_RESULT) ? 0 : (uint64_t)value;
		if (scaled > UINT32_MAX)
			scaled = UINT32_MAX;
		scaled *= numbers[i].multiply;
		if (numbers[i].divide > 1)
			scaled = (scaled + numbers[i].divide - 1) / numbers[i].divide;
		scaled += numbers[i].plus;
		if (!any || scaled < *count)
			*count = scaled;
		any = true;
	}
	return any;
}

/* The number that was tested last: nearly all variants of one type or row test the same. */
struct tested {
	const struct tt_number *number;
	bool known;
	int64_t value;
};

static bool is_same(const struct tt_number *one, const struct tt_number *other)
{
	return one && one->operand == other->operand && one->source == other->source && one->width == other->width &&
	       one->is_signed == other->is_signed && one->shift == other->shift && one->bits == other->bits;
}

static bool tests_hold(const struct tt_variant *variant, const struct tt_scope *scope, struct tested *last)
{
	const struct tt_table *table = scope->call->table;
	const struct tt_test *test = TT_AT(table, tests, struct tt_test) + variant->tests;

	for (uint32_t i = 0; i < variant->n_tests; i++, test++) {
		const struct tt_choice *choice = TT_AT(table, choices, struct tt_choice) + test->first;
		bool holds = false;

		if (!is_same(last->number, &test->number)) {
			last->number = &test->number;
			last->known = tt_number(last->number, scope, &last->value);
		}
		for (uint32_t j = 0; last->known && j < test->n && !holds; j++)
			holds = (((uint64_t)last->value ^ choice[j].value) & choice[j].mask) == 0;
		if (!holds)
			return false;
	}
	return true;
}

unsigned tt_members(const struct tt_scope *scope, const struct tt_type *type,
		    const struct tt_member *members[TT_MEMBERS])
{
	const struct tt_table *table = scope->call->table;
	const struct tt_member *all = TT_AT(table, members, struct tt_member);
	const struct tt_variant *variant = TT_AT(table, variants, struct tt_variant) + type->variants;
	struct tested last = {.number = NULL};
	unsigned n = 0;

	while (n < type->n && n < TT_MEMBERS) {
		members[n] = &all[type->first + n];
		n++;
	}
	for (uint32_t i = 0; i < type->n_variants; i++, variant++) {
		if (!tests_hold(variant, scope, &last))
			continue;
		for (uint32_t j = 0; j < variant->n; j++) {
			const struct tt_member *member = &all[variant->first + j];
			unsigned at = 0;

			while (at < n && members[at]->name != member->name)
				at++;
			if (at == TT_MEMBERS)
				continue;
			members[at] = member;
			n += at == n;
		}
	}
	return n;
}

static void take_args(struct tt_call *call, uint32_t first, uint32_t n)
{
	const struct tt_arg *arg = TT_AT(call->table, args, struct tt_arg) + first;

	for (uint32_t i = 0; i < n; i++)
		if (arg[i].index < TT_ARGS) {
			call->types[arg[i].index] = arg[i].type;
			call->names[arg[i].index] = arg[i].name;
		}
}

static void apply_variants(struct tt_call *call)
{
	const struct tt_row *row = call->row;
	const struct tt_variant *variant = TT_AT(call->table, variants, struct tt_variant) + row->variants;
	struct tt_scope scope = {.call = call};
	struct tested last = {.number = NULL};

	for (uint32_t i = 0; i < row->n_variants; i++, variant++) {
		if (!tests_hold(variant, &scope, &last))
			continue;
		take_args(call, variant->first, variant->n);
		if (variant->result != TT_NONE)
			call->result = variant->result;
	}
}

bool tt_call_of(struct tt_call *call, const struct tt_table *table, uint64_t nr, const uint64_t *args, unsigned n,
		const int64_t *ret, int32_t netlink)
{
	const struct tt_row *row;

	if (nr >= table->rows.n)
		return false;
	row = TT_AT(table, rows, struct tt_row) + nr;
	if (row->name == TT_NONE)
		return false;
	call->table = table; /* all but what is beyond `n` and `known`: clearing it would take longer than the rest */
	call->known = n < TT_ARGS ? n : TT_ARGS;
	memcpy(call->args, args, call->known * sizeof(*args));
	call->n = row->n_args < n ? row->n_args : n;
	if (call->n > TT_ARGS)
		call->n = TT_ARGS;
	call->has_pointed = 0;
	call->has_ret = ret;
	call->ret = ret ? *ret : 0;
	call->netlink = netlink;
	call->result = row->result;
	take_args(call, row->args, row->n_args);
	call->row = row;
	apply_variants(call);
	return true;
}

void tt_call_pointed(struct tt_call *call)
{
	if (!call->row->by_pointed)
		return;
	call->result = call->row->result;
	take_args(call, call->row->args, call->row->n_args);
	apply_variants(call);
}
