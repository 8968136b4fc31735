/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/* Gathering: level by level, so that all that is known to be needed is read at once. */
#include "tracefs/capture/payload/gather.h"

#define DEEPEST 4  /* pointers followed: memory may lead back to itself */
#define LISTED 32u /* bytes that a list's text takes in a record, at least */

/* As much of a text or a list as its page holds: what is behind may not be there, nor be needed. */
static uint32_t to_page_end(uint64_t address, uint32_t most)
{
	uint32_t left = CAP_PAGE - address % CAP_PAGE;

	return left < most ? left : most;
}

static void add(struct cap_save *save, struct cap_piece piece, uint32_t most)
{
	if (!most || save->pieces == CAP_PIECES || most > CAP_GATHERED - save->used)
		return;
	piece.at = save->used;
	piece.whole = most;
	piece.want = piece.text || piece.list ? to_page_end(piece.address, most) : most;
	save->used += most;
	cap_memory_want(&save->memory, piece.address, piece.want);
	save->piece[save->pieces++] = piece;
}

static uint32_t at_most(uint64_t count, uint32_t most)
{
	return count < most ? (uint32_t)count : most;
}

/*
 * Elements of an array that are looked for. Memory that ends at a page's end is taken for an array that ended there as
 * the next page was not readable (typed/object.c): what is cut by us ends elsewhere.
 */
static uint32_t elements_with_room(uint64_t address, uint32_t element, uint32_t room)
{
	uint32_t n = room / element;

	return n > 1 && (address + (uint64_t)n * element) % CAP_PAGE == 0 ? n - 1 : n;
}

/*
 * Of use to the kernel only as a whole: one structure. An address that a call filled in is as long as its buffer, of
 * which the length that the call has left says no more.
 */
static bool is_exact(const struct cap_save *save, const struct tt_type *pointer, const struct tt_type *target,
		     uint32_t element)
{
	if (target->kind == TT_STRUCT)
		return element ? !pointer->n : !save->call.has_ret;
	return target->kind == TT_CUSTOM && (!element || !pointer->n);
}

/* One more byte of a text than is kept: whether it ends there. */
static void add_target(struct cap_save *save, unsigned arg, const struct tt_type *pointer, uint64_t address,
		       const struct tt_scope *scope)
{
	const struct tt_type *target = TT_TYPE(save->call.table, pointer->target);
	struct cap_piece piece = {.address = address, .arg = (uint8_t)arg, .filled = -1};
	uint32_t element = tt_fixed_size(target);
	uint64_t count = 0;
	bool counted = tt_count(pointer, scope, &count);

	if (scope->share && scope->share != &save->share[arg])
		piece.filled = (int64_t)*scope->share;

	switch (target->kind) {
	case TT_STR:
		piece.text = true;
		piece.path = target->flags & TT_PATH;
		add(save, piece, at_most(counted ? count : UINT64_MAX, cap_text_limit(&piece, save->measure) + 1));
		return;
	case TT_STRINGS:
		piece.list = true;
		add(save, piece, 8 * (save->measure.room / LISTED));
		return;
	case TT_BYTES:
	case TT_CHARS:
		piece.data = piece.exact = true;
		/* one more: whether the kernel could read on */
		add(save, piece, at_most(count, save->measure.limit + 1));
		return;
	}
	if (target->flags & TT_ENDS_IN_DATA) {
		piece.data = piece.exact = true;
		piece.head = target->align;
		add(save, piece, at_most(counted ? count : target->size, piece.head + save->measure.limit));
		return;
	}
	if (target->flags & TT_HOLDS_POINTERS)
		piece.type = target;
	if (target->flags & TT_HOLDS_FDS)
		piece.fds = target;
	if (pointer->n == 1 && TT_AT(save->call.table, numbers, struct tt_number)[pointer->first].source == TT_CONSTANT)
		piece.exact = true; /* the kernel takes all of a fixed number, or none */
	else
		piece.exact = is_exact(save, pointer, target, element);
	piece.element = pointer->n ? element : 0;
	if (target->zeroed && counted) {
		add(save, piece, at_most(count, CAP_PAGE));
	} else if (target->flags & TT_GROWS && counted && count > target->size) {
		piece.least = target->size;
		add(save, piece, at_most(count, target->size + CAP_PAGE));
	} else if (!element)
		add(save, piece,
		    at_most(counted ? count : target->size,
			    target->kind == TT_STRUCT ? target->size : save->measure.room));
	else if (!pointer->n)
		add(save, piece, element);
	else
		add(save, piece, element * at_most(count, elements_with_room(address, element, save->measure.room)));
}

