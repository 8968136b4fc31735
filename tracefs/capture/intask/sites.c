/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finding the sites of a file: candidates by their two bytes, then the function that each stands in, decoded from its
 * start.
 */
#include "tracefs/capture/intask/sites.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tracefs/capture/intask/elf_file.h"
#include "tracefs/capture/intask/insn.h"
#include "tracefs/capture/intask/learned.h"

#define PAGE 4096u
#define FUNCTION_MAX (1u << 20) /* bytes of a function beyond which its sites are left alone */
#define SYSCALL_BYTES 2u

/* Scratch for one function: which of its bytes begin an instruction, and which are the target of a jump within it. */
struct marks {
	uint8_t *begins, *target;
};

/*
 * A straight line of movable instructions that ends where decoding stands: its last SITE_STEPS instructions, in a ring.
 */
struct line {
	struct {
		uint32_t at;
		uint8_t length;
	} insn[SITE_STEPS];
	uint32_t count;
	bool cut; /* an instruction that cannot be moved stands before it; else the function's start does */
};

/* One function on its way through decode_function(). */
struct function {
	const uint8_t *code;
	uint64_t address;  /* of its first byte, as the file has it */
	uint32_t size;     /* in bytes */
	struct site *site; /* the candidates in it, ascending */
	uint32_t sites;
};

static void line_add(struct line *line, const struct insn *insn, uint32_t at)
{
	if (insn->kind != INSN_PLAIN && insn->kind != INSN_JCC) {
		*line = (struct line){.cut = true};
		return;
	}
	line->insn[line->count % SITE_STEPS].at = at;
	line->insn[line->count % SITE_STEPS].length = insn->length;
	line->count++;
}

/* The nearest instruction before the `syscall` at `at` that a jump fits into. */
static void choose_patch(struct site *site, const struct function *f, const struct line *line, uint32_t at)
{
	uint32_t steps = line->count < SITE_STEPS ? line->count : SITE_STEPS;
	bool across = false;

	for (uint32_t back = 1; back <= steps; back++) {
		uint32_t i = (line->count - back) % SITE_STEPS, start = line->insn[i].at;

		if (at - start + SYSCALL_BYTES > SITE_BYTES) {
			steps = SITE_STEPS;
			break;
		}
		if (line->insn[i].length < SITE_JUMP)
			continue;
		if ((f->address + start) % PAGE > PAGE - SITE_JUMP) {
			across = true;
			continue;
		}
		site->refused = SITE_FITS;
		site->back = (uint8_t)(at - start);
		site->length = line->insn[i].length;
		site->steps = (uint8_t)back;
		memcpy(site->bytes, f->code + start, site->back + SYSCALL_BYTES);
		return;
	}
	if (across)
		site->refused = SITE_ACROSS;
	else if (steps == SITE_STEPS)
		site->refused = SITE_TOO_LONG;
	else
		site->refused = line->cut ? SITE_IMMOVABLE : SITE_NO_ROOM;
}

static void mark_target(const struct marks *marks, const struct insn *insn, const struct function *f, uint32_t at)
{
	uint64_t target;

	if (!insn->rel_at || insn->kind == INSN_CALL)
		return;
	target = insn_target(insn, f->code + at, at);
	if (target < f->size)
		marks->target[target] = 1;
}

/*
 * Every direct jump within the decoded part leads to the beginning of an instruction: decoding is in step with the
 * code.
 */
static bool is_consistent(const struct marks *marks, uint32_t decoded)
{
	for (uint32_t i = 0; i < decoded; i++)
		if (marks->target[i] && !marks->begins[i])
			return false;
	return true;
}

/* Decoding ends at the first thing that is not known: data in the text, or hand-made code. */
static void decode_function(const struct function *f, const struct marks *marks)
{
	struct line line = {.count = 0};
	uint32_t at = 0, next = 0;
	struct insn insn;

	memset(marks->begins, 0, f->size);
	memset(marks->target, 0, f->size);
	while (at < f->size && insn_decode(f->code + at, f->size - at, &insn)) {
		while (next < f->sites && f->site[next].at - f->address < at)
			next++; /* it was the middle of an instruction */
		marks->begins[at] = 1;
		mark_target(marks, &insn, f, at);
		if (insn.kind == INSN_SYSCALL && insn.length == SYSCALL_BYTES && next < f->sites &&
		    f->site[next].at - f->address == at)
			choose_patch(&f->site[next], f, &line, at);
		line_add(&line, &insn, at);
		at += insn.length;
	}
	if (!is_consistent(marks, at))
		for (uint32_t i = 0; i < f->sites; i++)
			f->site[i] = (struct site){.at = f->site[i].at, .refused = SITE_NOT_DECODED};
}

