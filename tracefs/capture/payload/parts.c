/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Locations of what lies within the memory that a record has (tracefs/syscalls/parts.tbl): no byte is copied for them.
 */
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tracefs/capture/payload/gather.h"

/* Bytes in the record. */
struct within {
	uint32_t at, length;
};

/* What an address leads to, among what was gathered behind the one before it. */
static const struct cap_piece *piece_at(const struct cap_save *save, const struct cap_piece *before, uint64_t address)
{
	for (const struct cap_piece *piece = before + 1; piece < save->piece + save->pieces; piece++)
		if (piece->arg == before->arg && piece->address == address)
			return piece;
	return NULL;
}

static const struct cap_piece *follow(struct cap_save *save, const struct cap_part *part)
{
	const struct cap_piece *piece = cap_save_root(save, part->arg);

	for (unsigned i = 0; piece && i < part->steps; i++) {
		uint32_t at = part->step[i];
		uint64_t address =
			at + 8 <= piece->put_length ? tt_load(save->record + piece->put_at + at, 8, false) : 0;

		piece = address ? piece_at(save, piece, address) : NULL;
	}
	return piece;
}

/* Up to a NUL, which counts. */
static struct within text(const struct cap_save *save, struct within in, uint32_t at, uint32_t size)
{
	const uint8_t *start = save->record + in.at + at, *nul;

	if (at >= in.length)
		return (struct within){0};
	if (size > in.length - at)
		size = in.length - at;
	nul = memchr(start, 0, size);
	return (struct within){in.at + at, nul ? (uint32_t)(nul - start) + 1 : size};
}

static struct within unix_name(const struct cap_save *save, struct within in)
{
	uint32_t at = offsetof(struct sockaddr_un, sun_path);

	if (in.length <= at || tt_load(save->record + in.at, sizeof(sa_family_t), false) != AF_UNIX)
		return (struct within){0};
	if (save->record[in.at + at])
		return text(save, in, at, in.length);
	return (struct within){in.at + at + 1, in.length - at - 1};
}

static struct within find(struct cap_save *save, const struct cap_part *part)
{
	const struct cap_piece *piece = follow(save, part);
	struct within whole = {piece ? piece->put_at : 0, piece ? piece->put_length : 0};

	switch (part->kind) {
	case CAP_PART_TEXT:
		return text(save, whole, part->at, part->size);
	case CAP_PART_UNIX:
		return unix_name(save, whole);
	default:
		return whole;
	}
}

void cap_save_put_parts(struct cap_save *save, const struct cap_parts *parts, uint32_t locations, uint32_t empty)
{
	for (uint32_t i = 0; i < parts->n; i++) {
		struct within found = find(save, &parts->part[i]);
		uint32_t location = found.length ? found.at | found.length << 16 : empty;

		memcpy(save->record + locations + 4 * i, &location, 4);
	}
}
