/* SPDX-License-Identifier: GPL-2.0-only */
/* Finding the sites of a file: candidates by their two bytes, then the function that each stands in, decoded from its start. */
#include "tracefs/capture/intask/sites.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tracefs/capture/intask/elf_file.h"
#include "tracefs/capture/intask/insn.h"

#define PAGE 4096u
#define FUNCTION_MAX (1u << 20) /* bytes of a function beyond which its sites are left alone */
#define SYSCALL_BYTES 2u

/* One executable segment in memory. */
struct code {
	const uint8_t *bytes;
	uint64_t offset; /* of the first byte, in the file */
	uint64_t size;
};

/* Scratch for one function: which of its bytes begin an instruction, and which are the target of a jump within it. */
struct marks {
	uint8_t *begins, *target;
};

static bool may_move(const struct insn *insn)
{
	return insn->kind == INSN_PLAIN || insn->kind == INSN_JCC;
}

/* A straight line of instructions that ends where decoding stands: its last SITE_MOVES_MAX instructions, in a ring. */
struct line {
	struct {
		uint32_t at;
		uint8_t length;
	} insn[SITE_MOVES_MAX];
	uint32_t count;
};

static void line_add(struct line *line, const struct insn *insn, uint32_t at)
{
	if (!may_move(insn)) {
		line->count = 0;
		return;
	}
	line->insn[line->count % SITE_MOVES_MAX].at = at;
	line->insn[line->count % SITE_MOVES_MAX].length = insn->length;
	line->count++;
}

/* The nearest instruction before the `syscall` at `at` that a jump fits into. first: the function's offset in the file. */
static void choose_patch(struct site *site, const struct line *line, uint32_t at, uint64_t first)
{
	uint32_t depth = line->count < SITE_MOVES_MAX ? line->count : SITE_MOVES_MAX;

	site->refused = SITE_TOO_SHORT;
	for (uint32_t back = 1; back <= depth; back++) {
		uint32_t i = (line->count - back) % SITE_MOVES_MAX, start = line->insn[i].at;

		if (at - start > SITE_SPAN_MAX)
			return;
		if (line->insn[i].length < SITE_PATCH)
			continue;
		if ((first + start) % PAGE > PAGE - SITE_PATCH) {
			site->refused = SITE_TWO_PAGES;
			continue;
		}
		site->refused = SITE_OK;
		site->span = (uint8_t)(at - start);
		site->patch = line->insn[i].length;
		return;
	}
}

/* Every direct jump within the decoded part leads to the beginning of an instruction: the decoding is in step with the code. */
static bool is_consistent(const struct marks *marks, uint32_t decoded)
{
	for (uint32_t i = 0; i < decoded; i++)
		if (marks->target[i] && !marks->begins[i])
			return false;
	return true;
}

static void mark_target(const struct marks *marks, const struct insn *insn, const uint8_t *code, uint32_t at, uint32_t size)
{
	uint64_t target;

	if (!insn->rel_at || insn->kind == INSN_CALL)
		return;
	target = insn_target(insn, code + at, at);
	if (target < size)
		marks->target[target] = 1;
}

/*
 * Decodes a function of size bytes at code, which has sites [0, count), by ascending offset; first is the function's offset in
 * the file. Decoding ends at the first thing that is not known: data in the text, or hand-made code.
 */
static void decode_function(const uint8_t *code, uint32_t size, uint64_t first, struct site *site, uint32_t count,
			    const struct marks *marks)
{
	struct line line = {.count = 0};
	uint32_t at = 0, next = 0;
	struct insn insn;

	memset(marks->begins, 0, size);
	memset(marks->target, 0, size);
	while (at < size && insn_decode(code + at, size - at, &insn)) {
		while (next < count && site[next].offset - first < at)
			next++; /* it was the middle of an instruction */
		marks->begins[at] = 1;
		mark_target(marks, &insn, code, at, size);
		if (insn.kind == INSN_SYSCALL && insn.length == SYSCALL_BYTES && next < count && site[next].offset - first == at)
			choose_patch(&site[next], &line, at, first);
		line_add(&line, &insn, at);
		at += insn.length;
	}
	if (!is_consistent(marks, at))
		for (uint32_t i = 0; i < count; i++)
			site[i] = (struct site){.offset = site[i].offset, .refused = SITE_NOT_CODE};
}

