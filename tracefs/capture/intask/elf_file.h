/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of an ELF file says where its code is: executable segments, and the starts of functions.
 *
 * The file is one that a traced program has mapped, so nothing in it is believed: every offset and count is checked
 * against the file's size, and it is read with pread(2), never mapped (a program that truncates its file would end us
 * by SIGBUS). Sources: elf(5); the LSB's ".eh_frame_hdr"; DWARF's pointer encodings of it.
 */
#ifndef TRACEFS_INTASK_ELF_FILE_H
#define TRACEFS_INTASK_ELF_FILE_H

#include <stdbool.h>
#include <stdint.h>

#define ELF_SEGMENTS 16u
#define ELF_CODE_MAX (64u << 20)  /* bytes of code beyond which a file is left alone */
#define ELF_STARTS_MAX (4u << 20) /* starts of functions, likewise */

struct elf_segment {
	uint64_t address; /* where the file wants it, before relocation */
	uint64_t offset;  /* in the file */
	uint64_t size;    /* bytes of it that the file has */
	bool code;        /* it is mapped executable and not writable */
};

struct elf_file {
	int fd;
	uint64_t size; /* of the file */
	uint32_t segments;
	struct elf_segment segment[ELF_SEGMENTS];
	uint64_t *start; /* addresses at which functions start, ascending; owned: elf_close() frees them */
	uint32_t starts;
};

/*
 * Reads the tables of an ELF64 x86-64 file. 0, or -errno: ENOEXEC where it is no such file or its
 * tables make no sense, EFBIG where there is too much of it.
 */
int elf_open(struct elf_file *elf, int fd);
void elf_close(struct elf_file *elf); /* not the fd */

/* The whole of [offset, offset + size) of the file. */
bool elf_read(const struct elf_file *elf, uint64_t offset, void *to, uint64_t size);

#endif
