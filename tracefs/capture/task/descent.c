/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracefs/capture/task/descent.h"

#include <string.h>

#include "tracefs/capture/task/procfs.h"
#include "tracefs/capture/task/task.h"
#include "tracefs/events/glob.h"
#include "tracefs/events/task_memory.h"

#define PATH_SIZE 4096

/* A pattern without a slash is for the last part of the path. */
static bool matches(const struct cap_globs *globs, const char *path)
{
	const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;

	for (uint32_t i = 0; i < globs->count; i++) {
		const char *glob = globs->text[i], *text = strchr(glob, '/') ? path : last;

		if (glob_match(glob, (uint32_t)strlen(glob), text, (uint32_t)strlen(text)))
			return true;
	}
	return false;
}

void cap_descent_born(const struct cap_descent *d, struct cap_task *child, const struct cap_task *parent)
{
	bool process = child->tgid != parent->tgid;

	child->generation = parent->generation + process;
	child->in_scope = parent->in_scope;
	child->awaits_exec = parent->awaits_exec;
	if (!process)
		return;
	if (child->generation > d->depth)
		child->in_scope = child->awaits_exec = false;
	else if (d->follow.count) {
		child->awaits_exec |= child->in_scope;
		child->in_scope = false;
	}
}

void cap_descent_executes(const struct cap_descent *d, struct cap_task *t)
{
	char path[PATH_SIZE];

	if (!t->awaits_exec || t->in_scope)
		return;
	/* execve has the path first; execveat has a number there, which leads to no text. */
	if (task_read_string(t->tid, t->call.args[0], path, sizeof(path) - 1) < 0 &&
	    task_read_string(t->tid, t->call.args[1], path, sizeof(path) - 1) < 0)
		return;
	t->in_scope = t->begins_scope = matches(&d->follow, path);
}

void cap_descent_executed(const struct cap_descent *d, struct cap_task *t, int64_t result)
{
	char path[PATH_SIZE];
	bool began = t->begins_scope;

	t->begins_scope = false;
	if (result < 0) {
		if (began)
			t->in_scope = false;
		return;
	}
	/* The kernel leaves the path that was asked for in the new program's memory, and says where. */
	if (task_read_string(t->tid, cap_task_execfn(t->tid), path, sizeof(path) - 1) < 0)
		return;
	if (matches(&d->leave, path))
		t->in_scope = t->awaits_exec = false;
	else if (t->awaits_exec)
		t->in_scope = matches(&d->follow, path);
}
