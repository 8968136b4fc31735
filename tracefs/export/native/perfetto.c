// SPDX-License-Identifier: GPL-2.0-only
/* Numbers of fields are those of protos/perfetto/trace in Perfetto's source. */
#include "tracefs/export/native/perfetto.h"

#include "tracefs/export/native/bytes.h"
#include "tracefs/export/native/strings.h"
#include "tracefs/export/native/wire.h"

#define MOST_STRINGS (1u << 16)
#define MOST_WORDS 1024u /* bytes of one argument */
#define SECOND 1000000000ull

enum { PACKET = 1 };
enum { TIMESTAMP = 8, SEQUENCE = 10, EVENT = 11, INTERNED = 12, FLAGS = 13 };                         /* of a packet */
enum { CATEGORY_IIDS = 3, ANNOTATIONS = 4, KIND = 9, NAME_IID = 10, TRACK = 11, COUNTER_VALUE = 30 }; /* of an event */
enum { SLICE_BEGIN = 1, SLICE_END = 2, COUNTER = 4 };
enum { CLEARED = 1, NEEDS_STATE = 2 };
enum { IIDS = 1, INT_VALUE = 4, STRING_IID = 17 };            /* of an annotation */
enum { CATEGORY = 1, NAME = 2, ANNOTATION = 3, STRING = 29 }; /* of what is interned */

struct ex_perfetto {
	uint32_t sequence;
	struct ex_bytes defaults, out, event, fresh;
	struct ex_strings strings;
	bool begun;
	uint64_t counters, slot;
	struct ex_counts counts;
	struct name {
		char *name, *category;
		uint8_t moves;
	} names[1024];
};

struct ex_perfetto *ex_perfetto_new(uint32_t sequence, const char *defaults, size_t defaults_size, uint64_t counters,
				    uint64_t slot)
{
	struct ex_perfetto *perfetto = calloc(1, sizeof(*perfetto));

	if (!perfetto)
		return NULL;
	perfetto->sequence = sequence;
	perfetto->counters = counters;
	perfetto->slot = slot;
	perfetto->strings.most = MOST_STRINGS;
	for (unsigned i = 0; i < EX_COUNTERS; i++)
		perfetto->counts.shown[i] = -1;
	if (ex_put(&perfetto->defaults, defaults, defaults_size))
		return perfetto;
	ex_perfetto_free(perfetto);
	return NULL;
}

void ex_perfetto_free(struct ex_perfetto *perfetto)
{
	if (!perfetto)
		return;
	for (unsigned i = 0; i < 1024; i++) {
		free(perfetto->names[i].name);
		free(perfetto->names[i].category);
	}
	ex_strings_free(&perfetto->strings);
	free(perfetto->defaults.bytes);
	free(perfetto->out.bytes);
	free(perfetto->event.bytes);
	free(perfetto->fresh.bytes);
	free(perfetto);
}

bool ex_perfetto_name(struct ex_perfetto *perfetto, unsigned nr, const char *name, const char *category, uint8_t moves)
{
	struct name *row = &perfetto->names[nr];

	row->name = strdup(name);
	row->category = strdup(category);
	row->moves = moves;
	return row->name && row->category;
}

static unsigned char *end_of(struct ex_bytes *bytes)
{
	return (unsigned char *)bytes->bytes + bytes->size;
}

static void ends_at(struct ex_bytes *bytes, const unsigned char *at)
{
	bytes->size = (size_t)((const char *)at - bytes->bytes);
}

/* One packet of an event, which is in perfetto->event: with what the reader has to learn before. */
static bool put_packet(struct ex_perfetto *perfetto, uint64_t ts, uint64_t flags)
{
	const struct ex_bytes *event = &perfetto->event, *fresh = &perfetto->fresh;
	size_t size = 1 + wi_size(ts) + 1 + wi_size(perfetto->sequence) + 1 + 1;
	unsigned char *at;

	if (event->size)
		size += 1 + wi_size(event->size) + event->size;
	if (fresh->size)
		size += 1 + wi_size(fresh->size) + fresh->size;
	if (!ex_reserve(&perfetto->out, 1 + WI_LONGEST + size))
		return false;
	at = wi_begin(end_of(&perfetto->out), PACKET, size);
	at = wi_number(at, TIMESTAMP, ts);
	if (event->size)
		at = wi_bytes(at, EVENT, event->bytes, event->size);
	at = wi_number(at, SEQUENCE, perfetto->sequence);
	at = wi_number(at, FLAGS, flags);
	if (fresh->size)
		at = wi_bytes(at, INTERNED, fresh->bytes, fresh->size);
	ends_at(&perfetto->out, at);
	perfetto->event.size = perfetto->fresh.size = 0;
	return true;
}