static void look(struct cap_save *save, const struct cap_piece *piece, const struct tt_type *type, uint32_t at,
		 uint32_t length, struct tt_scope scope)
{
	const struct tt_table *table = save->call.table;
	const uint8_t *bytes = save->bytes + piece->at + at;

	if (type->kind == TT_POINTER) {
		uint64_t address = length < 8 ? 0 : tt_load(bytes, 8, false);

		if (address)
			add_target(save, piece->arg, type, address, &scope);
	} else if (type->kind == TT_STRUCT && type->flags & TT_HOLDS_POINTERS) {
		const struct tt_member *members[TT_MEMBERS];
		uint64_t filled;
		unsigned n;

		scope.data = bytes;
		scope.size = length;
		scope.all = length;
		if (type->unknown != TT_NONE) { /* what its buffers share is its own */
			filled = 0;
			tt_begin_share(type, bytes, length, &filled);
			scope.share = &filled;
		}
		n = tt_members(&scope, type, members);
		for (unsigned i = 0; i < n; i++)
			if (members[i]->offset < length)
				look(save, piece, TT_TYPE(table, members[i]->type), at + members[i]->offset,
				     length - members[i]->offset, scope);
	} else if (type->kind == TT_ARRAY && type->flags & TT_HOLDS_POINTERS) {
		const struct tt_type *target = TT_TYPE(table, type->target);
		uint32_t element = tt_fixed_size(target);
		uint64_t count;

		if (!element)
			return;
		if (!tt_count(type, &scope, &count))
			count = length / element;
		for (uint64_t i = 0; i < count && (i + 1) * element <= length; i++)
			look(save, piece, target, at + (uint32_t)i * element, element, scope);
	}
}

static void look_into(struct cap_save *save, const struct cap_piece *piece)
{
	uint64_t filled = (uint64_t)piece->filled;
	struct tt_scope scope = {.call = &save->call, .share = piece->filled < 0 ? &save->share[piece->arg] : &filled};
	uint32_t element = piece->type ? tt_fixed_size(piece->type) : 8;

	if (piece->type && !element)
		element = piece->got;
	for (uint32_t at = 0; element && at + element <= piece->got; at += element) {
		if (piece->type) {
			look(save, piece, piece->type, at, element, scope);
		} else {
			uint64_t address = tt_load(save->bytes + piece->at + at, 8, false);
			struct cap_piece text = {.address = address, .arg = piece->arg, .text = true};

			if (address)
				add(save, text, save->measure.limit + 1);
		}
	}
}

/* Find the end of a text or a list among what is there; true: it may be on the next page. */
static bool find_end(struct cap_save *save, struct cap_piece *piece)
{
	const uint8_t *bytes = save->bytes + piece->at, *nul = piece->text ? memchr(bytes, 0, piece->got) : NULL;

	if (nul) {
		piece->got = (uint32_t)(nul - bytes) + 1;
		piece->ended = true;
	}
	for (uint32_t at = 0; piece->list && !piece->ended && at + 8 <= piece->got; at += 8)
		if (!tt_load(bytes + at, 8, false)) {
			piece->got = at + 8;
			piece->ended = true;
		}
	if (piece->ended || piece->got < piece->want || piece->want == piece->whole)
		return false;
	piece->want = at_most(piece->want + CAP_PAGE, piece->whole);
	cap_memory_want(&save->memory, piece->address, piece->want);
	return true;
}

/*
 * What the kernel could not have used is not there: a structure or data of which a part is unreadable, a text without
 * its NUL before an unreadable page, an array without its first element.
 */
static void drop_unusable(struct cap_piece *piece)
{
	bool cut_short = piece->got < (piece->least ? piece->least : piece->want);

	piece->seen = piece->got;
	if (cut_short && (piece->exact || (piece->text && !piece->ended) || piece->got < piece->element))
		piece->got = 0;
}

/* Read the pieces from first on. */
static void fetch(struct cap_save *save, uint32_t first)
{
	bool more = true;

	for (uint32_t i = first; i < save->pieces; i++)
		save->piece[i].got = save->piece[i].ready ? save->piece[i].got : 0;
	while (more) {
		more = false;
		cap_memory_fetch(&save->memory);
		for (uint32_t i = first; i < save->pieces; i++) {
			struct cap_piece *piece = &save->piece[i];

			if (piece->got == piece->want || piece->ended)
				continue;
			piece->got =
				cap_memory_copy(&save->memory, piece->address, save->bytes + piece->at, piece->want);
			if (piece->text || piece->list)
				more |= find_end(save, piece);
		}
	}
	for (uint32_t i = first; i < save->pieces; i++)
		if (!save->piece[i].ready)
			drop_unusable(&save->piece[i]);
}

