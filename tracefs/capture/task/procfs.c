/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/* Never files that take a tracee's mmap_lock (cmdline, maps): they could block. */
#include "tracefs/capture/task/procfs.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tracefs/capture/task/stat.h"

/*
 * Descriptors are few: of a thousand tasks only some have their file kept open, and of those that we may have a quarter
 * at most.
 */
#define KEEP_OPEN 64
#define SHARE 4

static _Atomic int kept_open; /* by all capture threads of this process, whose descriptors they are */

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

bool cap_comm_of(int32_t tid, char comm[16])
{
	char path[48], text[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", tid);
	ssize_t n = slurp(path, text, sizeof(text));
	if (n <= 0)
		return false;
	text[n - 1] = 0; /* its newline */
	memset(comm, 0, 16);
	memcpy(comm, text, strnlen(text, 15));
	return true;
}

void cap_task_name(struct cap_task *t)
{
	t->name.known = t->name.known || cap_comm_of(t->tid, t->name.comm);
}

void cap_task_name_changed(struct cap_task *t)
{
	t->name.known = false;
	t->name.age = 0;
}

static bool may_keep(void)
{
	static _Atomic int most; /* 0: not asked yet */
	struct rlimit limit;

	if (!most) {
		bool few = !getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < KEEP_OPEN * SHARE;
		most = few ? 1 + (int)limit.rlim_cur / SHARE : KEEP_OPEN;
	}
	return kept_open < most;
}

static void keep_or_close(struct cap_task *t)
{
	if (t->stat.kept_open)
		return;
	t->stat.kept_open = may_keep();
	if (t->stat.kept_open) {
		kept_open++;
	} else {
		close(t->stat.fd);
		t->stat.fd = -1;
	}
}

void cap_task_close_stat(struct cap_task *t)
{
	if (t->stat.fd >= 0)
		close(t->stat.fd);
	kept_open -= t->stat.kept_open;
	t->stat.fd = -1;
	t->stat.kept_open = false;
}

static bool read_stat(struct cap_task *t, char text[CAP_STAT_TEXT])
{
	if (t->stat.fd < 0) {
		char path[64];
		/* Through task/: the other file adds up the times of all threads. */
		snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", t->tid, t->tid);
		t->stat.fd = open(path, O_RDONLY | O_CLOEXEC);
		if (t->stat.fd < 0)
			return false;
	}
	ssize_t n = pread(t->stat.fd, text, CAP_STAT_TEXT - 1, 0);
	keep_or_close(t);
	text[n > 0 ? n : 0] = 0;
	return n > 0;
}

bool cap_task_read_start(struct cap_task *t)
{
	char text[CAP_STAT_TEXT];
	int64_t start;

	if (t->stat.start)
		return true;
	start = read_stat(t, text) ? cap_stat_number(text, CAP_STAT_START) : 0;
	t->stat.start = start > 0 ? (uint64_t)start : 0;
	return t->stat.start;
}

int cap_task_cpu(struct cap_task *t)
{
	char text[CAP_STAT_TEXT];
	int64_t cpu;

	if (t->place.cpu >= 0)
		return t->place.cpu;
	if (t->stat.cpu >= 0 && t->stat.cpu_at == t->served)
		return t->stat.cpu;
	cpu = read_stat(t, text) ? cap_stat_number(text, CAP_STAT_CPU) : -1;
	if (cpu >= 0)
		t->stat.cpu = (int)cpu;
	else if (t->stat.cpu < 0) /* gone, else: where it was before */
		t->stat.cpu = 0;
	t->stat.cpu_at = t->served;
	return t->stat.cpu;
}

int cap_task_prio(int32_t tid)
{
	char text[CAP_STAT_TEXT];
	int64_t prio = cap_stat_read(0, tid, text) ? cap_stat_number(text, CAP_STAT_PRIORITY) : CAP_STAT_NOT_WHOLE;

	return prio == CAP_STAT_NOT_WHOLE ? 0 : (int)prio + 100;
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