/* The first packet, and the first after the reader was told to forget what it knew. */
static bool begin(struct ex_perfetto *perfetto, uint64_t ts)
{
	if (perfetto->begun && !ex_strings_full(&perfetto->strings))
		return true;
	perfetto->begun = true;
	ex_strings_clear(&perfetto->strings);
	return put_packet(perfetto, ts, CLEARED) &&
	       ex_put(&perfetto->out, perfetto->defaults.bytes, perfetto->defaults.size);
}

/* 0: no memory */
static uint32_t interned(struct ex_perfetto *perfetto, uint32_t kind, const char *text, size_t length)
{
	bool fresh;
	uint32_t number = ex_strings_number(&perfetto->strings, kind, text, (uint32_t)length, &fresh);
	size_t size = 1 + wi_size(number) + 1 + wi_size(length) + length;
	unsigned char *at;

	if (!fresh)
		return number;
	if (!ex_reserve(&perfetto->fresh, 2 + WI_LONGEST + size))
		return 0;
	at = wi_begin(end_of(&perfetto->fresh), kind, size);
	at = wi_number(at, 1, number);
	at = wi_bytes(at, 2, text, length);
	ends_at(&perfetto->fresh, at);
	return number;
}

static bool put_number(struct ex_bytes *to, unsigned field, uint64_t value)
{
	if (!ex_reserve(to, 2 + WI_LONGEST))
		return false;
	ends_at(to, wi_number(end_of(to), field, value));
	return true;
}

static bool put_interned(struct ex_perfetto *perfetto, unsigned field, uint32_t kind, const char *text)
{
	uint32_t number = interned(perfetto, kind, text, strlen(text));

	return number && put_number(&perfetto->event, field, number);
}

static bool annotate(struct ex_perfetto *perfetto, const char *name, size_t name_length, unsigned field, uint64_t value)
{
	uint32_t key = interned(perfetto, ANNOTATION, name, name_length);
	unsigned size = 1 + wi_size(key) + (field < 16 ? 1 : 2) + wi_size(value);
	unsigned char *at;

	if (!key || !ex_reserve(&perfetto->event, 2 + size))
		return false;
	at = wi_begin(end_of(&perfetto->event), ANNOTATIONS, size);
	at = wi_number(at, IIDS, key);
	at = wi_number(at, field, value);
	ends_at(&perfetto->event, at);
	return true;
}

static bool annotate_words(struct ex_perfetto *perfetto, const char *name, size_t name_length, const char *words,
			   size_t length)
{
	uint32_t value = interned(perfetto, STRING, words, length < MOST_WORDS ? length : MOST_WORDS);

	return value && annotate(perfetto, name, name_length, STRING_IID, value);
}

static bool put_result(struct ex_perfetto *perfetto, const struct ex_call *call)
{
	const struct rn_whole *whole = call->whole;
	const char *words = call->words + whole->result.at;
	char plain[32];
	struct rn_text text = {plain, plain + sizeof(plain), false, NULL};

	if (whole->failed) /* -ENOENT */
		return annotate_words(perfetto, "error", 5, words + 1, whole->result.length - 1);
	if (!annotate(perfetto, "result", 6, INT_VALUE, (uint64_t)whole->ret))
		return false;
	rn_put_signed(&text, whole->ret);
	if ((size_t)(text.at - plain) == whole->result.length && !memcmp(plain, words, whole->result.length))
		return true;
	return annotate_words(perfetto, "returned", 8, words, whole->result.length);
}

