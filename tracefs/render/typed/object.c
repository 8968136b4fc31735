// SPDX-License-Identifier: GPL-2.0-only
/* Saved memory and a type to text: structures, arrays, strings, records, and what pointers in them lead to. */
#include "tracefs/render/typed/typed.h"

#define DEEPEST 4
#define MOST_ITEMS 4096
#define PAGE 4096u
#define UNBOUNDED (1u << 20)
/*
 * Bytes of memory that are shown of what one argument leads to: more than a record holds, so only memory that leads to
 * the same again and again has more. An element of an array costs ELEMENT at least.
 */
#define SHOWN (1u << 17)
#define ELEMENT 8u

struct span {
	const uint8_t *bytes;
	uint32_t length;
};

/* A __data_loc has 16 bits for how long an image is, and each piece of it has a head of 16 bytes. */
#define HEAD 16u
#define PIECE_DATA 1
#define PIECES ((1u << 16) / HEAD)

struct piece {
	uint64_t start;
	uint32_t at, length; /* in what was saved */
	bool data;           /* text or data: looked for among its own kind only */
};

struct walk {
	struct rn_text *text;
	const struct tt_table *table;
	struct rn_fds fds;
	struct tt_scope scope;
	unsigned depth, n_pieces;
	bool image;
	const uint8_t *saved;
	uint32_t left;               /* of SHOWN */
	struct piece pieces[PIECES]; /* the last, as most of it is never touched */
};

static bool put_value(struct walk *w, const struct tt_type *type, struct span data, uint64_t size);
static bool put_target(struct walk *w, const struct tt_type *pointer, uint64_t address);

static void find_pieces(struct walk *w, const struct rn_saved *saved)
{
	uint32_t at = 0;

	w->saved = saved->bytes;
	w->n_pieces = 0;
	w->image = saved->image;
	if (!saved->image)
		w->pieces[w->n_pieces++] = (struct piece){saved->address, 0, saved->length, false};
	while (saved->image && saved->length - at >= HEAD && w->n_pieces < PIECES) {
		uint64_t start = tt_load(saved->bytes + at, 8, false);
		uint32_t length = (uint32_t)tt_load(saved->bytes + at + 8, 4, false), here;
		int32_t what = (int32_t)tt_load(saved->bytes + at + 12, 4, false);

		at += HEAD;
		here = length < saved->length - at ? length : saved->length - at;
		if (what >= 0)
			w->pieces[w->n_pieces++] = (struct piece){start, at, here, what == PIECE_DATA};
		here = (here + 7) & ~7u;
		at += here < saved->length - at ? here : saved->length - at;
	}
}

/* What was saved from address on; the longest piece of several. */
static bool memory_at(const struct walk *w, uint64_t address, uint64_t size, bool data, struct span *found)
{
	*found = (struct span){NULL, 0};
	for (const struct piece *piece = w->pieces; piece < w->pieces + w->n_pieces; piece++) {
		uint64_t skip = address - piece->start;
		uint32_t length = piece->length;

		if (address < piece->start || (skip && skip >= length) || (w->image && piece->data != data))
			continue;
		if (!found->bytes || found->length < length - (uint32_t)skip)
			*found = (struct span){w->saved + piece->at + skip, length - (uint32_t)skip};
	}
	if (found->length > size)
		found->length = (uint32_t)size;
	return found->bytes;
}

static bool spend(struct walk *w, uint32_t bytes)
{
	if (bytes > w->left)
		return false;
	w->left -= bytes;
	return true;
}

static void put_data(struct walk *w, struct span data, bool all)
{
	uint32_t length = data.length < w->left ? data.length : w->left;

	w->left -= length;
	rn_typed_quoted(w->text, data.bytes, length, all && length == data.length);
}

static void put_text(struct walk *w, struct span data, bool all)
{
	const uint8_t *nul = memchr(data.bytes, 0, data.length);

	if (nul)
		data.length = (uint32_t)(nul - data.bytes);
	put_data(w, data, nul || all);
}

static bool put_string(struct walk *w, uint64_t address, bool counted, uint64_t count)
{
	struct span data;

	if (!memory_at(w, address, counted ? count : UNBOUNDED, true, &data))
		return false;
	put_text(w, data, counted && data.length >= count);
	return true;
}

static void put_address(struct walk *w, uint64_t address)
{
	rn_typed_style(w->text, (int64_t)address, TT_PTR, false);
}

