/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/*
 * Tasks born between the tracer's death and the keeper's waking: they inherited an affinity that was not their parent's own.
 *
 * While the tracer lives there are none, since a task has its own affinity back before it may give birth. So only
 * tasks younger than the death are looked at: threads and children of those in the table, and, as their parents may be gone
 * already, processes of the same sessions.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tracefs/capture/ptrace/keeper.h"

#define KIN 1024
#define SLACK 5 /* clock ticks (1/100 s) that the keeper may be late, and the unit of start times */
#define PASSES 4

struct kin {
	int32_t tgid, session;
	const struct keeper_slot *slot;
};

struct search {
	const struct keeper_table *table;
	uint64_t since;
	struct kin kin[KIN];
	uint32_t count;
};

typedef bool visit(struct search *s, int32_t tgid, int32_t tid); /* whether something new was found */

/* No opendir(): this runs in a fork of a process with threads, where nothing that allocates is safe. */
static bool each_number(const char *directory, struct search *s, int32_t tgid, visit *see)
{
	char entries[4096] __attribute__((aligned(8)));
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool found = false;
	long got;

	if (fd < 0)
		return false;
	while ((got = syscall(SYS_getdents64, fd, entries, sizeof(entries))) > 0)
		for (long at = 0; at < got;) {
			const char *name = entries + at + 19; /* struct linux_dirent64: ino 8, off 8, reclen 2, type 1 */
			uint16_t length;
			memcpy(&length, entries + at + 16, sizeof(length));
			int32_t number = atoi(name);
			if (number > 0)
				found |= see(s, tgid ? tgid : number, number);
			at += length;
		}
	close(fd);
	return found;
}

bool keeper_stat(int32_t tgid, int32_t tid, struct keeper_stat *out)
{
	char path[64], text[1024];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", tgid, tid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return false;
	text[n] = 0;
	char *at = strrchr(text, ')'); /* field 2, the name, may hold anything */
	for (int field = 3; at && field <= 22; field++) {
		at = strchr(at + 1, ' ');
		if (at && field == 4)
			out->ppid = atoi(at + 1);
		if (at && field == 6)
			out->session = atoi(at + 1);
		if (at && field == 22)
			out->start = strtoull(at + 1, NULL, 10);
	}
	return at;
}

static bool restore_thread(struct search *s, int32_t tgid, int32_t tid)
{
	const struct kin *kin = &s->kin[s->count - 1];
	struct keeper_stat stat;

	for (uint32_t i = 0; i < s->count; i++)
		if (s->kin[i].tgid == tgid)
			kin = &s->kin[i];
	if (keeper_stat(tgid, tid, &stat) && stat.start >= s->since) {
		struct keeper_slot born = {.tid = tid, .is = kin->slot->is};
		keeper_restore(&born, s->table->cpu);
	}
	return false;
}

static void threads_of(struct search *s, int32_t tgid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/task", tgid);
	each_number(path, s, tgid, restore_thread);
}

static bool look_at(struct search *s, int32_t tgid, int32_t tid)
{
	const struct kin *of = NULL;
	struct keeper_stat stat;

	(void)tid;
	for (uint32_t i = 0; i < s->count; i++)
		if (s->kin[i].tgid == tgid)
			return false;
	if (s->count == KIN || tgid == getpid() || !keeper_stat(tgid, tgid, &stat) || stat.start < s->since)
		return false;
	for (uint32_t i = 0; i < s->count && (!of || of->tgid != stat.ppid); i++)
		if (s->kin[i].tgid == stat.ppid || s->kin[i].session == stat.session)
			of = &s->kin[i];
	if (!of)
		return false;
	s->kin[s->count++] = (struct kin){.tgid = tgid, .session = stat.session, .slot = of->slot};
	return true;
}

void keeper_restore_born(const struct keeper_table *table)
{
	static struct search s; /* not on the stack: its size */
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	uint64_t ticks = (uint64_t)now.tv_sec * 100 + now.tv_nsec / 10000000;
	s.table = table;
	s.since = ticks > SLACK ? ticks - SLACK : 0;
	for (int i = 0; i < KEEPER_SLOTS; i++) {
		const struct keeper_slot *slot = &table->slot[i];
		struct keeper_stat stat = {.session = -1};
		if (!slot->tid)
			continue;
		if (!keeper_stat(slot->tgid, slot->tgid, &stat))
			stat.session = -1;
		s.kin[s.count++] = (struct kin){.tgid = slot->tgid, .session = stat.session, .slot = slot};
	}
	bool found = true;
	for (int pass = 0; pass < PASSES && found; pass++) {
		found = each_number("/proc", &s, 0, look_at);
		for (uint32_t i = 0; i < s.count; i++)
			threads_of(&s, s.kin[i].tgid);
	}
}
