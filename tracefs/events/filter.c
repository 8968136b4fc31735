/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracefs/events/filter.h"

#include <stddef.h>
#include <string.h>

#include "tracefs/events/glob.h"
#include "tracefs/events/record.h"
#include "tracefs/events/task_memory.h"

#define TASK_COMM_SIZE 16
#define TASK_CHARS_MAX 1023 /* as far as the kernel looks into a string of the task */
#define MASK_BITS 8

struct chars {
	const char *start;
	uint32_t len;  /* without a NUL */
	uint32_t room; /* what they stand in, with the NUL; 0: unknown */
};

struct bytes {
	const uint8_t *start;
	uint32_t len;
};

/* size bytes at offset of the record, if it has them. */
static bool load(const void *record, uint32_t len, uint32_t offset, void *out, uint32_t size)
{
	if (offset > len || size > len - offset)
		return false;
	memcpy(out, (const char *)record + offset, size);
	return true;
}

#define LOAD_AS(type)                                                                                                  \
	do {                                                                                                           \
		type loaded;                                                                                           \
		if (!load(record, len, offset, &loaded, sizeof(loaded)))                                               \
			return false;                                                                                  \
		*out = (int64_t)loaded;                                                                                \
		return true;                                                                                           \
	} while (0)

static bool load_number(const void *record, uint32_t len, uint8_t source, uint32_t offset, int64_t *out)
{
	switch (source) {
	case EV_U8:
		LOAD_AS(uint8_t);
	case EV_S8:
		LOAD_AS(int8_t);
	case EV_U16:
		LOAD_AS(uint16_t);
	case EV_S16:
		LOAD_AS(int16_t);
	case EV_U32:
		LOAD_AS(uint32_t);
	case EV_S32:
		LOAD_AS(int32_t);
	case EV_U64:
		LOAD_AS(uint64_t);
	case EV_S64:
		LOAD_AS(int64_t);
	}
	return false;
}

static bool compare_signed(uint8_t compare, int64_t left, int64_t right)
{
	switch (compare) {
	case EV_LT:
		return left < right;
	case EV_LE:
		return left <= right;
	case EV_GT:
		return left > right;
	case EV_GE:
		return left >= right;
	}
	return false;
}

static bool compare_unsigned(uint8_t compare, uint64_t left, uint64_t right)
{
	switch (compare) {
	case EV_LT:
		return left < right;
	case EV_LE:
		return left <= right;
	case EV_GT:
		return left > right;
	case EV_GE:
		return left >= right;
	}
	return false;
}

static bool test_number(const struct ev_term *term, int64_t left)
{
	switch (term->compare) {
	case EV_EQ:
		return left == term->value;
	case EV_NE:
		return left != term->value;
	case EV_AND:
		return (left & term->value) != 0;
	}
	/* Sources of 8, 16 and 32 bits were widened by their own sign, so a signed comparison is right for them. */
	return term->source == EV_U64 ? compare_unsigned(term->compare, (uint64_t)left, (uint64_t)term->value)
				      : compare_signed(term->compare, left, term->value);
}

/* What a __data_loc or __rel_loc points to; nothing where it leads out of the record. */
static bool follow(const struct ev_term *term, const void *record, uint32_t len, struct bytes *out)
{
	uint32_t location, start;

	if (!load(record, len, term->offset, &location, sizeof(location)))
		return false;
	start = location & 0xffff;
	if (term->source == EV_REL_LOC)
		start += term->offset + (uint32_t)sizeof(location);
	out->start = (const uint8_t *)record + start;
	out->len = location >> 16;
	return start <= len && out->len <= len - start;
}

static struct chars chars_of(const char *start, uint32_t limit, uint32_t room)
{
	return (struct chars){.start = start, .len = (uint32_t)strnlen(start, limit), .room = room};
}

/* A string of the task's memory, into buffer. */
static bool task_chars(const struct ev_term *term, const void *record, uint32_t len, char *buffer, struct chars *out)
{
	uint64_t address;
	int32_t pid;
	int64_t got;

	if (!load(record, len, term->offset, &address, sizeof(address)) ||
	    !load(record, len, offsetof(struct ev_common, pid), &pid, sizeof(pid)))
		return false;
	got = task_read_string(pid, address, buffer, TASK_CHARS_MAX);
	*out = chars_of(buffer, got < 0 ? 0 : (uint32_t)got, got < 0 ? 0 : (uint32_t)got + 1);
	return got >= 0;
}

static bool find_chars(const struct ev_term *term, const void *record, uint32_t len, const char *comm, char *buffer,
		       struct chars *out)
{
	uint32_t limit = term->size;
	struct bytes bytes;

