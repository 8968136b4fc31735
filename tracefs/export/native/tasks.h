/* SPDX-License-Identifier: GPL-2.0-only */
/* Tasks by number, each with the call that it is in. */
#ifndef TRACEFS_EXPORT_TASKS_H
#define TRACEFS_EXPORT_TASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ex_task_of {
	int32_t tid;
	bool used, has_open;
	uint64_t task; /* 0: its calls are not dealt with here */
	uint64_t ts;   /* of the call that it is in */
	unsigned nr;
	uint32_t length, capacity;
	char *open; /* that call's record */
};

struct ex_tasks {
	struct ex_task_of *slots; /* a power of 2 of them, at most half of them used */
	size_t count, capacity;
};

void ex_tasks_free(struct ex_tasks *tasks);
/* NULL: not known. */
struct ex_task_of *ex_tasks_find(const struct ex_tasks *tasks, int32_t tid);
/* 0 forgets it, unless it is in a call. False: no memory. */
bool ex_tasks_set(struct ex_tasks *tasks, int32_t tid, uint64_t task);
/* Keeps a copy of the record. False: no memory. */
bool ex_tasks_open(struct ex_task_of *task, uint64_t ts, unsigned nr, const void *record, uint32_t length);
/* A task that is in a call, that of the earliest first; -1: none is. */
int32_t ex_tasks_any_open(const struct ex_tasks *tasks);

#endif
