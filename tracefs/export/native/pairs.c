// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "tracefs/export/native/pairs.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "ringbuf/ringbuf.h"
#include "tracefs/export/native/bytes.h"
#include "tracefs/export/native/tasks.h"

#define WORDS (1u << 18) /* a longer text of one call is Python's */

/* A record that waits, in the bytes that came. */
struct item {
	uint64_t ts;
	size_t at; /* of its bytes */
	uint64_t lost;
	uint32_t length, cpu;
};

struct ex_pairs {
	bool ours;
	uint8_t mine[1024];
	ex_sink *sink;
	void *to;
	struct ex_bytes data; /* what waits, and a frame that is cut */
	size_t parsed;        /* bytes of it that are in items */
	struct item *items, *spare;
	size_t count, capacity, next;
	bool sorted;
	uint64_t lost; /* said by a frame whose event has not come yet */
	struct ex_tasks tasks;
	struct ex_frame frame;
	uint64_t now;
	struct rn_memo memo;
	char words[WORDS];
};

struct ex_pairs *ex_pairs_new(bool ours, const uint8_t mine[1024], ex_sink *sink, void *to)
{
	struct ex_pairs *pairs = calloc(1, sizeof(*pairs));

	if (!pairs)
		return NULL;
	pairs->ours = ours;
	memcpy(pairs->mine, mine, sizeof(pairs->mine));
	pairs->sink = sink;
	pairs->to = to;
	pairs->sorted = true;
	return pairs;
}

void ex_pairs_free(struct ex_pairs *pairs)
{
	if (!pairs)
		return;
	ex_tasks_free(&pairs->tasks);
	free(pairs->data.bytes);
	free(pairs->items);
	free(pairs->spare);
	free(pairs);
}

/* -- what has come */

static bool add_item(struct ex_pairs *pairs, struct item item)
{
	if (pairs->count == pairs->capacity) {
		size_t capacity = pairs->capacity ? 2 * pairs->capacity : 1024;
		struct item *items = realloc(pairs->items, capacity * sizeof(*items)), *spare;

		if (!items)
			return false;
		pairs->items = items;
		spare = realloc(pairs->spare, capacity * sizeof(*spare));
		if (!spare)
			return false;
		pairs->spare = spare;
		pairs->capacity = capacity;
	}
	if (pairs->count > pairs->next && item.ts < pairs->items[pairs->count - 1].ts)
		pairs->sorted = false;
	pairs->items[pairs->count++] = item;
	return true;
}

/* Forget what was taken: the bytes of what waits move to the beginning. */
static bool tidy(struct ex_pairs *pairs)
{
	struct ex_bytes kept = {NULL, 0, 0};
	size_t waiting = pairs->count - pairs->next;

	if (!pairs->next && pairs->count)
		return true;
	for (size_t i = 0; i < waiting; i++) {
		struct item item = pairs->items[pairs->next + i];
		size_t at = kept.size;

		if (!ex_put(&kept, pairs->data.bytes + item.at, item.length)) {
			free(kept.bytes);
			return false;
		}
		item.at = at;
		pairs->spare[i] = item;
	}
	/* a frame that is cut comes behind it */
	if (waiting) {
		size_t parsed = kept.size;

		if (!ex_put(&kept, pairs->data.bytes + pairs->parsed, pairs->data.size - pairs->parsed)) {
			free(kept.bytes);
			return false;
		}
		free(pairs->data.bytes);
		pairs->data = kept;
		pairs->parsed = parsed;
		memcpy(pairs->items, pairs->spare, waiting * sizeof(*pairs->items));
	} else {
		memmove(pairs->data.bytes, pairs->data.bytes + pairs->parsed, pairs->data.size - pairs->parsed);
		pairs->data.size -= pairs->parsed;
		pairs->parsed = 0;
	}
	pairs->count = waiting;
	pairs->next = 0;
	return true;
}

