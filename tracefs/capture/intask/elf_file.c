/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracefs/capture/intask/elf_file.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EH_FRAME_HDR_VERSION 1
#define PE_UDATA4 0x03         /* DWARF: an unsigned number of 4 bytes */
#define PE_DATAREL_SDATA4 0x3b /* a signed number of 4 bytes, from the start of .eh_frame_hdr */

bool elf_read(const struct elf_file *elf, uint64_t offset, void *to, uint64_t size)
{
	uint8_t *at = to;

	if (offset > elf->size || size > elf->size - offset)
		return false;
	while (size) {
		ssize_t got = pread(elf->fd, at, size, (off_t)offset);

		if (got <= 0)
			return false;
		at += got;
		offset += (uint64_t)got;
		size -= (uint64_t)got;
	}
	return true;
}

/* A table of count entries of size bytes each at offset; NULL: it is not within the file. The caller frees it. */
static void *read_table(const struct elf_file *elf, uint64_t offset, uint64_t count, uint64_t size)
{
	void *table;

	if (!count || count > elf->size / size || !(table = malloc(count * size)))
		return NULL;
	if (elf_read(elf, offset, table, count * size))
		return table;
	free(table);
	return NULL;
}

static bool is_code(const struct elf_file *elf, uint64_t address)
{
	for (uint32_t i = 0; i < elf->segments; i++)
		if (elf->segment[i].code && address - elf->segment[i].address < elf->segment[i].size)
			return true;
	return false;
}

static bool add_start(struct elf_file *elf, uint64_t address)
{
	if (!is_code(elf, address))
		return true; /* of no use, and no harm */
	if (elf->starts == ELF_STARTS_MAX)
		return false;
	if (!(elf->starts & (elf->starts + 1))) { /* full: the room is a power of two, less one */
		uint64_t *more = realloc(elf->start, (2ull * elf->starts + 1) * sizeof(*more));

		if (!more)
			return false;
		elf->start = more;
	}
	elf->start[elf->starts++] = address;
	return true;
}

/* The table of .eh_frame_hdr: pairs {start of a function, its unwinding rules}, both from the table's own address. */
static bool starts_of_frames(struct elf_file *elf, const Elf64_Phdr *header)
{
	struct {
		uint8_t version, frame_encoding, count_encoding, table_encoding;
		int32_t frame;
		uint32_t count;
	} head;
	int32_t (*pair)[2];
	bool whole = true;

	if (!elf_read(elf, header->p_offset, &head, sizeof(head)) || head.version != EH_FRAME_HDR_VERSION ||
	    head.count_encoding != PE_UDATA4 || head.table_encoding != PE_DATAREL_SDATA4)
		return true;
	pair = read_table(elf, header->p_offset + sizeof(head), head.count, sizeof(*pair));
	if (!pair)
		return true;
	for (uint32_t i = 0; i < head.count && whole; i++)
		whole = add_start(elf, header->p_vaddr + (uint64_t)(int64_t)pair[i][0]);
	free(pair);
	return whole;
}

static bool starts_of_symbols(struct elf_file *elf, const Elf64_Shdr *section)
{
	uint64_t count = section->sh_size / sizeof(Elf64_Sym);
	Elf64_Sym *symbol = read_table(elf, section->sh_offset, count, sizeof(*symbol));
	bool whole = true;

	if (!symbol)
		return true;
	for (uint64_t i = 0; i < count && whole; i++)
		if (ELF64_ST_TYPE(symbol[i].st_info) == STT_FUNC && symbol[i].st_size &&
		    symbol[i].st_shndx != SHN_UNDEF)
			whole = add_start(elf, symbol[i].st_value);
	free(symbol);
	return whole;
}

static bool starts_of_sections(struct elf_file *elf, const Elf64_Ehdr *head)
{
	Elf64_Shdr *section;
	bool whole = true;

	if (head->e_shentsize != sizeof(*section))
		return true;
	section = read_table(elf, head->e_shoff, head->e_shnum, sizeof(*section));
	if (!section)
		return true; /* stripped of its section table */
	for (uint32_t i = 0; i < head->e_shnum && whole; i++)
		if (section[i].sh_type == SHT_SYMTAB || section[i].sh_type == SHT_DYNSYM)
			whole = starts_of_symbols(elf, &section[i]);
	free(section);
	return whole;
}

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void sort_starts(struct elf_file *elf)
{
	uint32_t kept = 0;

	if (!elf->starts)
		return;
	qsort(elf->start, elf->starts, sizeof(*elf->start), ascending);
	for (uint32_t i = 0; i < elf->starts; i++)
		if (!kept || elf->start[i] != elf->start[kept - 1])
			elf->start[kept++] = elf->start[i];
	elf->starts = kept;
}

/* 0, or -errno. code: bytes of code in the segments so far. */
static int add_segment(struct elf_file *elf, const Elf64_Phdr *header, uint64_t *code)
{
	struct elf_segment *s = &elf->segment[elf->segments];

	if (elf->segments == ELF_SEGMENTS || header->p_offset > elf->size ||
	    header->p_filesz > elf->size - header->p_offset)
		return -ENOEXEC;
	*s = (struct elf_segment){.address = header->p_vaddr, .offset = header->p_offset, .size = header->p_filesz};
	s->code = header->p_flags & PF_X && !(header->p_flags & PF_W);
	elf->segments++;
	*code += s->code ? s->size : 0;
	return *code > ELF_CODE_MAX ? -EFBIG : 0;
}

static int read_tables(struct elf_file *elf)
{
	const Elf64_Phdr *frames = NULL;
	Elf64_Ehdr head;
	Elf64_Phdr *header;
	uint64_t code = 0;
	int err = 0;

	if (!elf_read(elf, 0, &head, sizeof(head)) || memcmp(head.e_ident, ELFMAG, SELFMAG) ||
	    head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_machine != EM_X86_64 || head.e_phentsize != sizeof(*header))
		return -ENOEXEC;
	header = read_table(elf, head.e_phoff, head.e_phnum, sizeof(*header));
	if (!header)
		return -ENOEXEC;
	for (uint32_t i = 0; i < head.e_phnum && !err; i++) {
		if (header[i].p_type == PT_LOAD)
			err = add_segment(elf, &header[i], &code);
		else if (header[i].p_type == PT_GNU_EH_FRAME)
			frames = &header[i];
	}
	if (!err && ((frames && !starts_of_frames(elf, frames)) || !starts_of_sections(elf, &head)))
		err = -EFBIG;
	free(header);
	sort_starts(elf);
	return err;
}

int elf_open(struct elf_file *elf, int fd)
{
	struct stat st;
	int err;

	*elf = (struct elf_file){.fd = fd};
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENOEXEC;
	elf->size = (uint64_t)st.st_size;
	err = read_tables(elf);
	if (err)
		elf_close(elf);
	return err;
}

void elf_close(struct elf_file *elf)
{
	free(elf->start);
	elf->start = NULL;
	elf->starts = 0;
}
