/* SPDX-License-Identifier: GPL-2.0-only */
/* What was gathered, in the form that a record has it in. */
#include <errno.h>
#include <stddef.h>

#include "tracefs/capture/payload/gather.h"
#include "tracefs/events/record.h"

#define PIECE_HEAD 16u
#define PIECE_DATA 1 /* text or data, where others have 0 and what could not be read its errno */
#define FDS_AT offsetof(struct ev_sys_enter, fds)

_Static_assert(FDS_AT == offsetof(struct ev_sys_exit, fds), "one place in both");

/*
 * Behind a text that was cut, where its length does not count it: readers that print up to a NUL see that there was
 * more.
 */
static const char cut[] = "...";
static const char fault[] = "(fault)";

struct out {
	uint8_t *record;
	uint32_t len, end;
};

static uint32_t room(const struct out *out)
{
	return out->end > out->len ? out->end - out->len : 0;
}

static void put(struct out *out, const void *bytes, uint32_t length)
{
	memcpy(out->record + out->len, bytes, length);
	out->len += length;
}

static void pad(struct out *out, uint32_t to)
{
	while (out->len % to && room(out))
		out->record[out->len++] = 0;
}

/* Bytes of a piece that are kept. */
static uint32_t kept(const struct cap_piece *piece, struct cap_measure measure)
{
	uint32_t limit = cap_text_limit(piece, measure);
	uint32_t most = piece->text || piece->data ? piece->head + limit : UINT32_MAX;

	if (piece->text && piece->ended && piece->got <= limit + 1)
		return piece->got;
	return piece->got < most ? piece->got : most;
}

static void put_piece(struct out *out, const struct cap_save *save, struct cap_piece *piece, uint32_t length)
{
	piece->put_at = out->len;
	piece->put_length = length;
	put(out, save->bytes + piece->at, length);
}

static void put_raw(struct out *out, const struct cap_save *save, struct cap_piece *piece, struct cap_measure measure)
{
	uint32_t length = kept(piece, measure), most = room(out);

	most -= most < sizeof(cut) ? most : (uint32_t)sizeof(cut);
	put_piece(out, save, piece, length < most ? length : most);
}

static void put_image(struct out *out, struct cap_save *save, struct cap_piece *first, struct cap_measure measure)
{
	for (struct cap_piece *piece = first; piece < save->piece + save->pieces; piece++) {
		uint32_t length = kept(piece, measure);
		int32_t what = !piece->got ? -EFAULT : piece->text || piece->data ? PIECE_DATA : 0;

		if (piece->arg != first->arg)
			continue;
		if (room(out) < PIECE_HEAD + 8)
			break;
		if (length > room(out) - PIECE_HEAD - 8)
			length = room(out) - PIECE_HEAD - 8;
		put(out, &piece->address, 8);
		put(out, &length, 4);
		put(out, &what, 4);
		put_piece(out, save, piece, length);
		for (; length % 8; length++)
			put(out, "", 1);
	}
}

/* The plain number goes before what is said of netlink where no path does: readers that print one text print that. */
static void put_fds(struct out *out, const struct cap_save *save, bool wanted, bool with_netlink)
{
	uint32_t begin = out->len, paths = wanted ? save->fds.used : 0, location;

	put(out, save->fds.text, paths);
	if (with_netlink && save->netlink_length) {
		uint32_t skipped = paths ? save->netlink_head : 0;

		put(out, save->netlink + skipped, save->netlink_length - skipped);
	}
	location = out->len > begin ? begin | (out->len - begin) << 16 : 0;
	memcpy(out->record + FDS_AT, &location, 4);
}

uint32_t cap_save_put(struct cap_save *save, uint32_t len, uint8_t mask, const struct cap_parts *parts,
		      struct cap_measure measure)
{
	uint32_t parts_at = len + 4 * (uint32_t)__builtin_popcount(mask), loc_at = len, empty = parts_at + 4 * parts->n;
	struct out out = {save->record, empty, measure.room};

	for (uint32_t i = 0; i < save->pieces; i++)
		save->piece[i].put_length = 0;

	put(&out, "\0\0\0", 4); /* what is not saved is an empty text here */
	put_fds(&out, save, measure.fds, measure.limit);
	for (unsigned arg = 0; mask >> arg; arg++) {
		uint32_t start = empty, length = 0;
		struct cap_piece *piece = measure.limit ? cap_save_root(save, arg) : NULL;

		if (!(mask >> arg & 1))
			continue;
		if (piece && room(&out) > 64) {
			pad(&out, 4);
			start = out.len;
			if (!piece->got)
				put(&out, fault, sizeof(fault));
			else if (piece->type || piece->list)
				put_image(&out, save, piece, measure);
			else
				put_raw(&out, save, piece, measure);
			length = piece->got ? out.len - start : 0;
			if (piece->got && piece->text && (!length || out.record[out.len - 1])) {
				if (piece->got == piece->whole && length == piece->got)
					put(&out, "", 1); /* as long as its count says */
				else
					put(&out, cut, sizeof(cut));
			}
		}
		length = start | length << 16;
		memcpy(save->record + loc_at, &length, 4);
		loc_at += 4;
	}
	cap_save_put_parts(save, parts, parts_at, empty);
	pad(&out, 4);
	return out.len;
}
