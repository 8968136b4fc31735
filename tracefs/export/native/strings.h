/* SPDX-License-Identifier: GPL-2.0-only */
/* Texts that a reader knows by a number: each of a kind once. */
#ifndef TRACEFS_EXPORT_STRINGS_H
#define TRACEFS_EXPORT_STRINGS_H

#include "tracefs/export/native/bytes.h"

#include <stdint.h>

struct ex_strings {
	struct ex_string {
		uint64_t hash; /* 0: unused */
		uint32_t number, length;
		size_t at;
		uint32_t kind;
	} *slots;
	size_t count, capacity;
	uint32_t most; /* of them; the table is full then */
	struct ex_bytes texts;
};

void ex_strings_free(struct ex_strings *strings);
/* Forget all. */
void ex_strings_clear(struct ex_strings *strings);
static inline bool ex_strings_full(const struct ex_strings *strings)
{
	return strings->count >= strings->most || strings->texts.size > 64u << 20;
}
/* Its number, from 1 on; 0: no memory. fresh: it is a new one. */
uint32_t ex_strings_number(struct ex_strings *strings, uint32_t kind, const char *text, uint32_t length, bool *fresh);

#endif
