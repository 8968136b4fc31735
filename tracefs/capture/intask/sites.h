/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a program's `syscall` instructions are, and how each can be met by a jump.
 *
 * A patch overwrites exactly one instruction, of 5 bytes or more, that stands before a `syscall` on a straight line
 * (nothing but instructions that can be moved lies between). The jump that takes its place leads to a stub: copies of
 * the instructions from the overwritten one up to the `syscall`, moved so that they do the same there, and then our own
 * code (patch.c appends that). All other instructions stay, the `syscall` too: whoever gets to one of them on another
 * way meets what was always there.
 *
 * Code is decoded forward, from the start of a function that the file itself names (a row of .eh_frame_hdr, else a
 * symbol), and never backward by pattern: the bytes 0f 05 may be the end of a longer instruction. What cannot be
 * decoded, or moved, is refused, with why. Nothing here looks at a process: bytes and addresses come in, bytes go out.
 * Files are the tracee's to choose, so every offset and length in them is checked, and time and memory are bounded.
 */
#ifndef TRACEFS_INTASK_SITES_H
#define TRACEFS_INTASK_SITES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SITE_JUMP 5u   /* bytes of the jump that a patch is */
#define SITE_BYTES 64u /* from the overwritten instruction to the end of the `syscall`, at most */
#define SITE_STEPS 13u /* instructions moved, at most */
#define SITE_STUB 160u /* bytes of a stub's moved instructions, at most */

/* Why a `syscall` is not patched. In the order of `tracefs status`; SITE_REFUSALS names them. */
enum site_refusal {
	SITE_FITS,
	SITE_NO_FUNCTION, /* no function that the file names holds it */
	/* an instruction between the function's start and it is not known, or it is no instruction's start */
	SITE_NOT_DECODED,
	SITE_NO_ROOM,   /* none of the instructions before it that could be moved has 5 bytes */
	SITE_IMMOVABLE, /* before an instruction of 5 bytes comes one that cannot be moved */
	SITE_ACROSS,    /* the overwritten 5 bytes lie in two pages */
	SITE_TOO_LONG,  /* beyond SITE_BYTES, SITE_STEPS or SITE_STUB */
	SITE_REFUSALS,
};

/* One `syscall`. Addresses are the file's own (p_vaddr); a loaded file has them all moved by one distance, its bias. */
struct site {
	uint64_t at;               /* of the `syscall` */
	uint8_t refused;           /* enum site_refusal; else all of what follows is set */
	uint8_t back;              /* the patch stands at `at - back` */
	uint8_t length;            /* of the overwritten instruction, 5 to 15 */
	uint8_t steps;             /* instructions that are moved, the overwritten one first */
	bool hit;                  /* met in this session, or by an earlier one's cache: sites_learned() */
	uint8_t bytes[SITE_BYTES]; /* the back + 2 bytes from the patch to the end of the `syscall`, unpatched */
};

/* All of one file's, ordered by `at`. */
struct sites {
	uint32_t n;
	struct site *site;
	/* what follows belongs to sites.c (the file's identity, the state of its learned set) */
	void *own;
};

/*
 * The sites of the ELF file (x86-64, any kind) behind fd, from the cache in dir or decoded now; fd stays the caller's
 * and its position as it was. Decoding visits each byte of executable sections a bounded number of times. dir: where
 * learned sets are kept, NULL: nowhere. 0; -ENOEXEC: not an ELF file of this machine, or damaged; -EFBIG: too large to
 * be decoded (64 MiB of code); -ENOMEM; -errno of reading.
 */
int sites_of(int fd, const char *dir, struct sites **out);
/* writes what was learned to the cache first, if anything is new; NULL: nothing */
void sites_free(struct sites *sites);
struct site *sites_find(struct sites *sites, uint64_t at); /* NULL: there is no `syscall` */
/* The file's address of the byte at an offset in it, by its loadable segments; UINT64_MAX: none holds it. */
uint64_t sites_address(const struct sites *sites, uint64_t offset);
/* It was met by a stop. True: for the first time ever, so the learned set grew. */
bool sites_learned(struct sites *sites, struct site *site);

/* Where a thread is in a stub, and where that is in the program: between them nothing differs. */
struct site_step {
	uint8_t stub;  /* offset of the moved instruction in the stub */
	uint8_t place; /* offset of the original one from the patch */
};

/*
 * The moved instructions of a site that fits, as they stand at address `to`; the file is loaded with this bias. steps:
 * one for each instruction, and one more for what follows them, whose place is the `syscall` (SITE_STEPS + 1 in all at
 * most). A branch out of the stub goes where the original one goes. Returns the bytes written (SITE_STUB at most);
 * -ERANGE: something that they refer to is more than 2 GiB from `to`.
 */
int site_move(const struct site *site, uint64_t bias, uint64_t to, uint8_t *stub, struct site_step *steps);

#endif
