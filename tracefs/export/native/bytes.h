/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes that grow. */
#ifndef TRACEFS_EXPORT_BYTES_H
#define TRACEFS_EXPORT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct ex_bytes {
	char *bytes;
	size_t size, capacity;
};

/* False: no memory. */
static inline bool ex_reserve(struct ex_bytes *to, size_t more)
{
	size_t capacity = to->capacity ? to->capacity : 4096;
	char *bytes;

	if (to->capacity - to->size >= more)
		return true;
	while (capacity - to->size < more)
		capacity *= 2;
	bytes = realloc(to->bytes, capacity);
	if (!bytes)
		return false;
	to->bytes = bytes;
	to->capacity = capacity;
	return true;
}

static inline bool ex_put(struct ex_bytes *to, const void *bytes, size_t size)
{
	if (!ex_reserve(to, size))
		return false;
	if (size)
		memcpy(to->bytes + to->size, bytes, size);
	to->size += size;
	return true;
}

#endif
