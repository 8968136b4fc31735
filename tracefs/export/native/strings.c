// SPDX-License-Identifier: GPL-2.0-only
#include "tracefs/export/native/strings.h"

void ex_strings_free(struct ex_strings *strings)
{
	free(strings->slots);
	free(strings->texts.bytes);
}

void ex_strings_clear(struct ex_strings *strings)
{
	if (strings->slots)
		memset(strings->slots, 0, strings->capacity * sizeof(*strings->slots));
	strings->count = 0;
	strings->texts.size = 0;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 32;
}

static uint64_t hash_of(uint32_t kind, const char *text, uint32_t length)
{
	uint64_t hash = (uint64_t)kind << 32 | length, word;

	for (; length >= 8; text += 8, length -= 8) {
		memcpy(&word, text, 8);
		hash = mix(hash, word);
	}
	word = 0;
	memcpy(&word, text, length);
	return mix(hash, word) | 1;
}

static bool grow(struct ex_strings *strings)
{
	size_t capacity = strings->capacity ? 2 * strings->capacity : 1024;
	struct ex_string *slots = calloc(capacity, sizeof(*slots));

	if (!slots)
		return false;
	for (size_t i = 0; i < strings->capacity; i++) {
		size_t at = strings->slots[i].hash & (capacity - 1);

		if (!strings->slots[i].hash)
			continue;
		while (slots[at].hash)
			at = (at + 1) & (capacity - 1);
		slots[at] = strings->slots[i];
	}
	free(strings->slots);
	strings->slots = slots;
	strings->capacity = capacity;
	return true;
}

uint32_t ex_strings_number(struct ex_strings *strings, uint32_t kind, const char *text, uint32_t length, bool *fresh)
{
	uint64_t hash = hash_of(kind, text, length);
	struct ex_string *slot;
	size_t at;

	*fresh = false;
	if (2 * (strings->count + 1) > strings->capacity && !grow(strings))
		return 0;
	for (at = hash & (strings->capacity - 1); strings->slots[at].hash; at = (at + 1) & (strings->capacity - 1)) {
		slot = &strings->slots[at];
		if (slot->hash == hash && slot->kind == kind && slot->length == length &&
		    !memcmp(strings->texts.bytes + slot->at, text, length))
			return slot->number;
	}
	slot = &strings->slots[at];
	*slot = (struct ex_string){hash, (uint32_t)strings->count + 1, length, strings->texts.size, kind};
	if (!ex_put(&strings->texts, text, length)) {
		slot->hash = 0;
		return 0;
	}
	strings->count++;
	*fresh = true;
	return slot->number;
}
