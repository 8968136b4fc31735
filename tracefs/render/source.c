// SPDX-License-Identifier: GPL-2.0-only
#include "tracefs/render/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RELEASE_LIMIT (1u << 24)

/* One CPU's events without consuming them: first the rest of the reader's page, then the ring. */
struct rn_cursor {
	uint8_t *rest; /* NULL: none, or done with */
	uint32_t size;
	uint32_t pos;
	uint64_t ts;
	struct rb_iter *ring;
	bool peeked;
	struct rb_event event;
};

static bool cursor_peek(struct rn_cursor *cursor, struct rb_event *event)
{
	if (!cursor->peeked && cursor->rest) {
		if (rb_page_next(cursor->rest, cursor->size, &cursor->pos, &cursor->ts, &cursor->event)) {
			cursor->event.lost = 0; /* trace tells of losses while it reads, not of earlier ones */
			cursor->peeked = true;
		} else {
			free(cursor->rest);
			cursor->rest = NULL;
		}
	}
	if (!cursor->peeked)
		cursor->peeked = rb_iter_peek(cursor->ring, &cursor->event);
	*event = cursor->event;
	return cursor->peeked;
}

static void cursor_next(struct rn_cursor *cursor)
{
	cursor->peeked = false;
	if (!cursor->rest)
		rb_iter_next(cursor->ring);
}

/* Reader locked. The position is fixed here: what is consumed from now on is seen all the same, while it lasts. */
static bool cursor_init(struct rn_cursor *cursor, struct rn_reader *reader, unsigned cpu)
{
	struct rb_event event;
	int64_t bytes;

	cursor->size = 4096;
	for (;;) {
		cursor->rest = malloc(cursor->size);
		if (!cursor->rest)
			return false;
		bytes = rn_reader_rest(reader, cpu, cursor->rest, cursor->size);
		if (bytes != -ENOSPC || cursor->size >= RELEASE_LIMIT)
			break;
		free(cursor->rest);
		cursor->size *= 2;
	}
	if (bytes <= 0) {
		free(cursor->rest);
		cursor->rest = NULL;
	}
	cursor->ring = rb_iter_new(rn_reader_buffer(reader), cpu);
	if (!cursor->ring)
		return false;
	rb_iter_peek(cursor->ring, &event);
	return true;
}

bool rn_source_init(struct rn_source *source, struct rn_reader *reader, int cpu, bool consume)
{
	unsigned i;
	bool ok = true;

	memset(source, 0, sizeof(*source));
	source->reader = reader;
	source->current = -1;
	source->first_cpu = cpu < 0 ? 0 : (unsigned)cpu;
	source->end_cpu = cpu < 0 ? rn_reader_cpus(reader) : (unsigned)cpu + 1;
	if (source->end_cpu > rn_reader_cpus(reader))
		return false;
	if (consume)
		return true;
	source->cursors = calloc(source->end_cpu, sizeof(source->cursors[0]));
	if (!source->cursors)
		return false;
	rn_reader_lock(reader);
	for (i = source->first_cpu; i < source->end_cpu && ok; i++)
		ok = cursor_init(&source->cursors[i], reader, i);
	rn_reader_unlock(reader);
	return ok;
}

void rn_source_destroy(struct rn_source *source)
{
	unsigned i;

	for (i = source->first_cpu; source->cursors && i < source->end_cpu; i++) {
		free(source->cursors[i].rest);
		rb_iter_free(source->cursors[i].ring);
	}
	free(source->cursors);
}

void rn_source_begin(struct rn_source *source)
{
	source->current = -1; /* others may have consumed, or written, since */
	if (!source->cursors)
		rn_reader_lock(source->reader);
}

void rn_source_end(struct rn_source *source)
{
	if (!source->cursors)
		rn_reader_unlock(source->reader);
}

static bool peek_cpu(struct rn_source *source, unsigned cpu, struct rb_event *event)
{
	return source->cursors ? cursor_peek(&source->cursors[cpu], event) : rn_reader_peek(source->reader, cpu, event);
}

/* Grows whenever events of a CPU were copied out of the buffer. */
static uint64_t loads_of(const struct rn_source *source, unsigned cpu)
{
	return source->cursors ? rb_iter_loads(source->cursors[cpu].ring) : rn_reader_loads(source->reader);
}

static uint64_t loads(const struct rn_source *source)
{
	uint64_t sum = 0;

	for (unsigned cpu = source->first_cpu; cpu < source->end_cpu; cpu++)
		sum += loads_of(source, cpu);
	return sum;
}

/* Find the CPU whose event comes first, and up to when its events stay in front; of equals the lower CPU's. */
static void look(struct rn_source *source, struct rb_event *first)
{
	struct rb_event event;
	unsigned cpu;

	source->current = -1;
	source->until = UINT64_MAX;
	source->until_cpu = -1;
	for (cpu = source->first_cpu; cpu < source->end_cpu; cpu++) {
		if (!peek_cpu(source, cpu, &event))
			continue;
		if (source->current < 0 || event.ts < first->ts) {
			if (source->current >= 0) {
				source->until = first->ts;
				source->until_cpu = source->current;
			}
			source->current = (int)cpu;
			*first = event;
		} else if (source->until_cpu < 0 || event.ts < source->until) {
			source->until = event.ts;
			source->until_cpu = (int)cpu;
		}
	}
}

/*
 * A CPU that had nothing may have got an older event meanwhile than those that were copied from another one later. A
 * writer commits its events one after the other: who looks again after the last copy sees all that came before what was
 * copied.
 */
static bool find_first(struct rn_source *source, struct rb_event *first)
{
	uint64_t before;

	do {
		before = loads(source);
		look(source, first);
	} while (before != loads(source));
	if (source->current < 0)
		return false;
	source->loads = loads_of(source, (unsigned)source->current);
	return true;
}

bool rn_source_peek(struct rn_source *source, struct rb_event *event, int *cpu)
{
	bool found = false;

	if (source->current >= 0 && peek_cpu(source, (unsigned)source->current, event) &&
	    source->loads == loads_of(source, (unsigned)source->current))
		found = source->until_cpu < 0 || event->ts < source->until ||
			(event->ts == source->until && source->current < source->until_cpu);
	if (!found)
		found = find_first(source, event);
	*cpu = source->current;
	return found;
}

void rn_source_next(struct rn_source *source)
{
	if (source->cursors)
		cursor_next(&source->cursors[source->current]);
	else
		rn_reader_next(source->reader, (unsigned)source->current);
}
