/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/*
 * Sites that stops meet are patched, so that the next call from there goes to the recorder: which file, which site, the
 * stub.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tracefs/capture/intask/image.h"
#include "tracefs/capture/intask/inside.h"

#define FILES 64u   /* known in a session; sites of others stay as they are */
#define PATIENCE 2u /* times that a file's sites are met before it is decoded */
#define STUBS_BATCH 8192u

/* Told apart as the kernel shows them in /proc/PID/maps, and by what makes a file another one. */
struct in_file {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
	uint32_t met;
	bool refused; /* it has no sites that can be used */
	struct sites *sites;
};

struct in_files {
	struct in_file file[FILES];
	uint32_t n;
};

/* A stretch of a file that a program has mapped to be executed. */
struct mapping {
	uint64_t start, end, offset;
	dev_t device;
	ino_t inode;
	char path[1024];
};

struct in_files *in_files_new(void)
{
	return calloc(1, sizeof(struct in_files));
}

void in_files_free(struct in_files *files)
{
	for (uint32_t i = 0; files && i < files->n; i++)
		sites_free(files->file[i].sites);
	free(files);
}

static FILE *maps_of(pid_t tid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/maps", tid);
	return fopen(path, "re");
}

/* The next private, executable and not writable mapping of a file; false: there is none. */
static bool next_code(FILE *f, struct mapping *out)
{
	char line[1400], mode[5];
	unsigned major, minor;
	unsigned long inode;

	while (fgets(line, sizeof(line), f)) {
		out->path[0] = 0;
		if (sscanf(line, "%lx-%lx %4s %lx %x:%x %lu %1023[^\n]", &out->start, &out->end, mode, &out->offset,
			   &major, &minor, &inode, out->path) < 7 ||
		    strcmp(mode, "r-xp") || !inode || out->path[0] != '/')
			continue;
		out->device = makedev(major, minor);
		out->inode = inode;
		return true;
	}
	return false;
}

/* The one that the address is in. */
static bool find_mapping(pid_t tid, uint64_t address, struct mapping *out)
{
	FILE *f = maps_of(tid);
	bool found = false;

	while (f && !found && next_code(f, out))
		found = address >= out->start && address < out->end;
	if (f)
		fclose(f);
	return found;
}

/* Of those that a stop has met. */
static struct in_file *known_file(struct in_files *files, const struct mapping *m)
{
	for (uint32_t i = 0; i < files->n; i++)
		if (files->file[i].device == m->device && files->file[i].inode == m->inode && !files->file[i].refused)
			return &files->file[i];
	return NULL;
}

