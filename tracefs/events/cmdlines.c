/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A ring of entries, taken in turn, and a map from a pid's low bits to its entry. Two pids with the same low bits share
 * a place in the map: the later one has it, and the earlier shows as unknown until it is saved again.
 *
 * What a reader may see half-written (pid, tgid, comm) is only reached through atomics, between two looks at the count.
 */
#include "tracefs/events/cmdlines.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define MAP_MIN 32768 /* pids below it never collide: the default of pid_max */
#define NOWHERE UINT32_MAX
#define READ_TRIES 64 /* a writer holds an entry for some ten instructions, unless it lost its CPU */

struct entry {
	_Atomic uint32_t seq; /* odd while written; 0: never used */
	_Atomic int32_t pid;
	_Atomic int32_t tgid;
	_Atomic uint64_t comm[CMDLINE_LEN / 8];
};

struct cmdlines {
	uint32_t entries;
	uint32_t map_mask;
	_Atomic uint64_t taken; /* entries ever taken; the next is taken % entries */
	_Atomic uint32_t *map;
	struct entry *ring;
};

struct task {
	int32_t pid, tgid;
	uint64_t comm[CMDLINE_LEN / 8];
};

static int init(struct cmdlines *map, uint32_t entries)
{
	uint32_t places = MAP_MIN;

	while (places < 4 * (uint64_t)entries && places < UINT32_C(1) << 31)
		places *= 2;
	map->entries = entries;
	map->map_mask = places - 1;
	atomic_init(&map->taken, 0);
	map->ring = calloc(entries, sizeof(*map->ring));
	map->map = malloc(places * sizeof(*map->map));
	if (!map->ring || !map->map) {
		free(map->ring);
		free(map->map);
		return -ENOMEM;
	}
	for (uint32_t place = 0; place < places; place++)
		atomic_init(&map->map[place], NOWHERE);
	return 0;
}

struct cmdlines *cmdlines_new(uint32_t entries)
{
	struct cmdlines *map = entries ? malloc(sizeof(*map)) : NULL;

	if (map && init(map, entries) < 0) {
		free(map);
		map = NULL;
	}
	return map;
}

void cmdlines_free(struct cmdlines *map)
{
	if (!map)
		return;
	free(map->ring);
	free(map->map);
	free(map);
}

static bool lock(struct entry *entry, uint32_t *seq)
{
	*seq = atomic_load_explicit(&entry->seq, memory_order_relaxed);
	if (*seq & 1 || !atomic_compare_exchange_strong_explicit(&entry->seq, seq, *seq + 1, memory_order_acquire,
								 memory_order_relaxed))
		return false;
	atomic_thread_fence(memory_order_release);
	return true;
}

static void unlock(struct entry *entry, uint32_t seq)
{
	seq += 2;
	/* 0 is kept for "never used": skip it when the count wraps. */
	atomic_store_explicit(&entry->seq, seq ? seq : 2, memory_order_release);
}

static void put(struct entry *entry, const struct task *task)
{
	atomic_store_explicit(&entry->pid, task->pid, memory_order_relaxed);
	atomic_store_explicit(&entry->tgid, task->tgid, memory_order_relaxed);
	for (unsigned int word = 0; word < CMDLINE_LEN / 8; word++)
		atomic_store_explicit(&entry->comm[word], task->comm[word], memory_order_relaxed);
}

/* A whole entry; false where there is none, or a writer keeps it. */
static bool get(struct entry *entry, struct task *task)
{
	for (int tries = 0; tries < READ_TRIES; tries++) {
		uint32_t seq = atomic_load_explicit(&entry->seq, memory_order_acquire);

		if (seq == 0)
			return false;
		if (seq & 1) {
			sched_yield();
			continue;
		}
		task->pid = atomic_load_explicit(&entry->pid, memory_order_relaxed);
		task->tgid = atomic_load_explicit(&entry->tgid, memory_order_relaxed);
		for (unsigned int word = 0; word < CMDLINE_LEN / 8; word++)
			task->comm[word] = atomic_load_explicit(&entry->comm[word], memory_order_relaxed);
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(&entry->seq, memory_order_relaxed) == seq)
			return true;
	}
	return false;
}

static _Atomic uint32_t *place_of(const struct cmdlines *map, int32_t pid)
{
	return &map->map[(uint32_t)pid & map->map_mask];
}