/* The last start at or before address: its index, or elf->starts. */
static uint32_t start_before(const struct elf_file *elf, uint64_t address)
{
	uint32_t low = 0, high = elf->starts;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (elf->start[middle] <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? low - 1 : elf->starts;
}

static void decode_functions(const struct elf_file *elf, const struct elf_segment *segment, const uint8_t *code,
			     struct site *site, uint32_t count, const struct marks *marks)
{
	for (uint32_t i = 0, after; i < count; i = after) {
		uint32_t start = start_before(elf, site[i].at);
		struct function f = {.site = site + i};
		uint64_t end = segment->address + segment->size;

		after = i + 1;
		if (start == elf->starts || elf->start[start] < segment->address)
			continue;
		f.address = elf->start[start];
		f.code = code + (f.address - segment->address);
		if (start + 1 < elf->starts && elf->start[start + 1] < end)
			end = elf->start[start + 1];
		while (after < count && site[after].at < end)
			after++;
		f.sites = after - i;
		for (uint32_t k = i; k < after; k++)
			site[k].refused = SITE_NOT_DECODED;
		if (end - f.address > FUNCTION_MAX)
			continue;
		f.size = (uint32_t)(end - f.address);
		decode_function(&f, marks);
	}
}

static bool add_candidates(struct sites *sites, const struct elf_segment *segment, const uint8_t *code)
{
	static const uint8_t bytes[SYSCALL_BYTES] = {0x0f, 0x05};
	const uint8_t *at = code, *end = code + segment->size;

	while ((at = memchr(at, bytes[0], (size_t)(end - at)))) {
		if (at + 1 < end && at[1] == bytes[1]) {
			if (!(sites->n & (sites->n + 1))) { /* full: there is room for a power of two, less one */
				struct site *more = realloc(sites->site, (2ull * sites->n + 1) * sizeof(*more));

				if (!more)
					return false;
				sites->site = more;
			}
			sites->site[sites->n++] = (struct site){.at = segment->address + (uint64_t)(at - code),
								.refused = SITE_NO_FUNCTION};
		}
		at++;
	}
	return true;
}

static int decode_segment(const struct elf_file *elf, const struct elf_segment *segment, struct sites *out)
{
	uint8_t *code = malloc(segment->size ? segment->size : 1);
	struct marks marks = {malloc(FUNCTION_MAX), malloc(FUNCTION_MAX)};
	uint32_t before = out->n;
	int err = 0;

	if (!code || !marks.begins || !marks.target)
		err = -ENOMEM;
	else if (!elf_read(elf, segment->offset, code, segment->size))
		err = -ENOEXEC;
	else if (!add_candidates(out, segment, code))
		err = -ENOMEM;
	else
		decode_functions(elf, segment, code, out->site + before, out->n - before, &marks);
	free(code);
	free(marks.begins);
	free(marks.target);
	return err;
}

static int by_address(const void *a, const void *b)
{
	uint64_t x = ((const struct site *)a)->at, y = ((const struct site *)b)->at;

	return x < y ? -1 : x > y;
}

int sites_of(int fd, const char *dir, struct sites **out)
{
	struct sites *sites = calloc(1, sizeof(*sites));
	struct sites_own *own = calloc(1, sizeof(*own));
	int err = sites && own ? elf_open(&own->elf, fd) : -ENOMEM;

	*out = NULL;
	if (err) {
		free(sites);
		free(own);
		return err;
	}
	sites->own = own;
	own->learned = -1;
	for (uint32_t i = 0; i < own->elf.segments && !err; i++)
		if (own->elf.segment[i].code)
			err = decode_segment(&own->elf, &own->elf.segment[i], sites);
	elf_close(&own->elf);
	if (err) {
		sites_free(sites);
		return err;
	}
	if (sites->n)
		qsort(sites->site, sites->n, sizeof(*sites->site), by_address); /* segments may come in any order */
	learned_read(sites, fd, dir);
	*out = sites;
	return 0;
}

void sites_free(struct sites *sites)
{
	if (!sites)
		return;
	learned_write(sites);
	free(sites->own);
	free(sites->site);
	free(sites);
}

struct site *sites_find(struct sites *sites, uint64_t at)
{
	struct site key = {.at = at};

	return sites->n ? bsearch(&key, sites->site, sites->n, sizeof(key), by_address) : NULL;
}

uint64_t sites_address(const struct sites *sites, uint64_t offset)
{
	const struct sites_own *own = sites->own;

	for (uint32_t i = 0; i < own->elf.segments; i++) {
		const struct elf_segment *s = &own->elf.segment[i];

		if (offset - s->offset < s->size)
			return s->address + (offset - s->offset);
	}
	return UINT64_MAX;
}

bool sites_learned(struct sites *sites, struct site *site)
{
	struct sites_own *own = sites->own;

	if (site->hit)
		return false;
	site->hit = own->grown = true;
	return true;
}
