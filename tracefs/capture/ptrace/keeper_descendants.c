/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/*
 * Tasks born between the tracer's death and the keeper's waking: they inherited an affinity that was not their parent's
 * own.
 *
 * While the tracer lives there are none, since a task has its own affinity back before it may give birth. So only
 * tasks younger than the death are looked at: threads and children of those in the table, and, as their parents may be
 * gone already, processes of the same sessions.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tracefs/capture/ptrace/keeper.h"
#include "tracefs/capture/task/stat.h"

#define KIN 1024
#define SLACK 5 /* clock ticks (1/100 s) that the keeper may be late, and the unit of start times */
#define PASSES 4

struct kin {
	int32_t tgid, session;
	const struct keeper_slot *slot;
};

struct search {
	const struct keeper_table *table;
	int64_t since; /* clock ticks since boot: who is younger was born after the tracer's death */
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
			/* struct linux_dirent64: ino 8, off 8, reclen 2, type 1 */
			const char *name = entries + at + 19;
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

void keeper_restore(const struct keeper_slot *slot, int cpu)
{
	struct affinity now, kept = affinity_only(cpu);
	int32_t tid = slot->tid;

	if (affinity_get(tid, &now) && !memcmp(&now, &kept, sizeof(now)))
		affinity_set(tid, &slot->is);
}

static bool restore_thread(struct search *s, int32_t tgid, int32_t tid)
{
	const struct kin *kin = &s->kin[s->count - 1];
	char stat[CAP_STAT_TEXT];

	for (uint32_t i = 0; i < s->count; i++)
		if (s->kin[i].tgid == tgid)
			kin = &s->kin[i];
	if (cap_stat_read(tgid, tid, stat) && cap_stat_number(stat, CAP_STAT_START) >= s->since) {
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
	char stat[CAP_STAT_TEXT];
	int32_t parent, session;

	(void)tid;
	for (uint32_t i = 0; i < s->count; i++)
		if (s->kin[i].tgid == tgid)
			return false;
	if (s->count == KIN || tgid == getpid() || !cap_stat_read(tgid, tgid, stat) ||
	    cap_stat_number(stat, CAP_STAT_START) < s->since)
		return false;
	parent = (int32_t)cap_stat_number(stat, CAP_STAT_PPID);
	session = (int32_t)cap_stat_number(stat, CAP_STAT_SESSION);
	for (uint32_t i = 0; i < s->count && (!of || of->tgid != parent); i++)
		if (s->kin[i].tgid == parent || s->kin[i].session == session)
			of = &s->kin[i];
	if (!of)
		return false;
	s->kin[s->count++] = (struct kin){.tgid = tgid, .session = session, .slot = of->slot};
	return true;
}

void keeper_restore_born(const struct keeper_table *table)
{
	static struct search s; /* not on the stack: its size */
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	int64_t ticks = (int64_t)now.tv_sec * 100 + now.tv_nsec / 10000000;
	s.table = table;
	s.since = ticks > SLACK ? ticks - SLACK : 0;
	for (int i = 0; i < KEEPER_SLOTS; i++) {
		const struct keeper_slot *slot = &table->slot[i];
		char stat[CAP_STAT_TEXT];
		int32_t session = -1;

		if (!slot->tid)
			continue;
		if (cap_stat_read(slot->tgid, slot->tgid, stat))
			session = (int32_t)cap_stat_number(stat, CAP_STAT_SESSION);
		s.kin[s.count++] = (struct kin){.tgid = slot->tgid, .session = session, .slot = slot};
	}
	bool found = true;
	for (int pass = 0; pass < PASSES && found; pass++) {
		found = each_number("/proc", &s, 0, look_at);
		for (uint32_t i = 0; i < s.count; i++)
			threads_of(&s, s.kin[i].tgid);
	}
}
