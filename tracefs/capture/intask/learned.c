/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A directory of at most 256 files, each the identity of a file and the addresses of its sites that were met. A file's
 * name is a hash of the identity's device and inode, and a newer identity takes the place of an older: nothing has to
 * be cleaned up.
 */
#define _GNU_SOURCE
#include "tracefs/capture/intask/learned.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEARNED_MAGIC 0x3173657469734674ull /* "tFsites1" */
#define LEARNED_MAX 65536u                  /* addresses in a file, at the most */

/* As in the file; the addresses follow. */
struct learned_head {
	uint64_t magic;
	struct file_identity identity;
	uint64_t count;
};

static void name_of(const struct file_identity *identity, char name[32])
{
	snprintf(name, 32, "sites-%02x",
		 (unsigned)((identity->inode ^ identity->inode >> 8 ^ identity->device) & 0xff));
}

static int open_directory(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH)))
		return fd;
	close(fd);
	return -1;
}

static bool read_learned(struct sites *sites, int fd)
{
	const struct sites_own *own = sites->own;
	struct learned_head head;
	uint64_t *address;
	ssize_t size;

	if (read(fd, &head, sizeof(head)) != sizeof(head) || head.magic != LEARNED_MAGIC ||
	    memcmp(&head.identity, &own->identity, sizeof(head.identity)) || head.count > LEARNED_MAX)
		return false;
	size = (ssize_t)(head.count * sizeof(*address));
	address = malloc(size ? (size_t)size : 1);
	if (address && read(fd, address, (size_t)size) == size)
		for (uint64_t i = 0; i < head.count; i++) {
			struct site *site = sites_find(sites, address[i]);

			if (site)
				site->hit = true;
		}
	free(address);
	return true;
}

void learned_read(struct sites *sites, int fd, const char *dir)
{
	struct sites_own *own = sites->own;
	char name[32];
	struct stat st;
	int file;

	if (!dir || fstat(fd, &st) < 0)
		return;
	own->learned = open_directory(dir);
	if (own->learned < 0)
		return;
	own->identity = (struct file_identity){.device = st.st_dev,
					       .inode = st.st_ino,
					       .size = (uint64_t)st.st_size,
					       .seconds = st.st_mtim.tv_sec,
					       .nanoseconds = st.st_mtim.tv_nsec};
	name_of(&own->identity, name);
	file = openat(own->learned, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (file < 0)
		return;
	read_learned(sites, file);
	close(file);
}

/* All into a file of its own, then renamed: a reader finds the old one or the new one, whole. */
static void write_learned(const struct sites *sites)
{
	const struct sites_own *own = sites->own;
	struct learned_head head = {.magic = LEARNED_MAGIC, .identity = own->identity};
	char name[32], fresh[64];
	FILE *stream;
	bool whole;
	int file;

	for (uint32_t i = 0; i < sites->n; i++)
		head.count += sites->site[i].hit;
	if (head.count > LEARNED_MAX)
		return;
	name_of(&own->identity, name);
	snprintf(fresh, sizeof(fresh), "%s.%d", name, (int)gettid());
	file = openat(own->learned, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	stream = file < 0 ? NULL : fdopen(file, "w");
	if (!stream) {
		if (file >= 0)
			close(file);
		return;
	}
	whole = fwrite(&head, sizeof(head), 1, stream) == 1;
	for (uint32_t i = 0; i < sites->n && whole; i++)
		if (sites->site[i].hit)
			whole = fwrite(&sites->site[i].at, sizeof(sites->site[i].at), 1, stream) == 1;
	if (fclose(stream) || !whole || renameat(own->learned, fresh, own->learned, name) < 0)
		unlinkat(own->learned, fresh, 0);
}

void learned_write(struct sites *sites)
{
	struct sites_own *own = sites->own;

	if (own->learned < 0)
		return;
	if (own->grown)
		write_learned(sites);
	close(own->learned);
	own->learned = -1;
}
