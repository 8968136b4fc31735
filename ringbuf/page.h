/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RINGBUF_PAGE_H
#define RINGBUF_PAGE_H
/* One sub-buffer: how far it is committed, and its image for readers. */
#include "layout.h"
#include "ringbuf.h"

/*
 * Readers look at, and copy, sub-buffers that may be recycled meanwhile, and throw away what they got if so. By C's
 * letter that is a data race with the clearing; nothing is used before the check, so it is hidden from ThreadSanitizer.
 */
#define OPTIMISTIC __attribute__((no_sanitize("thread")))

/* A private copy of a stretch of a sub-buffer, made into an image. Offsets are those of the live sub-buffer. */
struct rb_image {
	uint8_t *page;    /* in: where to build it, size bytes */
	uint32_t size;    /* in: of a sub-buffer */
	uint32_t from;    /* in: first offset wanted; events before it only carry time */
	uint32_t end;     /* out: where the next copy must go on */
	uint32_t passed;  /* out: bytes of live events from `from` on, padding left out */
	bool closed;      /* out: nothing can follow end in this sub-buffer */
	uint32_t entries; /* out: events in it */
	uint32_t bytes;   /* out: of events, headers included */
};
/*
 * done: the sub-buffer's done word, loaded (acquire) before. May be torn if the sub-buffer is recycled meanwhile:
 * caller verifies.
 */
void rb_image_copy(struct rb_image *image, const uint8_t *live, uint64_t done);
void rb_image_finish(struct rb_image *image, uint64_t lost); /* commit word, missed events, zero tail */

enum rb_look { RB_LOOK_EVENT, RB_LOOK_OPEN, RB_LOOK_CLOSED };
/*
 * What comes at or after *off in a live sub-buffer: a committed event, an uncommitted place (or none yet), the end.
 * *off: where.
 */
enum rb_look rb_page_look(const uint8_t *live, uint32_t size, uint32_t *off);
#endif
