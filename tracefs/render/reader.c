// SPDX-License-Identifier: GPL-2.0-only
#include "tracefs/render/reader.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_HEADER 16 /* time stamp, commit */
#define FIRST_CAPACITY 4096
#define CAPACITY_MAX (1u << 24) /* far beyond the largest sub-buffer */

/* How far a walk of an image has come, as rb_page_next keeps it. */
struct place {
	uint32_t pos;
	uint64_t ts;
};

struct page {
	uint8_t *image; /* NULL: none yet */
	uint32_t capacity;
	struct place before; /* the peeked event, where there is one */
	struct place after;
	uint64_t lost; /* before the first event */
	bool peeked;
	struct rb_event event;
};

struct rn_reader {
	pthread_mutex_t lock;
	struct rb *rb;
	unsigned cpus;
	uint64_t loads; /* pages that were taken from the buffer */
	struct page pages[];
};

struct rn_reader *rn_reader_new(struct rb *rb, unsigned cpus)
{
	struct rn_reader *reader = calloc(1, sizeof(*reader) + cpus * sizeof(reader->pages[0]));

	if (!reader)
		return NULL;
	pthread_mutex_init(&reader->lock, NULL);
	reader->rb = rb;
	reader->cpus = cpus;
	return reader;
}

void rn_reader_free(struct rn_reader *reader)
{
	unsigned cpu;

	if (!reader)
		return;
	for (cpu = 0; cpu < reader->cpus; cpu++)
		free(reader->pages[cpu].image);
	pthread_mutex_destroy(&reader->lock);
	free(reader);
}

void rn_reader_lock(struct rn_reader *reader)
{
	pthread_mutex_lock(&reader->lock);
}

void rn_reader_unlock(struct rn_reader *reader)
{
	pthread_mutex_unlock(&reader->lock);
}

unsigned rn_reader_cpus(const struct rn_reader *reader)
{
	return reader->cpus;
}

struct rb *rn_reader_buffer(const struct rn_reader *reader)
{
	return reader->rb;
}

static void forget(struct page *page)
{
	if (page->image)
		memset(page->image, 0, PAGE_HEADER);
	page->before = page->after = (struct place){0, 0};
	page->lost = 0;
	page->peeked = false;
}

static bool grow(struct page *page)
{
	uint32_t capacity = page->capacity ? 2 * page->capacity : FIRST_CAPACITY;
	uint8_t *image = capacity <= CAPACITY_MAX ? realloc(page->image, capacity) : NULL;

	if (!image)
		return false;
	page->image = image;
	page->capacity = capacity;
	return true;
}

static bool refill(struct rn_reader *reader, unsigned cpu, struct page *page)
{
	int64_t bytes;

	do
		bytes = page->image ? rb_read_page_into(reader->rb, cpu, page->image, page->capacity, &page->lost)
				    : -ENOSPC;
	while (bytes == -ENOSPC && grow(page));
	page->before = page->after = (struct place){0, 0};
	if (bytes <= 0)
		forget(page);
	else
		reader->loads++;
	return bytes > 0;
}

uint64_t rn_reader_loads(const struct rn_reader *reader)
{
	return reader->loads;
}

bool rn_reader_peek(struct rn_reader *reader, unsigned cpu, struct rb_event *event)
{
	struct page *page = &reader->pages[cpu];

	while (!page->peeked) {
		page->before = page->after;
		if (page->image &&
		    rb_page_next(page->image, page->capacity, &page->after.pos, &page->after.ts, &page->event)) {
			page->event.lost = page->lost;
			page->lost = 0;
			page->peeked = true;
		} else if (!refill(reader, cpu, page)) {
			return false;
		}
	}
	*event = page->event;
	return true;
}

void rn_reader_next(struct rn_reader *reader, unsigned cpu)
{
	reader->pages[cpu].peeked = false;
}

static struct place unread_from(const struct page *page)
{
	return page->peeked ? page->before : page->after;
}

int64_t rn_reader_rest(struct rn_reader *reader, unsigned cpu, void *out, uint32_t size)
{
	const struct page *page = &reader->pages[cpu];
	struct place at = unread_from(page);
	struct place ahead = at;
	struct rb_event event;
	uint64_t commit;
	uint32_t end;

	if (!page->image || !rb_page_next(page->image, page->capacity, &ahead.pos, &ahead.ts, &event))
		return 0;
	memcpy(&commit, page->image + 8, sizeof(commit));
	end = PAGE_HEADER + (uint32_t)(commit & 0xfffff);
	if (at.pos == 0) {
		/* untouched: with its note of missed events, which stands behind the data */
		uint32_t noted = end + sizeof(uint64_t) <= page->capacity ? end + sizeof(uint64_t) : end;

		if (end > size)
			return -ENOSPC;
		if (noted > size)
			noted = end;
		memcpy(out, page->image, noted);
		memset((char *)out + noted, 0, size - noted);
		return end - PAGE_HEADER;
	}
	commit = end - at.pos;
	if (PAGE_HEADER + commit > size)
		return -ENOSPC;
	memcpy(out, &at.ts, sizeof(at.ts));
	memcpy((char *)out + 8, &commit, sizeof(commit));
	memcpy((char *)out + PAGE_HEADER, page->image + at.pos, commit);
	memset((char *)out + PAGE_HEADER + commit, 0, size - PAGE_HEADER - commit);
	return (int64_t)commit;
}

int64_t rn_reader_take(struct rn_reader *reader, unsigned cpu, void *out, uint32_t size)
{
	uint64_t lost;
	int64_t bytes;

	if (cpu >= reader->cpus)
		return -EINVAL;
	rn_reader_lock(reader);
	bytes = rn_reader_rest(reader, cpu, out, size);
	if (bytes > 0)
		forget(&reader->pages[cpu]);
	else if (bytes == 0)
		bytes = rb_read_page_into(reader->rb, cpu, out, size, &lost);
	rn_reader_unlock(reader);
	return bytes;
}

static uint64_t count_unread(const struct page *page)
{
	struct place at = unread_from(page);
	struct rb_event event;
	uint64_t count = 0;

	while (page->image && rb_page_next(page->image, page->capacity, &at.pos, &at.ts, &event))
		count++;
	return count;
}

uint64_t rn_reader_unread(struct rn_reader *reader, int cpu)
{
	uint64_t count = 0;
	unsigned i;

	rn_reader_lock(reader);
	for (i = 0; i < reader->cpus; i++)
		if (cpu < 0 || (unsigned)cpu == i)
			count += count_unread(&reader->pages[i]);
	rn_reader_unlock(reader);
	return count;
}

bool rn_reader_empty(struct rn_reader *reader, int cpu)
{
	return rn_reader_unread(reader, cpu) == 0 && rb_empty(reader->rb, cpu);
}

void rn_reader_reset(struct rn_reader *reader, int cpu)
{
	unsigned i;

	rn_reader_lock(reader);
	for (i = 0; i < reader->cpus; i++)
		if (cpu < 0 || (unsigned)cpu == i)
			forget(&reader->pages[i]);
	rn_reader_unlock(reader);
}
