/* SPDX-License-Identifier: GPL-2.0-only */
#include "tracefs/events/triggers/hist.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "tracefs/events/triggers/hist_map.h"
#include "tracefs/events/triggers/hist_value.h"

enum { RECORD_MAX = 3072 /* what surely fits a 4 KiB sub-buffer */ };

struct hist {
	pthread_mutex_t lock;
	struct hist_spec spec;
	struct hist_map map;
	uint32_t key_size;
	uint64_t hits, drops;
	bool has_taken;
	struct hist_taken taken;
	atomic_bool paused; /* relaxed: an event that races with a pause may fall on either side of it */
};

/* ---- making and ending ---- */

static uint32_t key_size(const struct hist_spec *spec)
{
	uint32_t size = 0;

	for (unsigned i = 0; i < spec->nkeys; i++)
		size += spec->keys[i].size;
	return size;
}

static void free_args(struct hist_spec *spec)
{
	for (unsigned i = 0; i < spec->nactions; i++)
		free(spec->actions[i].args);
}

static bool copy_args(struct hist_spec *spec)
{
	bool whole = true;

	for (unsigned i = 0; i < spec->nactions; i++) {
		struct hist_action *action = &spec->actions[i];
		struct hist_arg *args = calloc(action->nargs ? action->nargs : 1, sizeof(*args));

		if (args && action->nargs)
			memcpy(args, action->args, action->nargs * sizeof(*args));
		whole &= args != NULL;
		action->args = args;
	}
	return whole;
}

struct hist *hist_new(const struct hist_spec *spec)
{
	struct hist *table;

	if (spec->nkeys > HIST_KEYS_MAX || spec->nvals > HIST_VALS_MAX || spec->nvars > HIST_VARS_MAX ||
	    spec->nrefs > HIST_REFS_MAX || spec->nactions > HIST_ACTIONS_MAX || !spec->size || !key_size(spec) ||
	    key_size(spec) > HIST_KEY_SIZE_MAX)
		return NULL;
	table = calloc(1, sizeof(*table));
	if (!table)
		return NULL;
	table->spec = *spec;
	table->key_size = key_size(spec);
	if (!copy_args(&table->spec) || !hist_map_init(&table->map, spec->size, table->key_size)) {
		free_args(&table->spec);
		free(table);
		return NULL;
	}
	pthread_mutex_init(&table->lock, NULL);
	return table;
}

void hist_free(struct hist *table)
{
	if (!table)
		return;
	hist_map_deinit(&table->map);
	free_args(&table->spec);
	pthread_mutex_destroy(&table->lock);
	free(table);
}

/* ---- variables of one entry ---- */

static void set_string(const struct hist_spec *spec, struct hist_elt *elt, unsigned var, const char *text)
{
	if (!elt->strings)
		elt->strings = calloc(spec->nvars, sizeof(*elt->strings));
	if (elt->strings)
		memcpy(elt->strings[var], text, HIST_STRING_MAX);
}

static void set_var(const struct hist_spec *spec, struct hist_elt *elt, unsigned var, const struct hist_expr *expr,
		    struct hist_frame *frame)
{
	if (expr->string || expr->stack) {
		uint64_t stack[HIST_STACK_MAX];

		if (expr->stack) {
			hist_stack(expr, frame, stack);
			memcpy(frame->var_strings[var], stack, sizeof(stack));
		} else {
			hist_string(expr, frame, frame->var_strings[var], HIST_STRING_MAX);
		}
		set_string(spec, elt, var, frame->var_strings[var]);
	} else {
		frame->vars[var] = elt->vars[var] = hist_number(expr, frame);
	}
	elt->set |= (uint64_t)1 << var;
}

/* Read a variable of another table's entry of the same key. */
static bool read_ref(const struct hist_ref *ref, const uint8_t *key, uint32_t size, uint64_t *number, char *text)
{
	struct hist *table = ref->table;
	struct hist_elt *elt;
	uint64_t bit = (uint64_t)1 << ref->var;
	bool found = false;

	if (!table || table->key_size != size || ref->var >= table->spec.nvars)
		return false;
	pthread_mutex_lock(&table->lock);
	elt = hist_map_find(&table->map, key);
	if (elt && elt->set & bit) {
		if (ref->once)
			elt->set &= ~bit;
		*number = elt->vars[ref->var];
		if (elt->strings)
			memcpy(text, elt->strings[ref->var], HIST_STRING_MAX);
		else
			text[0] = 0;
		found = true;
	}
	pthread_mutex_unlock(&table->lock);
	return found;
}

