/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which `syscall` instructions of a file can be led into the recorder, and how.
 *
 * A patch overwrites exactly one instruction, of 5 bytes or more, that stands before a `syscall` on a straight line, with a
 * jump to a stub. The stub does what the overwritten instruction and those behind it did, then goes to the recorder, which
 * makes the call. The `syscall` itself stays: who comes to it on another way still meets it.
 *
 *     before                        after                       stub
 *     b8 27 00 00 00  mov $39,%eax  e9 ........  jmp stub       mov $39,%eax
 *     0f 05           syscall       0f 05        syscall        (to the recorder; back to behind the syscall)
 *
 * Code is decoded forward from a known start of a function, never backward: the bytes before a `syscall` may be the end of a
 * longer instruction. Whatever is not certain is no site, and its calls are recorded by stops.
 */
#ifndef TRACEFS_CAPTURE_INTASK_SITES_H
#define TRACEFS_CAPTURE_INTASK_SITES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SITE_PATCH 5u	/* bytes of the jump that is written */
#define SITE_SPAN_MAX 64u /* bytes from the patch to the `syscall`, at the most */
#define SITE_MOVES_MAX 16u /* instructions among them, at the most */
#define SITE_STUB_MAX 160u /* bytes of the relocated instructions, at the most */

struct site {
	uint64_t offset; /* of the `syscall`, in the file: address - start of the mapping + the mapping's own offset */
	uint8_t span;	 /* bytes from the overwritten instruction to the `syscall` */
	uint8_t patch;	 /* length of the overwritten instruction, SITE_PATCH or more */
	uint8_t refused; /* enum site_refusal: why this `syscall` cannot be patched; then span and patch are 0 */
};

enum site_refusal {
	SITE_OK,
	SITE_NO_FUNCTION, /* no known start of a function before it */
	SITE_NOT_CODE,	  /* decoding from the function's start does not arrive at it, or contradicts itself */
	SITE_TOO_SHORT,	  /* no instruction of 5 bytes or more before it on a straight line */
	SITE_TWO_PAGES,	  /* the patch would lie in two pages */
	SITE_REFUSALS,
};

/* All places of a file where the bytes of a `syscall` stand in its code, by ascending offset. */
struct sites {
	struct site *site; /* owned: sites_free() */
	uint32_t count;
};

/* What an ELF file has. 0, or -errno (elf_open()'s, or ENOMEM). A hostile file costs time in proportion to its size at most. */
int sites_of_file(int fd, struct sites *out);
void sites_free(struct sites *sites);
const struct site *sites_find(const struct sites *sites, uint64_t offset); /* NULL: no `syscall` stands there */

/* Where each relocated instruction came from: a task that stops in a stub is shown at the original. */
struct site_move {
	uint8_t from; /* offset from the overwritten instruction */
	uint8_t to;   /* offset from the stub's start */
};

struct site_stub {
	uint8_t code[SITE_STUB_MAX]; /* the instructions; what follows them is the caller's */
	uint32_t length;	     /* bytes of code */
	uint32_t moves;
	struct site_move move[SITE_MOVES_MAX];
};

/*
 * Relocates the instructions that a patch of site overwrites or jumps over. code: the span bytes before the `syscall`, as they
 * are in memory; address: where the first of them stands; to: where the stub will. False: something is out of reach of 32 bits,
 * or the bytes are not what sites_of_file() saw.
 */
bool site_relocate(const struct site *site, const uint8_t *code, uint64_t address, uint64_t to, struct site_stub *out);

/* The jump from one address to another. False: it is out of reach. */
bool site_jump(uint64_t from, uint64_t to, uint8_t out[SITE_PATCH]);

/* The original address of one in a stub: of the instruction at, or the next at or after it; span where all were done. */
uint32_t site_original(const struct site *site, const struct site_stub *stub, uint32_t at);

#endif
