/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracefs/capture/task/task.h"

#include <stdlib.h>
#include <string.h>

#include "tracefs/capture/task/actions.h"
#include "tracefs/capture/task/procfs.h"

static uint32_t bucket_of(const struct cap_tasks *tasks, int32_t tid)
{
	return ((uint32_t)tid * 2654435761u) >> 8 & (tasks->buckets - 1);
}

bool cap_tasks_init(struct cap_tasks *tasks)
{
	tasks->buckets = 256;
	tasks->count = 0;
	tasks->bucket = calloc(tasks->buckets, sizeof(*tasks->bucket));
	return tasks->bucket;
}

void cap_tasks_free(struct cap_tasks *tasks)
{
	for (uint32_t i = 0; i < tasks->buckets; i++)
		while (tasks->bucket[i])
			cap_task_remove(tasks, tasks->bucket[i]);
	free(tasks->bucket);
	tasks->bucket = NULL;
}

struct cap_task *cap_task_find(const struct cap_tasks *tasks, int32_t tid)
{
	struct cap_task *t = tasks->bucket[bucket_of(tasks, tid)];
	while (t && t->tid != tid)
		t = t->next;
	return t;
}

static void insert(struct cap_tasks *tasks, struct cap_task *t)
{
	struct cap_task **head = &tasks->bucket[bucket_of(tasks, t->tid)];
	t->next = *head;
	*head = t;
	tasks->count++;
}

static void unlink_task(struct cap_tasks *tasks, struct cap_task *t)
{
	struct cap_task **link = &tasks->bucket[bucket_of(tasks, t->tid)];
	while (*link != t)
		link = &(*link)->next;
	*link = t->next;
	tasks->count--;
}

/* Twice the buckets; where there is no memory for them the chains grow longer instead. */
static void grow(struct cap_tasks *tasks)
{
	struct cap_tasks bigger = {.buckets = tasks->buckets * 2};
	bigger.bucket = calloc(bigger.buckets, sizeof(*bigger.bucket));
	if (!bigger.bucket)
		return;
	for (uint32_t i = 0; i < tasks->buckets; i++)
		for (struct cap_task *t = tasks->bucket[i], *next; t; t = next) {
			next = t->next;
			insert(&bigger, t);
		}
	free(tasks->bucket);
	*tasks = bigger;
}

struct cap_task *cap_task_add(struct cap_tasks *tasks, int32_t tid, int32_t tgid)
{
	struct cap_task *t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	if (tasks->count >= 2 * tasks->buckets)
		grow(tasks);
	t->tid = tid;
	t->tgid = tgid;
	t->stat.fd = t->stat.cpu = -1;
	t->place.cpu = t->place.slot = -1;
	insert(tasks, t);
	return t;
}

void cap_task_remove(struct cap_tasks *tasks, struct cap_task *t)
{
	unlink_task(tasks, t);
	cap_task_close_stat(t);
	cap_actions_drop(t);
	free(t);
}

void cap_task_rename(struct cap_tasks *tasks, struct cap_task *t, int32_t tid)
{
	unlink_task(tasks, t);
	t->tid = tid;
	insert(tasks, t);
}

struct cap_task *cap_task_next(const struct cap_tasks *tasks, uint32_t *place, struct cap_task *after)
{
	while (!after && *place < tasks->buckets)
		after = tasks->bucket[(*place)++];
	return after;
}

static void sinks_of(const struct cap_task *t, const uint64_t in[CAP_SETS], const struct cap_wants *w, uint64_t *tracer,
		     uint64_t *events)
{
	uint64_t scope = t->in_scope ? ~0ull : 0;
	const uint64_t *on = w->filtered;

	*tracer = w->tracer & ((on[CAP_TRACER_PIDS] & in[CAP_TRACER_PIDS]) | (~on[CAP_TRACER_PIDS] & scope)) &
		  ~(on[CAP_TRACER_NOTRACE] & in[CAP_TRACER_NOTRACE]);
	*events = w->events & ((on[CAP_EVENT_PIDS] & in[CAP_EVENT_PIDS]) | (~on[CAP_EVENT_PIDS] & scope)) &
		  ~(on[CAP_EVENT_NOTRACE] & in[CAP_EVENT_NOTRACE]);
}

void cap_task_choose(struct cap_task *t, const struct cap_wants *wants)
{
	uint64_t childs[CAP_SETS], tracer, events;

	sinks_of(t, t->in, wants, &t->tracer_sinks, &t->event_sinks);
	if (t->tracer_sinks | t->event_sinks) {
		t->path = CAP_PATH_STOPS;
		return;
	}
	for (int i = 0; i < CAP_SETS; i++)
		childs[i] = t->in[i] & wants->follow[i];
	sinks_of(t, childs, wants, &tracer, &events);
	t->path = tracer | events | (t->awaits_exec ? wants->tracer | wants->events : 0) ? CAP_PATH_BIRTHS
											 : CAP_PATH_LEAVE;
}

void cap_task_inherit(struct cap_task *child, const struct cap_task *parent, const struct cap_wants *wants)
{
	bool untraced = child->newborn && parent->cloned_with; /* nobody records it, as without a filter */

	child->in_scope &= !untraced;
	child->awaits_exec &= !untraced;
	child->filtered = parent->filtered;
	for (int i = 0; i < CAP_SETS; i++)
		child->in[i] = untraced ? 0 : parent->in[i] & wants->follow[i];
	if (untraced) {
		child->cloned_with = parent->cloned_with;
		child->call = parent->call;
	}
	cap_task_choose(child, wants);
}