/* ---- actions ---- */

/* Whether the watched value is a new maximum (a change); keeps it if so. */
static bool beats(const struct hist_action *action, struct hist_elt *elt, const struct hist_frame *frame)
{
	uint64_t value;

	if (action->handler == HIST_ON_MATCH)
		return true;
	value = hist_number(&action->value, frame);
	if (action->handler == HIST_ON_MAX ? value <= elt->vars[action->watched] : value == elt->vars[action->watched])
		return false;
	elt->vars[action->watched] = value;
	elt->set |= (uint64_t)1 << action->watched;
	return true;
}

/*
 * There is one snapshot, whatever entry asks for it: it is taken at what is new for the whole table.
 */
static bool beats_snapshot(struct hist *table, unsigned i, const struct hist_elt *elt, const uint8_t *key)
{
	const struct hist_action *action = &table->spec.actions[i];
	uint64_t value = elt->vars[action->watched], last = table->taken.value;

	if (action->handler == HIST_ON_MAX ? value <= last : value == last)
		return false;
	table->has_taken = true;
	table->taken.action = (uint16_t)i;
	table->taken.value = value;
	memcpy(table->taken.comm, elt->comm, sizeof(elt->comm));
	memcpy(table->taken.key, key, table->key_size);
	return true;
}

/* Under the lock: decide which actions fire, and save. Returns a bit per action that is left to do outside the lock. */
static unsigned decide(struct hist *table, struct hist_elt *elt, const uint8_t *key, struct hist_frame *frame)
{
	const struct hist_spec *spec = &table->spec;
	unsigned fire = 0;

	for (unsigned i = 0; i < spec->nactions; i++) {
		const struct hist_action *action = &spec->actions[i];

		if (!beats(action, elt, frame))
			continue;
		if (action->what == HIST_TRACE || (action->what == HIST_SNAPSHOT && beats_snapshot(table, i, elt, key)))
			fire |= 1u << i;
		for (unsigned a = 0; action->what == HIST_SAVE && a < action->nargs; a++)
			set_var(spec, elt, action->args[a].offset, &action->args[a].expr, frame);
	}
	return fire;
}

/* Behind what the record has: how many addresses, and these. Its __data_loc. */
static uint32_t put_stack(const struct hist_expr *expr, const struct hist_frame *frame, uint8_t *record, uint32_t *end)
{
	uint64_t stack[1 + HIST_STACK_MAX];
	uint32_t at = (*end + 7) & ~7u, size;

	stack[0] = hist_stack(expr, frame, stack + 1);
	size = (1 + (uint32_t)stack[0]) * (uint32_t)sizeof(stack[0]);
	if (at + size > RECORD_MAX)
		return 0;
	memcpy(record + at, stack, size);
	*end = at + size;
	return size << 16 | at;
}

static void trace_synthetic(const struct hist_action *action, const struct hist_frame *frame,
			    const struct hist_host *host)
{
	uint8_t record[RECORD_MAX] = {0};
	uint32_t end = action->fixed_size;

	if (end > RECORD_MAX || frame->event->len < 8)
		return;
	memcpy(record, frame->event->record, 8);
	memcpy(record, &action->event, sizeof(action->event));
	for (unsigned i = 0; i < action->nargs; i++) {
		const struct hist_arg *arg = &action->args[i];
		uint32_t size = arg->expr.size, loc;
		uint64_t number;

		if (arg->offset + (arg->dynamic ? 4u : size) > action->fixed_size)
			continue;
		if (arg->expr.stack) {
			loc = put_stack(&arg->expr, frame, record, &end);
			memcpy(record + arg->offset, &loc, sizeof(loc));
		} else if (arg->dynamic) {
			size = RECORD_MAX - end < HIST_STRING_MAX ? RECORD_MAX - end : HIST_STRING_MAX;
			size = size ? hist_string(&arg->expr, frame, (char *)record + end, size) + 1 : 0;
			loc = size << 16 | end;
			memcpy(record + arg->offset, &loc, sizeof(loc));
			end += size;
		} else if (arg->expr.string) {
			hist_string(&arg->expr, frame, (char *)record + arg->offset, size);
		} else {
			number = hist_number(&arg->expr, frame);
			memcpy(record + arg->offset, &number, size < 8 ? size : 8);
		}
	}
	host->trace(host->context, frame->event, record, end);
}

static void act(const struct hist_spec *spec, unsigned fire, const struct hist_frame *frame,
		const struct hist_host *host)
{
	for (unsigned i = 0; fire; i++, fire >>= 1) {
		if (!(fire & 1))
			continue;
		if (spec->actions[i].what == HIST_TRACE)
			trace_synthetic(&spec->actions[i], frame, host);
		else
			host->snapshot(host->context);
	}
}

