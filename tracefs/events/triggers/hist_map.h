/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entries of one histogram: open addressing over twice as many slots as entries; nothing is removed but all at
 * once.
 */
#ifndef TRACEFS_EVENTS_TRIGGERS_HIST_MAP_H
#define TRACEFS_EVENTS_TRIGGERS_HIST_MAP_H

#include "tracefs/events/triggers/hist.h"

struct hist_elt {
	char comm[16];
	uint64_t hits;
	uint64_t set;
	uint64_t sums[HIST_VALS_MAX];
	uint64_t vars[HIST_VARS_MAX];
	char (*strings)[HIST_STRING_MAX]; /* nvars of them, made at the first string */
};

struct hist_map {
	uint32_t entries; /* at most */
	uint32_t used;
	uint32_t mask; /* of slots */
	uint32_t key_size;
	uint32_t *slots;  /* index + 1 of the element; 0: free */
	uint32_t *hashes; /* of each element */
	uint8_t *keys;    /* key_size bytes each */
	struct hist_elt *elts;
};

bool hist_map_init(struct hist_map *map, uint32_t entries, uint32_t key_size);
void hist_map_deinit(struct hist_map *map);
void hist_map_clear(struct hist_map *map);
/* NULL where the key is not there. */
struct hist_elt *hist_map_find(struct hist_map *map, const uint8_t *key);
/* As find, but makes the entry; *made tells. NULL when all entries are taken. */
struct hist_elt *hist_map_insert(struct hist_map *map, const uint8_t *key, bool *made);

#endif
