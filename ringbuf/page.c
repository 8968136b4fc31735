// SPDX-License-Identifier: GPL-2.0-only
#include "page.h"

#include <string.h>

/* One element of a sub-buffer, decoded from its first two words. */
struct element {
	uint32_t type, bytes; /* bytes 0: not to be believed */
	uint64_t delta;
	uint32_t data, len; /* of an event: offset from the element, bytes */
};

/* space: bytes from the element to the end. word[1] is used only where space says that it exists. */
static struct element decode(uint32_t first, uint32_t second, uint32_t space)
{
	struct element e = {.type = first & 31, .delta = first >> 5};
	uint64_t bytes;
	if (space < 8 && (e.type == 0 || e.type > RB_TYPE_PADDING))
		return e;
	switch (e.type) {
	case 0:
		bytes = 4 + (uint64_t)second;
		e.data = 8;
		break;
	case RB_TYPE_PADDING:
		/* delta 0: to the end of the sub-buffer */
		bytes = e.delta && space >= 8 ? 4 + (uint64_t)second : space;
		break;
	case RB_TYPE_TIME_EXTEND:
	case RB_TYPE_TIME_STAMP:
		e.delta |= (uint64_t)second << RB_DELTA_BITS;
		bytes = 8;
		break;
	default:
		bytes = 4 + 4 * e.type;
		e.data = 4;
	}
	if (bytes > space || bytes % 4 || bytes < (e.data ? e.data + 4 : 4))
		return e;
	e.bytes = bytes;
	e.len = e.data ? e.bytes - e.data : 0;
	return e;
}

/* In a live sub-buffer type 31 is a discarded event. */
static struct element decode_live(uint32_t first, uint32_t second, uint32_t space)
{
	if ((first & 31) != RB_TYPE_DISCARDED)
		return decode(first, second, space);
	struct element e = {.type = RB_TYPE_DISCARDED, .delta = first >> 5};
	uint64_t bytes = 4 + (uint64_t)second;
	if (bytes >= 8 && bytes <= space && bytes % 4 == 0)
		e.bytes = bytes;
	return e;
}

OPTIMISTIC static struct element live_at(const uint8_t *live, uint32_t size, uint32_t off, uint32_t *first)
{
	const uint32_t *word = (const uint32_t *)(const void *)(live + off);
	*first = rb_load_acquire(word);
	return decode_live(*first, size - off >= 8 ? rb_load(&word[1]) : 0, size - off);
}

/* Where the committed part that starts at off ends: at a zero word, at padding, or at the end. */
static uint32_t committed_end(const uint8_t *live, uint32_t size, uint32_t off)
{
	while (off < size) {
		uint32_t first;
		struct element e = live_at(live, size, off, &first);
		if (!first || !e.bytes)
			break;
		off += e.bytes;
	}
	return off;
}

enum rb_look rb_page_look(const uint8_t *live, uint32_t size, uint32_t *off)
{
	if (*off < RB_PAGE_HEADER || *off % 4)
		return RB_LOOK_CLOSED;
	while (*off < size) {
		uint32_t first;
		struct element e = live_at(live, size, *off, &first);
		if (!first)
			return RB_LOOK_OPEN;
		if (!e.bytes)
			return RB_LOOK_CLOSED;
		if (e.data)
			return RB_LOOK_EVENT;
		*off += e.bytes;
	}
	return RB_LOOK_CLOSED;
}

/* Copy [0, end). */
OPTIMISTIC static void copy_words(uint8_t *to, const uint8_t *from, uint32_t end)
{
	const volatile uint32_t *source = (const volatile uint32_t *)(const void *)from;
	uint32_t *target = (uint32_t *)(void *)to;
	for (uint32_t i = 0; i < end / 4; i++)
		target[i] = source[i];
}

static uint32_t word_at(const uint8_t *page, uint32_t off)
{
	uint32_t word;
	memcpy(&word, page + off, sizeof(word));
	return word;
}

void rb_image_copy(struct rb_image *image, const uint8_t *live, uint64_t done)
{
	uint8_t *page = image->page;
	uint32_t size = image->size;
	bool whole = rb_done_bytes(done) == size - RB_PAGE_HEADER;
	uint32_t limit = whole ? size : committed_end(live, size, RB_PAGE_HEADER);
	copy_words(page, live, limit);

	uint64_t start;
	memcpy(&start, page, sizeof(start));
	uint32_t off = RB_PAGE_HEADER, to = RB_PAGE_HEADER;
	image->entries = 0;
	while (off < limit) {
		struct element e =
			decode_live(word_at(page, off), limit - off >= 8 ? word_at(page, off + 4) : 0, size - off);
		if (!e.bytes || off + e.bytes > limit || e.type == RB_TYPE_PADDING) {
			/* Padding, or damage: neither can be passed. */
			image->passed = off > image->from ? off - image->from : 0;
			image->end = size;
			image->closed = true;
			goto out;
		}
		if (off < image->from) {
			start += e.delta;
		} else if (e.type == RB_TYPE_DISCARDED) {
			/* Only its time stays: as a time extend, which is never longer. */
			if (e.delta) {
				uint32_t extend[2] = {RB_TYPE_TIME_EXTEND | (uint32_t)e.delta << 5, 0};
				memcpy(page + to, extend, sizeof(extend));
				to += sizeof(extend);
			}
		} else {
			memmove(page + to, page + off, e.bytes);
			to += e.bytes;
			image->entries += e.data != 0;
		}
		off += e.bytes;
	}
	image->closed = off >= size;
	image->end = off;
	image->passed = off > image->from ? off - image->from : 0;
out:
	image->bytes = to - RB_PAGE_HEADER;
	memcpy(page, &start, sizeof(start));
}

void rb_image_finish(struct rb_image *image, uint64_t lost)
{
	uint64_t commit = image->bytes;
	uint32_t to = RB_PAGE_HEADER + image->bytes;
	if (lost) {
		commit |= RB_MISSED_EVENTS;
		if (image->size - to >= sizeof(lost)) {
			memcpy(image->page + to, &lost, sizeof(lost));
			commit |= RB_MISSED_STORED;
			to += sizeof(lost);
		}
	}
	memset(image->page + to, 0, image->size - to);
	memcpy(image->page + 8, &commit, sizeof(commit));
}

bool rb_page_next(const void *image, uint32_t size, uint32_t *pos, uint64_t *ts, struct rb_event *out)
{
	const uint8_t *page = image;
	uint32_t commit = word_at(page, 8);
	uint32_t end = RB_PAGE_HEADER + (commit & RB_COMMIT_MASK);
	if (end > size)
		end = size;
	out->lost = 0;
	if (*pos == 0) {
		memcpy(ts, page, sizeof(*ts));
		*pos = RB_PAGE_HEADER;
		if (commit & RB_MISSED_STORED && end + sizeof(out->lost) <= size)
			memcpy(&out->lost, page + end, sizeof(out->lost));
	}
	while (*pos >= RB_PAGE_HEADER && *pos + 4 <= end) {
		uint32_t space = end - *pos;
		struct element e = decode(word_at(page, *pos), space >= 8 ? word_at(page, *pos + 4) : 0, space);
		if (!e.bytes || (e.type == RB_TYPE_PADDING && !e.delta))
			break;
		*ts = e.type == RB_TYPE_TIME_STAMP ? e.delta : *ts + e.delta;
		uint32_t off = *pos;
		*pos += e.bytes;
		if (e.data) {
			out->ts = *ts;
			out->data = page + off + e.data;
			out->len = e.len;
			return true;
		}
	}
	*pos = end;
	return false;
}
