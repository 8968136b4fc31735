// SPDX-License-Identifier: GPL-2.0-only
#include "tracefs/export/native/tasks.h"

#include <stdlib.h>
#include <string.h>

void ex_tasks_free(struct ex_tasks *tasks)
{
	for (size_t i = 0; i < tasks->capacity; i++)
		free(tasks->slots[i].open);
	free(tasks->slots);
}

static size_t place_of(const struct ex_tasks *tasks, int32_t tid)
{
	return (uint32_t)tid * 2654435761u & (tasks->capacity - 1);
}

/* Where it is, or would be. */
static struct ex_task_of *slot_of(const struct ex_tasks *tasks, int32_t tid)
{
	size_t at = place_of(tasks, tid);

	while (tasks->slots[at].used && tasks->slots[at].tid != tid)
		at = (at + 1) & (tasks->capacity - 1);
	return &tasks->slots[at];
}

struct ex_task_of *ex_tasks_find(const struct ex_tasks *tasks, int32_t tid)
{
	struct ex_task_of *slot = tasks->capacity ? slot_of(tasks, tid) : NULL;

	return slot && slot->used ? slot : NULL;
}

static bool grow(struct ex_tasks *tasks)
{
	struct ex_tasks larger = {NULL, tasks->count, tasks->capacity ? 2 * tasks->capacity : 64};

	larger.slots = calloc(larger.capacity, sizeof(*larger.slots));
	if (!larger.slots)
		return false;
	for (size_t i = 0; i < tasks->capacity; i++)
		if (tasks->slots[i].used)
			*slot_of(&larger, tasks->slots[i].tid) = tasks->slots[i];
	free(tasks->slots);
	*tasks = larger;
	return true;
}

/* Those behind it that it had pushed on move up. */
static void forget(struct ex_tasks *tasks, struct ex_task_of *slot)
{
	size_t hole = (size_t)(slot - tasks->slots), mask = tasks->capacity - 1;

	free(slot->open);
	tasks->count--;
	for (size_t at = (hole + 1) & mask; tasks->slots[at].used; at = (at + 1) & mask) {
		size_t home = place_of(tasks, tasks->slots[at].tid);

		if (((at - home) & mask) >= ((at - hole) & mask)) {
			tasks->slots[hole] = tasks->slots[at];
			hole = at;
		}
	}
	memset(&tasks->slots[hole], 0, sizeof(tasks->slots[hole]));
}

bool ex_tasks_set(struct ex_tasks *tasks, int32_t tid, uint64_t task)
{
	struct ex_task_of *slot = ex_tasks_find(tasks, tid);

	if (slot) {
		slot->task = task;
		if (!task && !slot->has_open)
			forget(tasks, slot);
		return true;
	}
	if (!task)
		return true;
	if (2 * (tasks->count + 1) > tasks->capacity && !grow(tasks))
		return false;
	slot = slot_of(tasks, tid);
	slot->tid = tid;
	slot->used = true;
	slot->task = task;
	tasks->count++;
	return true;
}

bool ex_tasks_open(struct ex_task_of *task, uint64_t ts, unsigned nr, const void *record, uint32_t length)
{
	if (task->capacity < length) {
		char *open = realloc(task->open, length);

		if (!open)
			return false;
		task->open = open;
		task->capacity = length;
	}
	memcpy(task->open, record, length);
	task->length = length;
	task->ts = ts;
	task->nr = nr;
	task->has_open = true;
	return true;
}

int32_t ex_tasks_any_open(const struct ex_tasks *tasks)
{
	const struct ex_task_of *first = NULL;

	for (size_t i = 0; i < tasks->capacity; i++)
		if (tasks->slots[i].has_open && (!first || tasks->slots[i].ts < first->ts))
			first = &tasks->slots[i];
	return first ? first->tid : -1;
}
