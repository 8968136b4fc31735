/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of one memory is ours: where the recorder lies, and which sites lead to it. Shared by the tasks that share the
 * memory. The memory of the blocks is shared more widely: by all who descend from a program and have not executed
 * another, its family.
 */
#ifndef TRACEFS_INTASK_IMAGE_H
#define TRACEFS_INTASK_IMAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tracefs/capture/intask/inside.h"
#include "tracefs/capture/intask/sites.h"

/* What stands behind a stub's moved instructions; entry.S takes over. */
#define IN_TAIL_BYTES 28u
#define IN_TAIL_SAVED 3u     /* offsets: rcx is the call's number from here on, */
#define IN_TAIL_CLOBBERED 4u /* rax is not, */
#define IN_TAIL_RESTORED 13u /* and is again */

struct in_patch {
	uint64_t at, place; /* addresses of the `syscall`, of the jump */
	uint32_t stub;      /* offset in the stubs */
	uint8_t moved;      /* bytes of the stub's moved instructions */
	uint8_t steps;
	uint8_t original[SITE_JUMP];
	struct site_step step[SITE_STEPS + 1];
};

struct in_family {
	uint32_t users;        /* images */
	int fd;                /* of the blocks' memory; -1: nobody joins */
	uint64_t number;       /* at IN_TEMPLATE_FAMILY */
	bool used[IN_THREADS]; /* blocks */
};

struct in_image {
	uint32_t users; /* tasks */
	struct in_family *family;
	uint64_t base, entry, end; /* of the recorder, where stubs lead to, behind the last buffer */
	uint32_t shape;            /* the hub's, whose buffers are mapped */
	bool threads;              /* others run in this memory: nothing is patched any more */
	bool handler;              /* SIGSYS has our handler where the program has set none */
	uint32_t stubs;            /* bytes used */
	uint32_t n, room;
	struct in_patch *patch;
};

/* fd becomes the family's. NULL: no memory, and it is closed. */
struct in_image *in_image_new(uint64_t base, uint64_t entry, uint64_t end, int fd);
struct in_image *in_image_share(struct in_image *image);
struct in_image *in_image_copy(const struct in_image *image); /* of a child of that family; NULL: no memory */
int in_family_take(struct in_family *family);                 /* a block that is free; -1: none */
void in_image_drop(struct in_image *image);
struct in_patch *in_image_patch(const struct in_image *image, uint64_t at);     /* of the `syscall` there; NULL: none */
struct in_patch *in_image_stub(const struct in_image *image, uint64_t address); /* whose stub the address is in */
bool in_image_meets(const struct in_image *image, uint64_t start, uint64_t length); /* our memory, or a patch's page */
void in_image_restore(struct in_image *image, pid_t tid);                           /* all patches are taken back */

/* patch.c */
struct in_files;
struct in_files *in_files_new(void);
void in_files_free(struct in_files *files);
/*
 * A stop met the `syscall` at that address: patch it, and those of its file that were met before. True: it is patched
 * now.
 */
bool in_meet(struct in_files *files, struct in_image *image, pid_t tid, uint64_t at);
/* The last moment that nobody else runs in this memory: patch all sites of the files that were met. */
void in_meet_all(struct in_files *files, struct in_image *image, pid_t tid);

/* memory.c-like access to a stopped task; false: not all of it */
bool in_peek(pid_t tid, uint64_t address, void *out, uint32_t bytes);
/* also where the task itself may not write */
bool in_poke(pid_t tid, uint64_t address, const void *data, uint32_t bytes);
int in_memory_of(pid_t tid); /* a descriptor, for many of these: or -1 */
bool in_poke_by(int fd, uint64_t address, const void *data, uint32_t bytes);

#endif