bool ex_add(struct ex_pairs *pairs, const void *frames, size_t size)
{
	struct rn_frame frame;

	if ((pairs->data.size && !tidy(pairs)) || !ex_put(&pairs->data, frames, size))
		return false;
	while (pairs->data.size - pairs->parsed >= sizeof(frame)) {
		memcpy(&frame, pairs->data.bytes + pairs->parsed, sizeof(frame));
		if (frame.length == RN_FRAME_LOST) {
			pairs->lost = frame.ts;
			pairs->parsed += sizeof(frame);
			continue;
		}
		if (pairs->data.size - pairs->parsed - sizeof(frame) < frame.length)
			break;
		if (!add_item(pairs, (struct item){frame.ts, pairs->parsed + sizeof(frame), pairs->lost, frame.length,
						   frame.cpu}))
			return false;
		pairs->lost = 0;
		pairs->parsed += sizeof(frame) + frame.length;
	}
	return true;
}

bool ex_add_page(struct ex_pairs *pairs, const void *page, uint32_t size, unsigned cpu, uint64_t *last)
{
	struct rb_event event;
	uint32_t pos = 0;
	uint64_t ts = 0;

	*last = 0;
	if (pairs->data.size && !tidy(pairs))
		return false;
	while (rb_page_next(page, size, &pos, &ts, &event)) {
		size_t at = pairs->data.size;

		if (!ex_put(&pairs->data, event.data, event.len) ||
		    !add_item(pairs, (struct item){event.ts, at, event.lost, event.len, cpu}))
			return false;
		pairs->parsed = pairs->data.size;
		*last = event.ts;
	}
	return true;
}

size_t ex_waiting(const struct ex_pairs *pairs)
{
	return pairs->count - pairs->next;
}

/* Those of one CPU are in order: runs, which are merged until there is one. Of equals the earlier stays in front. */
static size_t merge(const struct item *items, size_t a, size_t middle, size_t end, struct item *out)
{
	size_t b = middle, n = 0;

	while (a < middle || b < end)
		out[n++] = b == end || (a < middle && items[a].ts <= items[b].ts) ? items[a++] : items[b++];
	return n;
}

static size_t run_end(const struct item *items, size_t at, size_t count)
{
	while (++at < count && items[at - 1].ts <= items[at].ts)
		;
	return at;
}

static void sort(struct ex_pairs *pairs)
{
	struct item *items = pairs->items + pairs->next, *out = pairs->spare;
	size_t count = pairs->count - pairs->next, n = 0;

	while (count && !pairs->sorted) {
		for (n = 0; n < count;) {
			size_t middle = run_end(items, n, count),
			       end = middle < count ? run_end(items, middle, count) : middle;

			n += merge(items, n, middle, end, out + n);
		}
		memcpy(items, out, count * sizeof(*items));
		pairs->sorted = run_end(items, 0, count) == count;
	}
	pairs->sorted = true;
}

/* -- what is made of it */

static bool is_syscall(unsigned type)
{
	return type >= EV_SYSCALL_FIRST && type <= EV_SYSCALL_LAST;
}

static struct rn_event event_of(const void *record, uint32_t length)
{
	struct rn_event event;

	event.data = record;
	event.length = length;
	memcpy(&event.common, record, sizeof(event.common));
	return event;
}

/* False: the call is Python's. */
static bool put_call(struct ex_pairs *pairs, const struct rn_types *types, struct ex_task_of *task,
		     const struct item *item, unsigned nr, bool *memory)
{
	struct rn_event enter = event_of(task->open, task->length),
			leave = event_of(pairs->data.bytes + item->at, item->length);
	struct rn_text text = {pairs->words, pairs->words + WORDS, false, &pairs->memo};
	uint64_t args[TT_ARGS] = {0};
	struct rn_whole whole;

	for (unsigned i = 0; i < types->nargs[nr] && i < TT_ARGS; i++)
		args[i] = rn_number(&enter, (uint32_t)(offsetof(struct ev_sys_enter, args) + 8 * i), 8, false);
	if (!rn_typed_whole(&text, &enter, &leave, types, &whole) || text.full)
		return false;
	*memory = pairs->sink(pairs->to, &(struct ex_call){task->ts, item->ts, task->task, task->tid, nr, args,
							   types->nargs[nr], pairs->words, &whole});
	return true;
}