/* The last start at or before offset: its index, or starts. */
static uint32_t start_before(const struct elf_file *elf, uint64_t offset)
{
	uint32_t low = 0, high = elf->starts;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (elf->start[middle] <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? low - 1 : elf->starts;
}

static void decode_sites(const struct elf_file *elf, const struct code *code, struct site *site, uint32_t count,
			 const struct marks *marks)
{
	for (uint32_t i = 0, after; i < count; i = after) {
		uint32_t start = start_before(elf, site[i].offset);
		uint64_t first, end;

		after = i + 1;
		if (start == elf->starts || elf->start[start] < code->offset)
			continue;
		first = elf->start[start];
		end = start + 1 < elf->starts ? elf->start[start + 1] : UINT64_MAX;
		if (end > code->offset + code->size)
			end = code->offset + code->size;
		while (after < count && site[after].offset < end)
			after++;
		for (uint32_t k = i; k < after; k++)
			site[k].refused = SITE_NOT_CODE;
		if (end - first <= FUNCTION_MAX)
			decode_function(code->bytes + (first - code->offset), (uint32_t)(end - first), first, site + i, after - i,
					marks);
	}
}

static bool add_candidates(struct sites *sites, const struct code *code)
{
	static const uint8_t bytes[SYSCALL_BYTES] = {0x0f, 0x05};
	const uint8_t *at = code->bytes, *end = code->bytes + code->size;

	while ((at = memchr(at, bytes[0], (size_t)(end - at)))) {
		if (at + 1 < end && at[1] == bytes[1]) {
			if (!(sites->count & (sites->count + 1))) { /* full: room for a power of two, less one */
				struct site *more = realloc(sites->site, (2ull * sites->count + 1) * sizeof(*more));

				if (!more)
					return false;
				sites->site = more;
			}
			sites->site[sites->count++] = (struct site){.offset = code->offset + (uint64_t)(at - code->bytes),
								    .refused = SITE_NO_FUNCTION};
		}
		at++;
	}
	return true;
}

static int sites_of_segment(const struct elf_file *elf, const struct elf_segment *segment, struct sites *out)
{
	uint8_t *bytes = malloc(segment->size ? segment->size : 1);
	struct marks marks = {malloc(FUNCTION_MAX), malloc(FUNCTION_MAX)};
	struct code code = {.bytes = bytes, .offset = segment->offset, .size = segment->size};
	uint32_t before = out->count;
	int err = 0;

	if (!bytes || !marks.begins || !marks.target)
		err = -ENOMEM;
	else if (!elf_read(elf, segment->offset, bytes, segment->size))
		err = -ENOEXEC;
	else if (!add_candidates(out, &code))
		err = -ENOMEM;
	else
		decode_sites(elf, &code, out->site + before, out->count - before, &marks);
	free(bytes);
	free(marks.begins);
	free(marks.target);
	return err;
}

static int by_offset(const void *a, const void *b)
{
	uint64_t x = ((const struct site *)a)->offset, y = ((const struct site *)b)->offset;

	return x < y ? -1 : x > y;
}

int sites_of_file(int fd, struct sites *out)
{
	struct elf_file elf;
	int err = elf_open(&elf, fd);

	*out = (struct sites){0};
	if (err)
		return err;
	for (uint32_t i = 0; i < elf.segments && !err; i++)
		if (elf.segment[i].code)
			err = sites_of_segment(&elf, &elf.segment[i], out);
	elf_close(&elf);
	if (err)
		sites_free(out);
	else if (out->count)
		qsort(out->site, out->count, sizeof(*out->site), by_offset); /* segments may come in any order */
	return err;
}

void sites_free(struct sites *sites)
{
	free(sites->site);
	*sites = (struct sites){0};
}

const struct site *sites_find(const struct sites *sites, uint64_t offset)
{
	struct site key = {.offset = offset};

	return sites->count ? bsearch(&key, sites->site, sites->count, sizeof(key), by_offset) : NULL;
}