/* `...`, and where it goes on if that is where a page begins that could not be read. */
static void put_more(struct walk *w, bool any, uint64_t address, uint64_t next, struct span data)
{
	if (any)
		rn_puts(w->text, ", ");
	rn_puts(w->text, "...");
	if (address && (address + data.length) % PAGE == 0) {
		rn_puts(w->text, " /* 0x");
		rn_put_hex(w->text, next);
		rn_puts(w->text, " */");
	}
}

static bool put_strings(struct walk *w, uint64_t address)
{
	struct span data;
	uint32_t at;

	if (!memory_at(w, address, 8 * MOST_ITEMS, false, &data))
		return false;
	rn_putc(w->text, '[');
	for (at = 0; at + 8 <= data.length; at += 8) {
		uint64_t pointer = tt_load(data.bytes + at, 8, false);

		if (!spend(w, ELEMENT))
			break;
		if (!pointer) {
			rn_putc(w->text, ']');
			return true;
		}
		if (at)
			rn_puts(w->text, ", ");
		if (!put_string(w, pointer, false, 0))
			put_address(w, pointer);
	}
	put_more(w, at, address, address + at, data);
	rn_putc(w->text, ']');
	return true;
}

/* address: where it stands; 0: within a structure. */
static void put_array(struct walk *w, const struct tt_type *target, struct span data, uint32_t element, uint64_t count,
		      uint64_t address)
{
	uint64_t done = 0;

	rn_putc(w->text, '[');
	while (done < count && (done + 1) * element <= data.length) {
		char *before = w->text->at;

		if (!spend(w, element < ELEMENT ? ELEMENT : element))
			break;
		if (done)
			rn_puts(w->text, ", ");
		if (!put_value(w, target, (struct span){data.bytes + done * element, element}, element)) {
			w->text->at = before;
			break;
		}
		done++;
	}
	if (done < count)
		put_more(w, done, address, address + done * element, data);
	rn_putc(w->text, ']');
}

/* Where the tracee had what is at bytes; 0 if it was not saved. */
static uint64_t address_of(const struct walk *w, const uint8_t *bytes)
{
	for (const struct piece *piece = w->pieces; piece < w->pieces + w->n_pieces; piece++) {
		const uint8_t *start = w->saved + piece->at;

		if (bytes >= start && bytes < start + piece->length)
			return piece->start + (uint64_t)(bytes - start);
	}
	return 0;
}

/*
 * Whether what follows a header goes on, as one object, to a page that could not be read: then it was of no use to the
 * kernel.
 */
static bool put_unreadable(struct walk *w, const struct tt_type *type, struct span data, uint32_t offset, uint64_t end)
{
	uint64_t address;

	if (data.length >= end || type->kind == TT_RECORDS || type->kind == TT_ARRAY ||
	    (type->kind == TT_STRUCT && type->flags & TT_HAS_APART))
		return false;
	address = address_of(w, data.bytes);
	if (!address || (address + data.length) % PAGE)
		return false;
	put_address(w, address + offset);
	return true;
}

/* What was left out is 0, in `whole`. Returns what is behind the end, as far as that is not 0. */
static struct span fill_up(const struct tt_type *type, struct span *data, uint64_t *size, uint8_t *whole)
{
	struct span rest = {NULL, 0};
	uint32_t there = data->length < type->size ? data->length : type->size;

	for (uint32_t i = type->size; i < data->length; i++)
		if (data->bytes[i])
			rest = (struct span){data->bytes + type->size, data->length - type->size};
	memcpy(whole, data->bytes, there);
	memset(whole + there, 0, type->size - there);
	*data = (struct span){whole, type->size};
	*size = type->size;
	return rest;
}