	switch (term->source) {
	case EV_CHARS:
		if (term->offset > len || limit > len - term->offset)
			return false;
		if (limit == 0)
			limit = len - term->offset;
		*out = chars_of((const char *)record + term->offset, limit, term->size);
		return true;
	case EV_DATA_LOC:
	case EV_REL_LOC:
		if (!follow(term, record, len, &bytes))
			return false;
		*out = chars_of((const char *)bytes.start, bytes.len, bytes.len);
		return true;
	case EV_COMM:
		*out = chars_of(comm, TASK_COMM_SIZE - 1, TASK_COMM_SIZE);
		return true;
	case EV_TASK_CHARS:
		return task_chars(term, record, len, buffer, out);
	}
	return false;
}

static bool test_chars(uint8_t compare, const char *pattern, uint32_t pattern_len, const struct chars *chars)
{
	switch (compare) {
	case EV_FULL:
		return chars->len == pattern_len && !memcmp(chars->start, pattern, pattern_len);
	case EV_FRONT:
		return chars->len >= pattern_len && !memcmp(chars->start, pattern, pattern_len);
	case EV_MIDDLE:
		return memmem(chars->start, chars->len, pattern, pattern_len) != NULL;
	case EV_END:
		/*
		 * As the kernel: the end of what the string stands in, not of the string. So it matches in char[16]
		 * only strings of 15 bytes, and never in an array of unknown length.
		 */
		return chars->room > pattern_len &&
		       !memcmp(chars->start + chars->room - 1 - pattern_len, pattern, pattern_len);
	case EV_GLOB:
		/* As the kernel (6.18): in an array of unknown length (ftrace/print) a glob matches nothing. */
		return chars->room && glob_match(pattern, pattern_len, chars->start, chars->len);
	}
	return false;
}

static bool test_string(const struct ev_filter *filter, const struct ev_term *term, const void *record, uint32_t len,
			const char *comm)
{
	char comm_copy[TASK_COMM_SIZE] = "";
	char buffer[TASK_CHARS_MAX + 1];
	struct chars chars;

	/* What is behind the name's end counts as NUL, however the caller keeps it. */
	if (term->source == EV_COMM)
		memcpy(comm_copy, comm, strnlen(comm, TASK_COMM_SIZE - 1));
	if (!find_chars(term, record, len, comm_copy, buffer, &chars))
		return false;
	return test_chars(term->compare, (const char *)filter + term->data, term->data_len, &chars) != term->negate;
}

static bool has_bit(struct bytes mask, uint64_t bit)
{
	return bit / MASK_BITS < mask.len && (mask.start[bit / MASK_BITS] >> bit % MASK_BITS & 1);
}

static bool compare_masks(uint8_t compare, struct bytes left, struct bytes right)
{
	uint32_t longest = left.len > right.len ? left.len : right.len;
	bool same = true, meet = false;

	for (uint64_t bit = 0; bit < (uint64_t)longest * MASK_BITS; bit++) {
		same = same && has_bit(left, bit) == has_bit(right, bit);
		meet = meet || (has_bit(left, bit) && has_bit(right, bit));
	}
	return compare == EV_MASK_AND ? meet : same == (compare == EV_MASK_EQ);
}

/* term->value: how many CPUs there can be; a number beyond is none, and matches nothing. */
static bool test_mask(const struct ev_filter *filter, const struct ev_term *term, const void *record, uint32_t len,
		      int cpu)
{
	struct bytes mask = {.start = (const uint8_t *)filter + term->data, .len = term->data_len}, field;
	int64_t number = cpu;

	if (term->source == EV_DATA_LOC || term->source == EV_REL_LOC)
		return follow(term, record, len, &field) && compare_masks(term->compare, field, mask);
	if (term->source != EV_CPU && !load_number(record, len, term->source, term->offset, &number))
		return false;
	number = (uint32_t)number; /* as the kernel: of a 64-bit field only the low half counts */
	if (number >= term->value)
		return false;
	/* A mask of a single CPU was compiled to a number, so this one never equals one CPU. */
	return term->compare == EV_MASK_AND ? has_bit(mask, (uint64_t)number) : term->compare == EV_MASK_NE;
}

static bool test(const struct ev_filter *filter, const struct ev_term *term, const void *record, uint32_t len, int cpu,
		 const char *comm)
{
	int64_t number = cpu;

	if (term->compare >= EV_MASK_EQ)
		return test_mask(filter, term, record, len, cpu);
	if (term->compare >= EV_FULL)
		return test_string(filter, term, record, len, comm);
	if (term->source != EV_CPU && !load_number(record, len, term->source, term->offset, &number))
		return false;
	return test_number(term, number);
}

bool ev_filter_match(const struct ev_filter *filter, const void *record, uint32_t len, int cpu, const char *comm)
{
	uint16_t next = 0;

	while (next < filter->terms) {
		const struct ev_term *term = &filter->term[next];

		next = term->next[test(filter, term, record, len, cpu, comm)];
	}
	return next == EV_ACCEPT;
}
