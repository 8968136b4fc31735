/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walking the table: which types a call's arguments have, and how long what its pointers lead to is. No memory is made.
 */
#ifndef TRACEFS_TYPES_WALK_H
#define TRACEFS_TYPES_WALK_H

#include <stdbool.h>
#include <string.h>

#include "tracefs/syscalls/types/block/table.h"

#define TT_ARGS 6
#define TT_MEMBERS 96 /* of a structure, at most */

struct tt_call {
	const struct tt_table *table;
	const struct tt_row *row;
	uint64_t args[TT_ARGS];
	unsigned known; /* arguments whose values are known: none by an exit event alone */
	unsigned n;     /* arguments that have a type */
	uint32_t types[TT_ARGS], names[TT_ARGS];
	uint32_t result;
	bool has_ret;
	int64_t ret;
	int32_t netlink;     /* the protocol of the netlink socket that it is on; -1: not known */
	uint8_t has_pointed; /* bit i: pointed[i] is what argument i points to, a number */
	uint64_t pointed[TT_ARGS];
};

/* Where numbers are looked up: in the call, and in the structure at hand. */
struct tt_scope {
	const struct tt_call *call;
	const uint8_t *data; /* of the structure; NULL: there is none */
	uint32_t size;       /* bytes of it that are known */
	uint64_t all;        /* bytes that it has */
	uint64_t *share;     /* bytes of the result that buffers have not used yet */
};

#define TT_TYPE(table, i) (&TT_AT(table, types, struct tt_type)[i])
#define TT_STRING(table, offset) (TT_AT(table, strings, char) + (offset))

static inline uint32_t tt_string_length(const struct tt_table *table, uint32_t offset)
{
	uint32_t length;

	memcpy(&length, TT_STRING(table, offset) - sizeof(length), sizeof(length));
	return length;
}

/* False: no row. ret: NULL at enter. netlink: as in the call. */
bool tt_call_of(struct tt_call *call, const struct tt_table *table, uint64_t nr, const uint64_t *args, unsigned n,
		const int64_t *ret, int32_t netlink);
/* Once pointed[] is known: what depends on that. */
void tt_call_pointed(struct tt_call *call);
/* The low `width` bytes of a number, sign-extended if it is signed. */
static inline uint64_t tt_fit(uint64_t value, unsigned width, bool is_signed)
{
	unsigned shift;

	if (!width || width >= 8)
		return value;
	shift = 64 - 8 * width;
	return is_signed ? (uint64_t)((int64_t)(value << shift) >> shift) : value << shift >> shift;
}
static inline uint64_t tt_load(const uint8_t *data, unsigned width, bool is_signed)
{
	uint64_t value = 0;
	uint32_t word;
	uint16_t half;

	/*
	 * Copies of known size are one instruction; of part of `value`, reading it would wait until they are in memory.
	 */
	switch (width) {
	case 1:
		value = *data;
		break;
	case 2:
		memcpy(&half, data, sizeof(half));
		value = half;
		break;
	case 4:
		memcpy(&word, data, sizeof(word));
		value = word;
		break;
	default:
		memcpy(&value, data, width && width < 8 ? width : 8);
	}
	return tt_fit(value, width, is_signed);
}
/* bits 0: all of it. */
static inline uint64_t tt_some_bits(uint64_t value, unsigned shift, unsigned bits)
{
	return bits ? value >> shift & (UINT64_MAX >> (64 - bits)) : value;
}
/* At the beginning of a structure: what it says its buffers were filled with is what they share. */
static inline void tt_begin_share(const struct tt_type *type, const uint8_t *data, uint32_t size, uint64_t *share)
{
	if (type->unknown != TT_NONE && share && size >= 4 && type->unknown <= size - 4)
		*share = tt_load(data + type->unknown, 4, false);
}
/* False: not known here. */
bool tt_number(const struct tt_number *number, const struct tt_scope *scope, int64_t *value);
/* The smallest of the counts of a pointer or an array; false: there are none, or none is known. */
bool tt_count(const struct tt_type *type, const struct tt_scope *scope, uint64_t *count);
/* Bytes of one in memory; 0: who has it says how many. */
static inline uint32_t tt_fixed_size(const struct tt_type *type)
{
	return type->kind == TT_STRUCT && type->flags & TT_OPEN ? 0 : type->kind == TT_POINTER ? 8 : type->size;
}
static inline bool tt_is_number(const struct tt_type *type)
{
	return type->kind == TT_INT || type->kind == TT_ENUM || type->kind == TT_FLAGS;
}
/*
 * A structure's members, with those that its variants put in their place; the scope's data is the structure. How many.
 */
unsigned tt_members(const struct tt_scope *scope, const struct tt_type *type,
		    const struct tt_member *members[TT_MEMBERS]);

#endif