static void put_struct(struct walk *w, const struct tt_type *type, struct span data, uint64_t size)
{
	const struct tt_member *all = TT_AT(w->table, members, struct tt_member) + type->first, *varied[TT_MEMBERS];
	const uint8_t *outer = w->scope.data;
	uint32_t outer_size = w->scope.size, n = type->n;
	uint64_t outer_all = w->scope.all;
	uint8_t whole[TT_ZEROED_MOST];
	struct span rest = {NULL, 0};
	bool any = false, complete = true;

	w->scope.all = size;
	if (type->zeroed && data.length >= (size < type->size ? size : type->size))
		rest = fill_up(type, &data, &size, whole);
	w->scope.data = data.bytes;
	w->scope.size = data.length;
	tt_begin_share(type, data.bytes, data.length, w->scope.share);
	if (type->n_variants)
		n = tt_members(&w->scope, type, varied);
	rn_putc(w->text, '{');
	for (uint32_t i = 0; i < n; i++) {
		const struct tt_member *member = type->n_variants ? varied[i] : &all[i];
		const struct tt_type *of = TT_TYPE(w->table, member->type);
		uint32_t offset = member->offset, length = member->size & ~TT_APART, left;
		char *before = w->text->at;

		if (offset >= size || of->kind == TT_HIDDEN)
			continue;
		left = data.length > offset ? data.length - offset : 0;
		if (!length)
			length = (uint32_t)(size - offset);
		rn_typed_name(w->text, w->table, member->name, any ? 0 : RN_SEPARATOR);
		if (__builtin_expect(member->size & TT_APART &&
					     put_unreadable(w, of, data, offset,
							    length < size - offset ? offset + length : size),
				     0)) {
			any = true;
		} else if (__builtin_expect(member->size & TT_APART && offset + tt_fixed_size(of) > size, 0)) {
			uint32_t all = (uint32_t)(size - offset);

			put_data(w, (struct span){data.bytes + (left ? offset : 0), left < all ? left : all},
				 left >= all);
			any = true;
		} else if (tt_is_number(of) && left >= of->width) {
			uint64_t number = tt_load(data.bytes + offset, of->width, false);

			if (__builtin_expect(length & TT_BITS, 0))
				number = tt_some_bits(number, length >> 8 & 0xff, length & 0xff);
			rn_typed_number(w->text, w->table, of, number, w->fds);
			any = true;
		} else if (type->flags & TT_OPEN && tt_is_number(of) && left && data.length == size) {
			put_data(w, (struct span){data.bytes + offset, left}, true);
			any = true;
		} else if (put_value(w, of,
				     (struct span){data.bytes + (left ? offset : 0), left < length ? left : length},
				     length)) {
			any = true;
		} else {
			w->text->at = before;
			complete = false;
		}
	}
	if (rest.length) {
		rn_puts(w->text, ", extra_data=");
		put_data(w, rest, true);
	}
	w->scope.data = outer;
	w->scope.size = outer_size;
	w->scope.all = outer_all;
	if (!complete) {
		if (any)
			rn_puts(w->text, ", ");
		rn_puts(w->text, "...");
	}
	rn_putc(w->text, '}');
}

static void put_records(struct walk *w, const struct tt_type *type, struct span data, uint64_t size)
{
	const struct tt_type *target = TT_TYPE(w->table, type->target);
	const struct tt_number *length = TT_AT(w->table, numbers, struct tt_number) + type->first;
	uint64_t at = 0, known = data.length < size ? data.length : size;
	bool any = false, ends = false, apart = target->flags & TT_HAS_APART;

	if (size && size < target->size) {
		put_data(w, (struct span){data.bytes, (uint32_t)known}, known >= size);
		return;
	}
	rn_putc(w->text, '[');
	while (length->source == TT_FIELD && at + target->size <= known) {
		uint64_t bytes = tt_load(data.bytes + at + length->operand, length->width, false), left = known - at;
		uint64_t shown = bytes < target->size ? target->size : bytes;

		if (!spend(w, target->size))
			break;
		if (any)
			rn_puts(w->text, ", ");
		any = true;
		put_struct(w, target, (struct span){data.bytes + at, (uint32_t)(shown < left ? shown : left)},
			   shown < size - at ? shown : size - at);
		at += (shown + type->align - 1) / type->align * type->align;
		if (bytes < target->size) { /* it says nothing of where the next one is */
			ends = apart;
			break;
		}
	}
	if (!ends && any && apart && at < size && size - at < target->size) {
		rn_puts(w->text, ", ");
		put_data(w, (struct span){data.bytes + (at < known ? at : 0), (uint32_t)(at < known ? known - at : 0)},
			 known == size);
	}
	if (!ends && at < size && size - at >= target->size) {
		if (any)
			rn_puts(w->text, ", ");
		rn_puts(w->text, "...");
	}
	rn_putc(w->text, ']');
}

static bool put_inline(struct walk *w, const struct tt_type *type, struct span data, uint64_t size)
{
	const struct tt_type *target = TT_TYPE(w->table, type->target);
	uint32_t element = tt_fixed_size(target);
	uint64_t count = 0;
	bool counted = tt_count(type, &w->scope, &count);

	if (element) {
		put_array(w, target, data, element, counted ? count : size / element, 0);
		return true;
	}
	if (counted && count < size)
		size = count;
	if (target->kind == TT_CHARS && counted && count && data.length >= size && !memchr(data.bytes, 0, size)) {
		put_text(w, (struct span){data.bytes, (uint32_t)size - 1}, false); /* nobody ends it */
		return true;
	}
	if (data.length > size)
		data.length = (uint32_t)size;
	return put_value(w, target, data, size);
}