static int open_mapped(pid_t tid, const struct mapping *m, struct stat *st)
{
	char path[1100];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/root%s", tid, m->path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0 && !fstat(fd, st) && S_ISREG(st->st_mode) && st->st_dev == m->device && st->st_ino == m->inode)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* NULL: it is not known yet, or of no use. */
static struct in_file *file_of(struct in_files *files, pid_t tid, const struct mapping *m)
{
	struct in_file *file = NULL;
	struct stat st;
	int fd = open_mapped(tid, m, &st);

	if (fd < 0)
		return NULL;
	for (uint32_t i = 0; i < files->n && !file; i++) {
		struct in_file *each = &files->file[i];

		if (each->device == st.st_dev && each->inode == st.st_ino && each->size == st.st_size &&
		    each->changed.tv_sec == st.st_mtim.tv_sec && each->changed.tv_nsec == st.st_mtim.tv_nsec)
			file = each;
	}
	if (!file && files->n < FILES) {
		file = &files->file[files->n++];
		*file = (struct in_file){
			.device = st.st_dev, .inode = st.st_ino, .size = st.st_size, .changed = st.st_mtim};
	}
	if (file && !file->sites && !file->refused && ++file->met >= PATIENCE)
		file->refused = sites_of(fd, NULL, &file->sites) != 0;
	close(fd);
	return file && file->sites ? file : NULL;
}

static struct in_patch *room_for_patch(struct in_image *image)
{
	if (image->n == image->room) {
		uint32_t room = image->room ? 2 * image->room : 32;
		struct in_patch *more = realloc(image->patch, room * sizeof(*more));

		if (!more)
			return NULL;
		image->patch = more;
		image->room = room;
	}
	return &image->patch[image->n];
}

/* Behind the moved instructions: flags and number kept, then entry.S. */
static void put_tail(uint8_t *out, uint64_t address, uint64_t site, uint64_t entry)
{
	static const uint8_t keep[] = {
		0x48, 0x89, 0xc1, /* mov %rax, %rcx */
		0x9f,             /* lahf */
		0x0f, 0x90, 0xc0, /* seto %al */
		0x49, 0x89, 0xc3, /* mov %rax, %r11 */
		0x48, 0x89, 0xc8, /* mov %rcx, %rax */
		0x48, 0xb9        /* movabs $site, %rcx */
	};
	int32_t distance = (int32_t)(entry - (address + IN_TAIL_BYTES));

	memcpy(out, keep, sizeof(keep));
	memcpy(out + sizeof(keep), &site, sizeof(site));
	out[sizeof(keep) + sizeof(site)] = 0xe9; /* jmp entry */
	memcpy(out + sizeof(keep) + sizeof(site) + 1, &distance, sizeof(distance));
}

/*
 * The stub of a site, where its file is loaded with that bias; what is in the memory is what is in the file. Its bytes;
 * 0: it cannot be.
 */
static uint32_t make_stub(struct in_image *image, pid_t tid, const struct site *site, uint64_t bias, uint8_t *out)
{
	struct in_patch *p = room_for_patch(image);
	uint64_t to = image->base + IN_STUBS_AT + image->stubs;
	uint8_t there[SITE_BYTES];
	uint32_t bytes = site->back + 2u;
	int moved;

	if (!p || image->stubs + SITE_STUB + IN_TAIL_BYTES > IN_STUBS_BYTES || in_image_patch(image, site->at + bias))
		return 0; /* also: it is done */
	*p = (struct in_patch){.at = site->at + bias, .place = site->at + bias - site->back, .stub = image->stubs};
	if (!in_peek(tid, p->place, there, bytes) || memcmp(there, site->bytes, bytes))
		return 0;
	int64_t distance = (int64_t)(to - (p->place + SITE_JUMP));
	if (distance != (int32_t)distance)
		return 0;
	moved = site_move(site, bias, to, out, p->step);
	if (moved < 0)
		return 0;
	p->moved = (uint8_t)moved;
	p->steps = (uint8_t)(site->steps + 1);
	memcpy(p->original, there, SITE_JUMP);
	put_tail(out + moved, to + (uint32_t)moved, p->at, image->entry);
	return ((uint32_t)moved + IN_TAIL_BYTES + 15) & ~15u;
}

/*
 * Sites that were met, or all. First the stubs, then the jumps that lead to them: each leaves a whole program behind.
 * Returns how many were patched.
 */
static uint32_t patch_some(struct in_image *image, pid_t tid, struct sites *sites, uint64_t bias, bool all)
{
	static uint8_t stubs[STUBS_BATCH];
	uint32_t first = image->n, start = image->stubs, used = 0;

	for (uint32_t i = 0; i < sites->n && used + SITE_STUB + IN_TAIL_BYTES + 16 <= STUBS_BATCH; i++) {
		struct site *site = &sites->site[i];

		if (!(site->hit || all) || site->refused)
			continue;
		uint32_t bytes = make_stub(image, tid, site, bias, stubs + used);
		image->n += bytes > 0;
		image->stubs += bytes;
		used += bytes;
	}
	int fd = used ? in_memory_of(tid) : -1;
	if (used && (fd < 0 || !in_poke_by(fd, image->base + IN_STUBS_AT + start, stubs, used))) {
		image->n = first;
		if (fd >= 0)
			close(fd);
		return 0;
	}
	for (uint32_t i = first; i < image->n; i++) {
		const struct in_patch *p = &image->patch[i];
		uint8_t jump[SITE_JUMP] = {0xe9};
		int32_t distance = (int32_t)(image->base + IN_STUBS_AT + p->stub - (p->place + SITE_JUMP));

		memcpy(jump + 1, &distance, sizeof(distance));
		in_poke_by(fd, p->place, jump, sizeof(jump));
	}
	if (fd >= 0)
		close(fd);
	return image->n - first;
}

void in_meet_all(struct in_files *files, struct in_image *image, pid_t tid)
{
	struct mapping m;
	FILE *f = image->threads ? NULL : maps_of(tid);

	while (f && next_code(f, &m)) {
		struct in_file *file = known_file(files, &m);

		if (!file)
			continue;
		file->met = PATIENCE;
		file = file_of(files, tid, &m);
		uint64_t first = file ? sites_address(file->sites, m.offset) : UINT64_MAX;
		if (first == UINT64_MAX)
			continue;
		while (patch_some(image, tid, file->sites, m.start - first, true) > 0)
			;
	}
	if (f)
		fclose(f);
}

bool in_meet(struct in_files *files, struct in_image *image, pid_t tid, uint64_t at)
{
	struct mapping m;
	struct in_file *file;
	struct site *site;
	uint64_t first, bias;

	if (image->threads || !find_mapping(tid, at, &m))
		return false;
	file = file_of(files, tid, &m);
	if (!file)
		return false;
	first = sites_address(file->sites, m.offset);
	if (first == UINT64_MAX)
		return false;
	bias = m.start - first;
	site = sites_find(file->sites, at - bias);
	if (!site || site->refused)
		return false;
	sites_learned(file->sites, site);
	while (patch_some(image, tid, file->sites, bias, false) > 0)
		;
	return in_image_patch(image, at);
}
