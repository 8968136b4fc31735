/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/* What the hot path needs of /proc: never files that take a tracee's mmap_lock (cmdline, maps), they could block. */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tracefs/capture/ptrace/place.h"

#define KEEP_OPEN 64

static _Atomic int kept_open;

static ssize_t slurp(const char *path, char *buf, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t n = read(fd, buf, room - 1);
	close(fd);
	buf[n > 0 ? n : 0] = 0;
	return n;
}

void cap_task_name(struct cap_task *t)
{
	char path[48], text[64];

	if (t->named)
		return;
	snprintf(path, sizeof(path), "/proc/%d/comm", t->tid);
	ssize_t n = slurp(path, text, sizeof(text));
	if (n <= 0)
		return;
	text[n - 1] = 0; /* its newline */
	memset(t->comm, 0, sizeof(t->comm));
	memcpy(t->comm, text, strnlen(text, sizeof(t->comm) - 1));
	t->named = true;
}

/* Kept open for the next time, but of a thousand tasks only for some: descriptors are few. */
static void keep_or_close(struct cap_task *t)
{
	if (t->stat_kept)
		return;
	t->stat_kept = kept_open < KEEP_OPEN;
	if (t->stat_kept) {
		kept_open++;
	} else {
		close(t->stat_fd);
		t->stat_fd = -1;
	}
}

void cap_task_close_stat(struct cap_task *t)
{
	if (t->stat_fd >= 0)
		close(t->stat_fd);
	kept_open -= t->stat_kept;
	t->stat_fd = -1;
	t->stat_kept = false;
}

int cap_task_stat(struct cap_task *t, uint64_t *start)
{
	char text[1024];

	if (t->stat_fd < 0) {
		char path[64];
		/* Through task/: the other file adds up the times of all threads. */
		snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", t->tid, t->tid);
		t->stat_fd = open(path, O_RDONLY | O_CLOEXEC);
		if (t->stat_fd < 0)
			return -1;
	}
	ssize_t n = pread(t->stat_fd, text, sizeof(text) - 1, 0);
	keep_or_close(t);
	if (n <= 0)
		return -1;
	text[n] = 0;
	char *at = strrchr(text, ')'); /* field 2, the name, may hold anything */
	for (int field = 2; at && field < 39; field++) {
		at = strchr(at + 1, ' ');
		if (at && field == 21 && start)
			*start = strtoull(at + 1, NULL, 10);
	}
	return at ? atoi(at + 1) : -1;
}

int cap_task_cpu(struct cap_task *t)
{
	int cpu = cap_task_stat(t, NULL);
	if (cpu < 0) /* gone: where it was before */
		cpu = t->cpu;
	return cpu < 0 ? 0 : cpu;
}

/* The kernel's priority: 100 + what stat shows (field 18). 0 where it is gone. */
int cap_task_prio(int32_t tid)
{
	char path[48], text[1024];

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	if (slurp(path, text, sizeof(text)) <= 0)
		return 0;
	char *at = strrchr(text, ')');
	for (int field = 2; at && field < 18; field++)
		at = strchr(at + 1, ' ');
	return at ? atoi(at + 1) + 100 : 0;
}

int cap_task_oom_score_adj(int32_t tid)
{
	char path[48], text[32];

	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", tid);
	return slurp(path, text, sizeof(text)) > 0 ? atoi(text) : 0;
}

uint64_t cap_task_execfn(int32_t tid)
{
	char path[48];
	uint64_t auxv[2 * 64] = {0};

	snprintf(path, sizeof(path), "/proc/%d/auxv", tid);
	if (slurp(path, (char *)auxv, sizeof(auxv)) <= 0)
		return 0;
	for (unsigned i = 0; i + 1 < sizeof(auxv) / sizeof(auxv[0]) && auxv[i]; i += 2)
		if (auxv[i] == AT_EXECFN)
			return auxv[i + 1];
	return 0;
}

bool cap_task_kin(int32_t tid, int32_t *tgid, int32_t *ppid)
{
	char path[48], text[2048];

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	if (slurp(path, text, sizeof(text)) <= 0)
		return false;
	const char *g = strstr(text, "\nTgid:"), *p = strstr(text, "\nPPid:");
	if (!g || !p)
		return false;
	*tgid = atoi(g + 6);
	*ppid = atoi(p + 6);
	return true;
}