/* Whether its descriptor is an end of what tasks send each other bytes through. */
static bool is_channel(const char *record, uint32_t length)
{
	struct rn_event event = event_of(record, length);
	struct rn_fds fds = rn_fds_of(&event);

	return fds.texts && (memmem(fds.texts, fds.length, "pipe:", 5) || memmem(fds.texts, fds.length, "socket:", 7) ||
			     memmem(fds.texts, fds.length, "->", 2));
}

/* Whether it was dealt with here. */
static bool take(struct ex_pairs *pairs, const struct rn_types *types, const struct item *item, bool *memory)
{
	const char *record = pairs->data.bytes + item->at;
	struct ev_common common;
	struct ex_task_of *task;
	unsigned nr;

	if (!pairs->ours || item->lost || item->length < sizeof(struct ev_sys_enter) - 6 * 8)
		return false;
	memcpy(&common, record, sizeof(common));
	nr = (common.type - EV_SYSCALL_FIRST) / 2u;
	if (!is_syscall(common.type) || pairs->mine[nr] == EX_ALL)
		return false;
	task = ex_tasks_find(&pairs->tasks, common.pid);
	if (!task || !task->task)
		return false;
	if (common.type & 1) { /* an exit: its number is odd */
		if (!task->has_open || task->nr != nr || item->length < sizeof(struct ev_sys_exit) ||
		    !put_call(pairs, types, task, item, nr, memory))
			return false;
		task->has_open = false;
		return true;
	}
	if (task->has_open || (pairs->mine[nr] == EX_CHANNELS && is_channel(record, item->length)))
		return false; /* Python tells of a call without an end, and what it was that it sent to whom */
	*memory = ex_tasks_open(task, item->ts, nr, record, item->length);
	return true;
}

int ex_run(struct ex_pairs *pairs, const struct rn_types *types, uint64_t until, const size_t *written, size_t limit)
{
	if (!pairs->sorted)
		sort(pairs);
	rn_memo_init(&pairs->memo);
	while (pairs->next < pairs->count && pairs->items[pairs->next].ts <= until) {
		const struct item *item = &pairs->items[pairs->next];
		bool memory = true;

		if (*written >= limit)
			return EX_FULL;
		pairs->next++;
		if (item->ts > pairs->now)
			pairs->now = item->ts;
		if (!take(pairs, types, item, &memory)) {
			struct ev_common common = {0};

			memcpy(&common, pairs->data.bytes + item->at,
			       item->length < sizeof(common) ? item->length : sizeof(common));
			pairs->frame = (struct ex_frame){item->ts,   (const uint8_t *)pairs->data.bytes + item->at,
							 item->cpu,  item->length,
							 common.pid, item->lost};
			return EX_FRAME;
		}
		if (!memory)
			return EX_NO_MEMORY;
	}
	return EX_DONE;
}

const struct ex_frame *ex_frame_of(const struct ex_pairs *pairs)
{
	return &pairs->frame;
}

bool ex_task(struct ex_pairs *pairs, int32_t tid, uint64_t task)
{
	return ex_tasks_set(&pairs->tasks, tid, task);
}

bool ex_take_open(struct ex_pairs *pairs, int32_t tid, struct ex_frame *frame)
{
	struct ex_task_of *task = ex_tasks_find(&pairs->tasks, tid);

	if (!task || !task->has_open)
		return false;
	task->has_open = false;
	*frame = (struct ex_frame){task->ts, (const uint8_t *)task->open, 0, task->length, tid, 0};
	return true;
}

int32_t ex_any_open(const struct ex_pairs *pairs)
{
	return ex_tasks_any_open(&pairs->tasks);
}

uint64_t ex_now(const struct ex_pairs *pairs)
{
	return pairs->now;
}