/* The requests that a call submits, as if they stood where the argument, their number, points to. */
static void add_requests(struct cap_save *save, unsigned arg, const struct tt_type *pointer)
{
	uint32_t length = save->requests * CAP_RING_REQUEST;
	struct cap_piece piece = {.address = save->call.args[arg],
				  .arg = (uint8_t)arg,
				  .filled = -1,
				  .type = TT_TYPE(save->call.table, pointer->target),
				  .at = save->used,
				  .want = length,
				  .got = length,
				  .seen = length,
				  .whole = length,
				  .ready = true};

	if (!length || length > CAP_GATHERED - save->used || save->pieces == CAP_PIECES)
		return;
	memcpy(save->bytes + save->used, save->request, length);
	save->used += length;
	if (piece.type->flags & TT_HOLDS_FDS)
		piece.fds = piece.type;
	save->piece[save->pieces++] = piece;
}

/* Those of plain numbers, or those that are not in `done`. Returns `done` with these. */
static uint32_t add_args(struct cap_save *save, enum tt_direction direction, bool numbers, uint32_t done)
{
	const struct tt_call *call = &save->call;

	for (unsigned i = 0; i < call->n; i++) {
		const struct tt_type *type = call->types[i] == TT_NONE ? NULL : TT_TYPE(call->table, call->types[i]);
		struct tt_scope scope = {.call = call, .share = &save->share[i]};

		if (type && type->kind == TT_POINTER && type->direction & TT_RING) {
			if (direction == TT_IN && !numbers && !((done | save->unsaved) >> i & 1))
				add_requests(save, i, type);
			continue;
		}
		if (type && type->kind == TT_POINTER && type->direction & direction && call->args[i] &&
		    !(save->unsaved >> i & 1) &&
		    (!numbers || (tt_is_number(TT_TYPE(call->table, type->target)) && !type->n)) && !(done >> i & 1)) {
			add_target(save, i, type, call->args[i], &scope);
			done |= 1u << i;
		}
	}
	return done;
}

/* Numbers that arguments point to may count what others point to (*addrlen). */
static void take_numbers(struct cap_save *save)
{
	struct tt_call *call = &save->call;

	for (uint32_t i = 0; i < save->pieces; i++) {
		const struct cap_piece *piece = &save->piece[i];
		const struct tt_type *type =
			TT_TYPE(call->table, TT_TYPE(call->table, call->types[piece->arg])->target);

		if (piece->got < type->width)
			continue;
		call->has_pointed |= 1u << piece->arg;
		call->pointed[piece->arg] = tt_load(save->bytes + piece->at, type->width, type->is_signed);
	}
}

void cap_save_fds(struct cap_save *save, int32_t tid, int32_t tgid)
{
	const struct tt_call *call = &save->call;
	struct tt_scope scope = {.call = call};

	cap_fds_begin(&save->fds, tid, tgid);
	for (unsigned i = 0; i < call->n && !call->has_ret; i++)
		if (call->types[i] != TT_NONE)
			cap_fds_within(&save->fds, scope, TT_TYPE(call->table, call->types[i]),
				       (const uint8_t *)&call->args[i], 8);
	if (call->has_ret && call->result != TT_NONE)
		cap_fds_within(&save->fds, scope, TT_TYPE(call->table, call->result), (const uint8_t *)&call->ret, 8);
	for (uint32_t i = 0; i < save->pieces; i++) {
		const struct cap_piece *piece = &save->piece[i];
		uint32_t element = piece->fds ? tt_fixed_size(piece->fds) : 0;

		if (piece->fds && !element)
			element = piece->got;
		for (uint32_t at = 0; element && at + element <= piece->got; at += element)
			cap_fds_within(&save->fds, scope, piece->fds, save->bytes + piece->at + at, element);
	}
}

struct cap_piece *cap_save_root(struct cap_save *save, unsigned arg)
{
	for (uint32_t i = 0; i < save->pieces; i++)
		if (save->piece[i].arg == arg)
			return &save->piece[i];
	return NULL;
}

void cap_save_nothing(struct cap_save *save)
{
	save->pieces = save->used = save->fds.used = save->netlink_length = 0;
	save->measure = (struct cap_measure){0};
}

void cap_save_gather(struct cap_save *save, enum tt_direction direction, struct cap_measure measure)
{
	uint32_t level, done;

	cap_save_nothing(save);
	save->measure = measure;
	for (unsigned i = 0; i < TT_ARGS; i++)
		save->share[i] = save->call.has_ret && save->call.ret > 0 ? (uint64_t)save->call.ret : 0;
	done = add_args(save, direction, true, 0);
	if (save->pieces) {
		fetch(save, 0);
		take_numbers(save);
		tt_call_pointed(&save->call);
	}
	level = save->pieces;
	add_args(save, direction, false, done);
	for (unsigned depth = 0; level < save->pieces; depth++) {
		uint32_t end = save->pieces;

		fetch(save, level);
		for (; depth < DEEPEST && level < end; level++)
			if (save->piece[level].type || save->piece[level].list)
				look_into(save, &save->piece[level]);
		level = end;
	}
}