/* ---- one event ---- */

static unsigned update(struct hist *table, const uint8_t *key, struct hist_frame *frame)
{
	const struct hist_spec *spec = &table->spec;
	bool made;
	struct hist_elt *elt = hist_map_insert(&table->map, key, &made);

	if (!elt) {
		table->drops++;
		return 0;
	}
	if (made)
		strncpy(elt->comm, frame->event->comm, sizeof(elt->comm) - 1);
	for (unsigned i = 0; i < spec->nvars; i++)
		if (spec->vars[i].size)
			set_var(spec, elt, i, &spec->vars[i], frame);
	for (unsigned i = 0; i < spec->nvals; i++)
		elt->sums[i] += hist_number(&spec->vals[i], frame);
	elt->hits++;
	table->hits++;
	return decide(table, elt, key, frame);
}

void hist_hit(struct hist *table, const struct hist_event *event, const struct hist_host *host)
{
	const struct hist_spec *spec = &table->spec;
	struct hist_frame frame;
	uint8_t key[HIST_KEY_SIZE_MAX];
	unsigned fire, at = 0;

	if (atomic_load_explicit(&table->paused, memory_order_relaxed))
		return;
	frame.event = event;
	/* Only what this trigger has is cleared: the frame is large, most triggers use none of it. */
	memset(frame.vars, 0, spec->nvars * sizeof(frame.vars[0]));
	memset(frame.var_strings, 0, spec->nvars * sizeof(frame.var_strings[0]));
	for (unsigned i = 0; i < spec->nkeys; at += spec->keys[i++].size)
		hist_key(&spec->keys[i], &frame, key + at);
	for (unsigned i = 0; i < spec->nrefs; i++)
		if (!read_ref(&spec->refs[i], key, table->key_size, &frame.refs[i], frame.ref_strings[i]))
			return;
	pthread_mutex_lock(&table->lock);
	fire = update(table, key, &frame);
	pthread_mutex_unlock(&table->lock);
	act(spec, fire, &frame, host);
}

/* ---- control and reading ---- */

void hist_pause(struct hist *table)
{
	atomic_store_explicit(&table->paused, true, memory_order_relaxed);
}

void hist_continue(struct hist *table)
{
	atomic_store_explicit(&table->paused, false, memory_order_relaxed);
}

bool hist_paused(const struct hist *table)
{
	return atomic_load_explicit(&table->paused, memory_order_relaxed);
}

void hist_clear(struct hist *table)
{
	pthread_mutex_lock(&table->lock);
	hist_map_clear(&table->map);
	table->hits = table->drops = 0;
	table->has_taken = false;
	table->taken.value = 0;
	pthread_mutex_unlock(&table->lock);
}

struct hist_totals hist_totals(struct hist *table)
{
	struct hist_totals totals;

	pthread_mutex_lock(&table->lock);
	totals = (struct hist_totals){table->hits, table->map.used, table->drops};
	pthread_mutex_unlock(&table->lock);
	return totals;
}

bool hist_entry(struct hist *table, uint32_t index, struct hist_entry *out)
{
	bool there;

	pthread_mutex_lock(&table->lock);
	there = index < table->map.used;
	if (there) {
		const struct hist_elt *elt = &table->map.elts[index];

		memcpy(out->comm, elt->comm, sizeof(out->comm));
		memcpy(out->sums, elt->sums, sizeof(out->sums));
		memcpy(out->vars, elt->vars, sizeof(out->vars));
		memcpy(out->key, table->map.keys + (size_t)index * table->key_size, table->key_size);
		out->hits = elt->hits;
		out->set = elt->set;
	}
	pthread_mutex_unlock(&table->lock);
	return there;
}

bool hist_taken(struct hist *table, struct hist_taken *out)
{
	bool taken;

	pthread_mutex_lock(&table->lock);
	taken = table->has_taken;
	*out = table->taken;
	pthread_mutex_unlock(&table->lock);
	return taken;
}

bool hist_entry_string(struct hist *table, uint32_t index, uint16_t var, char *out)
{
	bool there;

	pthread_mutex_lock(&table->lock);
	there = index < table->map.used && var < table->spec.nvars && table->map.elts[index].strings;
	if (there)
		memcpy(out, table->map.elts[index].strings[var], HIST_STRING_MAX);
	pthread_mutex_unlock(&table->lock);
	return there;
}