static bool put_call(void *to, const struct ex_call *call)
{
	struct ex_perfetto *perfetto = to;
	const struct name *name = &perfetto->names[call->nr];
	const struct rn_whole *whole = call->whole;
	struct ex_counts *counts = &perfetto->counts;
	unsigned i;

	if (!name->name || !begin(perfetto, call->ts) || !ex_perfetto_count(perfetto, call->end))
		return false;
	counts->count[EX_CALLS]++;
	counts->count[EX_FAILED] += whole->failed;
	if (whole->ret > 0 && name->moves)
		counts->count[name->moves == 1 ? EX_READ : EX_WRITTEN] += whole->ret;
	if (!put_number(&perfetto->event, KIND, SLICE_BEGIN) || !put_number(&perfetto->event, TRACK, call->task))
		return false;
	for (i = 0; i < whole->n; i++) {
		const struct rn_part *part = &whole->args[i];

		if (!annotate_words(perfetto, TT_STRING(whole->table, part->name),
				    tt_string_length(whole->table, part->name), call->words + part->at, part->length))
			return false;
	}
	if (!put_result(perfetto, call) || !put_interned(perfetto, NAME_IID, NAME, name->name) ||
	    !put_interned(perfetto, CATEGORY_IIDS, CATEGORY, name->category) ||
	    (whole->failed && !put_interned(perfetto, CATEGORY_IIDS, CATEGORY, "failed")) ||
	    !put_packet(perfetto, call->ts, NEEDS_STATE))
		return false;
	return put_number(&perfetto->event, KIND, SLICE_END) && put_number(&perfetto->event, TRACK, call->task) &&
	       put_packet(perfetto, call->end, NEEDS_STATE);
}

struct ex_pairs *ex_perfetto_pairs(struct ex_perfetto *perfetto, bool ours, const uint8_t mine[1024])
{
	return ex_pairs_new(ours, mine, put_call, perfetto);
}

static bool put_counters(struct ex_perfetto *perfetto, uint64_t ts, const int64_t values[EX_COUNTERS])
{
	for (unsigned i = 0; i < EX_COUNTERS; i++) {
		if (values[i] == perfetto->counts.shown[i])
			continue;
		perfetto->counts.shown[i] = values[i];
		if (!put_number(&perfetto->event, KIND, COUNTER) ||
		    !put_number(&perfetto->event, TRACK, perfetto->counters + i) ||
		    !put_number(&perfetto->event, COUNTER_VALUE, (uint64_t)values[i]) ||
		    !put_packet(perfetto, ts, NEEDS_STATE))
			return false;
	}
	return true;
}

bool ex_perfetto_count(struct ex_perfetto *perfetto, uint64_t ts)
{
	struct ex_counts *counts = &perfetto->counts;
	int64_t values[EX_COUNTERS];

	if (!counts->slot)
		counts->slot = ts / perfetto->slot * perfetto->slot;
	if (ts < counts->slot + perfetto->slot)
		return true;
	for (unsigned i = 0; i < EX_COUNTERS; i++) {
		values[i] = i == EX_TASKS ? counts->count[i] : counts->count[i] * (int64_t)(SECOND / perfetto->slot);
		if (i != EX_TASKS)
			counts->count[i] = 0;
	}
	if (!begin(perfetto, ts) || !put_counters(perfetto, counts->slot, values))
		return false;
	for (unsigned i = 0; i < EX_COUNTERS; i++)
		if (i != EX_TASKS)
			values[i] = 0;
	if (ts >= counts->slot + 2 * perfetto->slot && !put_counters(perfetto, counts->slot + perfetto->slot, values))
		return false; /* nothing happened meanwhile */
	counts->slot = ts / perfetto->slot * perfetto->slot;
	return true;
}

const char *ex_perfetto_take(struct ex_perfetto *perfetto, size_t *size)
{
	*size = perfetto->out.size;
	perfetto->out.size = 0;
	return perfetto->out.bytes;
}

const size_t *ex_perfetto_written(const struct ex_perfetto *perfetto)
{
	return &perfetto->out.size;
}

struct ex_counts *ex_perfetto_counts(struct ex_perfetto *perfetto)
{
	return &perfetto->counts;
}
