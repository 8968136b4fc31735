/* SPDX-License-Identifier: GPL-2.0-only */
#include "tracefs/events/triggers/hist_map.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a over 8-byte words and a final mix: keys are short and mostly numbers. */
static uint32_t hash_key(const uint8_t *key, uint32_t size)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (uint32_t at = 0; at < size; at += 8) {
		uint64_t word = 0;

		memcpy(&word, key + at, size - at < 8 ? size - at : 8);
		hash = (hash ^ word) * 0x100000001b3u;
		hash ^= hash >> 29;
	}
	return (uint32_t)(hash ^ hash >> 32);
}

bool hist_map_init(struct hist_map *map, uint32_t entries, uint32_t key_size)
{
	uint32_t slots = 16;

	while (slots < 2 * entries)
		slots *= 2;
	*map = (struct hist_map){
		.entries = entries,
		.mask = slots - 1,
		.key_size = key_size,
		.slots = calloc(slots, sizeof(*map->slots)),
		.hashes = calloc(entries, sizeof(*map->hashes)),
		.keys = calloc(entries, key_size),
		.elts = calloc(entries, sizeof(*map->elts)),
	};
	if (map->slots && map->hashes && map->keys && map->elts)
		return true;
	hist_map_deinit(map);
	return false;
}

void hist_map_deinit(struct hist_map *map)
{
	for (uint32_t i = 0; map->elts && i < map->used; i++)
		free(map->elts[i].strings);
	free(map->slots);
	free(map->hashes);
	free(map->keys);
	free(map->elts);
	*map = (struct hist_map){0};
}

void hist_map_clear(struct hist_map *map)
{
	for (uint32_t i = 0; i < map->used; i++)
		free(map->elts[i].strings);
	memset(map->elts, 0, (size_t)map->used * sizeof(*map->elts));
	memset(map->slots, 0, ((size_t)map->mask + 1) * sizeof(*map->slots));
	map->used = 0;
}

/* The slot that holds the key, or the free one where it would go: there is one, as half of the slots stay free. */
static uint32_t *find_slot(struct hist_map *map, const uint8_t *key, uint32_t hash)
{
	for (uint32_t at = hash & map->mask;; at = (at + 1) & map->mask) {
		uint32_t index = map->slots[at];

		if (!index)
			return &map->slots[at];
		index--;
		if (map->hashes[index] == hash &&
		    !memcmp(map->keys + (size_t)index * map->key_size, key, map->key_size))
			return &map->slots[at];
	}
}

struct hist_elt *hist_map_find(struct hist_map *map, const uint8_t *key)
{
	const uint32_t *slot = find_slot(map, key, hash_key(key, map->key_size));

	return *slot ? &map->elts[*slot - 1] : NULL;
}

struct hist_elt *hist_map_insert(struct hist_map *map, const uint8_t *key, bool *made)
{
	uint32_t hash = hash_key(key, map->key_size);
	uint32_t *slot = find_slot(map, key, hash);

	*made = !*slot;
	if (*slot)
		return &map->elts[*slot - 1];
	if (map->used == map->entries)
		return NULL;
	memcpy(map->keys + (size_t)map->used * map->key_size, key, map->key_size);
	map->hashes[map->used] = hash;
	*slot = ++map->used;
	return &map->elts[map->used - 1];
}