static struct entry *entry_of(const struct cmdlines *map, int32_t pid)
{
	uint32_t index = atomic_load_explicit(place_of(map, pid), memory_order_acquire);

	return index == NOWHERE ? NULL : &map->ring[index];
}

static bool same(const struct task *one, const struct task *other)
{
	return one->pid == other->pid && one->tgid == other->tgid && !memcmp(one->comm, other->comm, CMDLINE_LEN);
}

/* Write the task over what it had; false where its entry went to another task meanwhile. */
static bool renew(struct entry *entry, const struct task *task)
{
	uint32_t seq;

	if (!lock(entry, &seq))
		return true; /* another writer is at it: this update is dropped */
	if (atomic_load_explicit(&entry->pid, memory_order_relaxed) != task->pid) {
		unlock(entry, seq - 2); /* nothing was changed */
		return false;
	}
	put(entry, task);
	unlock(entry, seq);
	return true;
}

static void take(struct cmdlines *map, const struct task *task)
{
	uint32_t index = (uint32_t)(atomic_fetch_add_explicit(&map->taken, 1, memory_order_relaxed) % map->entries);
	struct entry *entry = &map->ring[index];
	uint32_t seq, old = index;

	if (!lock(entry, &seq))
		return;
	if (seq)
		atomic_compare_exchange_strong(place_of(map, atomic_load_explicit(&entry->pid, memory_order_relaxed)),
					       &old, NOWHERE);
	put(entry, task);
	unlock(entry, seq);
	atomic_store_explicit(place_of(map, task->pid), index, memory_order_release);
}

void cmdlines_save(struct cmdlines *map, int32_t pid, int32_t tgid, const char *comm)
{
	struct task task = {.pid = pid, .tgid = tgid}, saved;
	struct entry *entry = entry_of(map, pid);
	size_t len = strnlen(comm, CMDLINE_LEN - 1);

	memcpy(task.comm, comm, len);
	if (entry && get(entry, &saved) && saved.pid == pid && (same(&saved, &task) || renew(entry, &task)))
		return;
	take(map, &task);
}

bool cmdlines_find(const struct cmdlines *map, int32_t pid, char *comm, int32_t *tgid)
{
	struct entry *entry = entry_of(map, pid);
	struct task task;

	if (!entry || !get(entry, &task) || task.pid != pid)
		return false;
	if (comm)
		memcpy(comm, task.comm, CMDLINE_LEN);
	if (tgid)
		*tgid = task.tgid;
	return true;
}

uint32_t cmdlines_list(const struct cmdlines *map, int32_t *pids, int32_t *tgids, char (*comms)[CMDLINE_LEN],
		       uint32_t max)
{
	uint64_t taken = atomic_load_explicit(&map->taken, memory_order_acquire);
	uint64_t first = taken > map->entries ? taken - map->entries : 0;
	uint32_t count = 0;

	for (uint64_t turn = first; turn < taken; turn++) {
		struct task task;

		if (!get(&map->ring[turn % map->entries], &task))
			continue;
		if (count < max) {
			pids[count] = task.pid;
			tgids[count] = task.tgid;
			memcpy(comms[count], task.comm, CMDLINE_LEN);
		}
		count++;
	}
	return count;
}

struct cmdlines *cmdlines_resized(const struct cmdlines *map, uint32_t entries)
{
	uint64_t taken = atomic_load(&map->taken);
	uint64_t keep = taken < map->entries ? taken : map->entries;
	struct cmdlines *other = cmdlines_new(entries);

	if (!other)
		return NULL;
	if (keep > entries)
		keep = entries;
	for (uint64_t turn = taken - keep; turn < taken; turn++) {
		struct task task;

		if (get(&map->ring[turn % map->entries], &task))
			take(other, &task);
	}
	return other;
}

uint32_t cmdlines_size(const struct cmdlines *map)
{
	return map->entries;
}

void cmdlines_clear(struct cmdlines *map)
{
	for (uint32_t place = 0; place <= map->map_mask; place++)
		atomic_store_explicit(&map->map[place], NOWHERE, memory_order_relaxed);
	for (uint32_t index = 0; index < map->entries; index++)
		atomic_store_explicit(&map->ring[index].seq, 0, memory_order_relaxed);
	atomic_store(&map->taken, 0);
}
