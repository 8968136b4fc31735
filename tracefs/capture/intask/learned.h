/* SPDX-License-Identifier: GPL-2.0-only */
/* Which sites of a file were met before: a small file a file, so that a later session patches them all at once. */
#ifndef TRACEFS_INTASK_LEARNED_H
#define TRACEFS_INTASK_LEARNED_H

#include <stdbool.h>

#include "tracefs/capture/intask/elf_file.h"
#include "tracefs/capture/intask/sites.h"

/* What makes a file the same file. */
struct file_identity {
	uint64_t device, inode, size;
	int64_t seconds, nanoseconds; /* of its last change */
};

/* Behind sites->own. */
struct sites_own {
	struct elf_file elf; /* its segments; the starts are freed once all is decoded */
	struct file_identity identity;
	int learned; /* an open directory to keep them in; -1: none */
	bool grown;  /* something was learned that is not in the file */
};

/*
 * Marks the sites that were met before. dir: a directory that belongs to this user alone, else it is not used; NULL:
 * none. What is read there only chooses among sites that were decoded from the file itself: a wrong one costs time,
 * never harm.
 */
void learned_read(struct sites *sites, int fd, const char *dir);
/* Writes what was met, if anything is new, and lets go of the directory. */
void learned_write(struct sites *sites);

#endif
