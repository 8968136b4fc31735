// SPDX-License-Identifier: GPL-2.0-only
#include "tracefs/render/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "tracefs/render/source.h"
#include "tracefs/render/typed/typed.h"

#define FIRST_CAPACITY 4096
#define DRAIN_BYTES 65536

struct rn_lines {
	struct rn_source source;
	bool consume;
	bool announce;  /* the buffer had lost events when this began: say where each CPU's begin */
	bool *started;  /* per CPU: a line of it was shown */
	uint64_t index; /* of the next event */
	/* what the last read had no room for */
	char *rest;
	size_t rest_at, rest_end, rest_capacity;
	/* a copy of the event, where its successor has to be looked up first */
	char *copy;
	size_t copy_capacity;
};

static bool reserve(char **buffer, size_t *capacity, size_t wanted)
{
	char *larger;

	if (*capacity >= wanted)
		return true;
	larger = realloc(*buffer, wanted);
	if (!larger)
		return false;
	*buffer = larger;
	*capacity = wanted;
	return true;
}

static bool has_overrun(struct rn_reader *reader)
{
	struct rb_stats stats;
	unsigned cpu;

	for (cpu = 0; cpu < rn_reader_cpus(reader); cpu++)
		if (rb_stats(rn_reader_buffer(reader), cpu, &stats) == 0 && stats.overrun)
			return true;
	return false;
}

static struct rn_lines *lines_new(struct rn_reader *reader, int cpu, bool consume)
{
	struct rn_lines *lines = calloc(1, sizeof(*lines));

	if (!lines)
		return NULL;
	lines->consume = consume;
	lines->index = consume; /* trace_pipe counts from 1 */
	lines->announce = !consume && has_overrun(reader);
	lines->started = calloc(rn_reader_cpus(reader), sizeof(lines->started[0]));
	if (rn_source_init(&lines->source, reader, cpu, consume) && lines->started)
		return lines;
	rn_lines_free(lines);
	return NULL;
}

struct rn_lines *rn_trace_new(struct rn_reader *reader, int cpu, const char *header, size_t header_length)
{
	struct rn_lines *lines = lines_new(reader, cpu, false);

	if (!lines)
		return NULL;
	if (!reserve(&lines->rest, &lines->rest_capacity, header_length + 1)) {
		rn_lines_free(lines);
		return NULL;
	}
	memcpy(lines->rest, header, header_length);
	lines->rest_end = header_length;
	return lines;
}

struct rn_lines *rn_pipe_new(struct rn_reader *reader, int cpu)
{
	return lines_new(reader, cpu, true);
}

void rn_lines_free(struct rn_lines *lines)
{
	if (!lines)
		return;
	rn_source_destroy(&lines->source);
	free(lines->started);
	free(lines->rest);
	free(lines->copy);
	free(lines);
}

struct batch {
	const struct rn_table *table;
	const struct rn_options *options;
	struct rn_names names;
	struct rn_memo memo;
};

static void begin_batch(struct batch *batch, const struct rn_table *table, const struct rn_options *options)
{
	batch->table = table;
	batch->options = options;
	rn_names_init(&batch->names, table->cmdlines);
	rn_memo_init(&batch->memo);
}

struct entry {
	struct rn_event event;
	uint64_t lost;
	bool announce;
};

static void put_frame(struct rn_text *text, const struct entry *entry)
{
	if (entry->lost)
		rn_lost_frame(text, entry->event.cpu, entry->lost);
	rn_frame(text, &entry->event);
}

static void put_entry(struct rn_text *text, struct entry *entry, struct batch *batch)
{
	if (batch->options->flags & RN_FRAMES) {
		put_frame(text, entry);
		return;
	}
	if (entry->lost)
		rn_lost_line(text, entry->event.cpu, entry->lost);
	if (entry->announce) {
		rn_puts(text, "##### CPU ");
		rn_put_dec(text, (uint64_t)entry->event.cpu);
		rn_puts(text, " buffer started ####\n");
	}
	rn_line(text, &entry->event, batch->table, batch->options, &batch->names);
}

/* Render into `rest`, which is empty, however long it gets. */
static void put_rest(struct rn_lines *lines, struct entry *entry, struct batch *batch)
{
	size_t capacity = lines->rest_capacity ? lines->rest_capacity : FIRST_CAPACITY;
	struct rn_text text;

	lines->rest_at = lines->rest_end = 0;
	do {
		if (!reserve(&lines->rest, &lines->rest_capacity, capacity))
			return; /* no memory for this one line: it is left out */
		text = (struct rn_text){lines->rest, lines->rest + lines->rest_capacity, false, &batch->memo};
		put_entry(&text, entry, batch);
		capacity *= 2;
	} while (text.full);
	lines->rest_end = (size_t)(text.at - lines->rest);
}