static bool put_member_pointer(struct walk *w, const struct tt_type *type, struct span data)
{
	uint64_t address;
	bool plain, found = false;
	const struct tt_type *target = TT_TYPE(w->table, type->target);

	if (data.length < 8)
		return false;
	address = tt_load(data.bytes, 8, false);
	if (address && w->depth < DEEPEST) {
		char *before = w->text->at;

		plain = target->kind <= TT_FLAGS && !type->n;
		if (plain)
			rn_putc(w->text, '[');
		w->depth++;
		found = put_target(w, type, address);
		w->depth--;
		if (!found)
			w->text->at = before;
		else if (plain)
			rn_putc(w->text, ']');
	}
	if (!found)
		put_address(w, address);
	return true;
}

static bool put_value(struct walk *w, const struct tt_type *type, struct span data, uint64_t size)
{
	switch (type->kind) {
	case TT_INT:
	case TT_ENUM:
	case TT_FLAGS:
		if (data.length < type->width)
			return false;
		rn_typed_number(w->text, w->table, type, tt_load(data.bytes, type->width, false), w->fds);
		return true;
	case TT_POINTER:
		return put_member_pointer(w, type, data);
	case TT_ARRAY:
		return put_inline(w, type, data, size);
	case TT_RECORDS:
		put_records(w, type, data, size);
		return true;
	case TT_BYTES:
		put_data(w, (struct span){data.bytes, data.length < size ? data.length : (uint32_t)size},
			 data.length >= size);
		return true;
	case TT_STR:
	case TT_CHARS:
		put_text(w, data, data.length >= size);
		return true;
	case TT_STRUCT:
		put_struct(w, type, data, size);
		return true;
	case TT_CUSTOM:
		if (data.length < type->size)
			return false;
		if (data.length > size)
			data.length = (uint32_t)size;
		if (!rn_typed_custom(w->text, TT_STRING(w->table, type->name), data.bytes, data.length, w->fds))
			rn_typed_quoted(w->text, data.bytes, data.length, true);
		return true;
	}
	return false;
}

static bool put_target(struct walk *w, const struct tt_type *pointer, uint64_t address)
{
	const struct tt_type *target = TT_TYPE(w->table, pointer->target);
	uint32_t element = tt_fixed_size(target);
	uint64_t count = 0, size;
	bool counted = tt_count(pointer, &w->scope, &count);
	struct span data;

	if (target->kind == TT_STR)
		return put_string(w, address, counted, count);
	if (target->kind == TT_STRINGS)
		return put_strings(w, address);
	if (!element) {
		size = counted ? count : target->kind == TT_STRUCT ? target->size : UNBOUNDED;
		if (!size && target->kind == TT_STRUCT)
			return false;
		if (!size)
			return put_value(w, target, (struct span){(const uint8_t *)"", 0}, 0);
		return memory_at(w, address, size, target->kind == TT_BYTES || target->kind == TT_CHARS, &data) &&
		       put_value(w, target, data, size);
	}
	if (pointer->n && counted && !count) {
		rn_puts(w->text, "[]");
		return true;
	}
	size = pointer->n ? element * (count < MOST_ITEMS ? count : MOST_ITEMS) : element;
	if (!memory_at(w, address, size, false, &data))
		return false;
	if (!pointer->n)
		return data.length && put_value(w, target, data, element);
	put_array(w, target, data, element, count, address);
	return true;
}

bool rn_typed_target(struct rn_text *text, const struct tt_call *call, const struct tt_type *pointer, uint64_t address,
		     const struct rn_saved *saved)
{
	uint64_t share = call->has_ret && call->ret > 0 ? (uint64_t)call->ret : 0;
	struct walk w;
	const struct tt_type *target = TT_TYPE(call->table, pointer->target);
	bool plain = target->kind <= TT_FLAGS && !pointer->n;
	char *before = text->at;

	/* not as one initialiser, which would clear the pieces */
	w.text = text;
	w.table = call->table;
	w.fds = saved->fds;
	w.scope = (struct tt_scope){.call = call, .share = &share};
	w.depth = 0;
	w.left = SHOWN;
	find_pieces(&w, saved);
	if (plain)
		rn_putc(text, '[');
	if (!put_target(&w, pointer, address)) {
		text->at = before;
		return false;
	}
	if (plain)
		rn_putc(text, ']');
	return true;
}