static void take_rest(struct rn_lines *lines, struct rn_text *out)
{
	size_t count = lines->rest_end - lines->rest_at;

	if (count > (size_t)(out->end - out->at))
		count = (size_t)(out->end - out->at);
	if (count)
		rn_put(out, lines->rest + lines->rest_at, count);
	lines->rest_at += count;
}

/* Whether the layout is the one that names the CPUs as their events begin. */
static bool says_started(uint32_t flags)
{
	return (flags & RN_ANNOTATE) && !(flags & (RN_BIN | RN_HEX | RN_RAW | RN_FRAMES));
}

/* Latency layouts say how long it took until the next event: consume, look at that, and go on with a copy. */
static void look_ahead(struct rn_lines *lines, struct entry *entry)
{
	struct rb_event next;
	int cpu;

	if (!reserve(&lines->copy, &lines->copy_capacity, entry->event.length + 1))
		return;
	memcpy(lines->copy, entry->event.data, entry->event.length);
	entry->event.data = lines->copy;
	rn_source_next(&lines->source);
	if (rn_source_peek(&lines->source, &next, &cpu))
		entry->event.next_ts = next.ts;
}

static bool put_next(struct rn_lines *lines, struct batch *batch, struct rn_text *out)
{
	struct entry entry;
	struct rb_event event;
	char *start = out->at;
	bool ahead;
	int cpu;

	if (!rn_source_peek(&lines->source, &event, &cpu))
		return false;
	entry.event.data = event.data;
	entry.event.length = event.len;
	entry.event.cpu = cpu;
	entry.event.ts = entry.event.next_ts = event.ts;
	entry.event.index = lines->index++;
	entry.lost = event.lost;
	entry.announce = false;
	if (lines->announce && says_started(batch->options->flags) && !lines->started[cpu]) {
		lines->started[cpu] = true;
		entry.announce = entry.event.index > 1;
	}
	ahead = !lines->consume && (batch->options->flags & RN_LATENCY_FORMAT);
	if (ahead)
		look_ahead(lines, &entry);
	put_entry(out, &entry, batch);
	if (out->full) {
		out->at = start;
		out->full = false;
		put_rest(lines, &entry, batch);
		take_rest(lines, out);
	}
	if (!ahead || entry.event.data != lines->copy)
		rn_source_next(&lines->source);
	return true;
}

size_t rn_lines_read(struct rn_lines *lines, const struct rn_table *table, const struct rn_options *options, char *out,
		     size_t size)
{
	struct batch batch;
	struct rn_text text = {out, out + size, false, &batch.memo};

	begin_batch(&batch, table, options);
	take_rest(lines, &text);
	rn_source_begin(&lines->source);
	while (text.at < text.end && put_next(lines, &batch, &text))
		;
	rn_source_end(&lines->source);
	return (size_t)(text.at - out);
}

static int write_all(int fd, const char *bytes, size_t count)
{
	while (count) {
		ssize_t written = write(fd, bytes, count);

		if (written < 0 && errno != EINTR)
			return -errno;
		if (written > 0) {
			bytes += written;
			count -= (size_t)written;
		}
	}
	return 0;
}

int64_t rn_lines_drain(struct rn_lines *lines, const struct rn_table *table, const struct rn_options *options, int fd)
{
	char *buffer = malloc(DRAIN_BYTES);
	int64_t total = 0;
	size_t count;
	int error = buffer ? 0 : -ENOMEM;

	while (!error && (count = rn_lines_read(lines, table, options, buffer, DRAIN_BYTES))) {
		error = write_all(fd, buffer, count);
		total += (int64_t)count;
	}
	free(buffer);
	return error ? error : total;
}

size_t rn_record(const struct rn_table *table, const struct rn_options *options, const void *record, uint32_t length,
		 const struct rn_place *place, char *out, size_t size)
{
	struct batch batch;
	struct rn_text text = {out, out + size, false, &batch.memo};
	struct rn_event event = {.data = record,
				 .length = length,
				 .cpu = place->cpu,
				 .ts = place->ts,
				 .next_ts = place->next_ts,
				 .index = place->index};

	begin_batch(&batch, table, options);
	rn_line(&text, &event, table, options, &batch.names);
	return text.full ? 0 : (size_t)(text.at - out);
}
