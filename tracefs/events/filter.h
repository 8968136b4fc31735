/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A compiled filter: terms that lead to one another, and the bytes of their patterns and masks behind them. One block
 * of memory without pointers, made by tracefs/events/filters/compile.py, which keeps every index and offset in range.
 * Never changed after it was made, so any number of threads may run it.
 */
#ifndef TRACEFS_EVENTS_FILTER_H
#define TRACEFS_EVENTS_FILTER_H

#include <stdbool.h>
#include <stdint.h>

/* Where a term's left side is. Those up to S64 are loaded from the record. */
enum ev_source {
	EV_U8,
	EV_S8,
	EV_U16,
	EV_S16,
	EV_U32,
	EV_S32,
	EV_U64,
	EV_S64,
	EV_CPU,        /* the CPU that the event happens on */
	EV_CHARS,      /* `size` bytes in the record; 0: up to its end */
	EV_DATA_LOC,   /* offset and length in the record point to them */
	EV_REL_LOC,    /* the same, counted from the end of the field */
	EV_COMM,       /* the task's name */
	EV_TASK_CHARS, /* a pointer into the task's memory */
	EV_NOTHING,    /* never matches, whatever the operator */
};

enum ev_compare {
	EV_EQ,
	EV_NE,
	EV_LT,
	EV_LE,
	EV_GT,
	EV_GE,
	EV_AND,
	/* strings with a pattern */
	EV_FULL = 16,
	EV_FRONT,
	EV_MIDDLE,
	EV_END,
	EV_GLOB,
	/* a CPU number, or a mask, with a mask */
	EV_MASK_EQ = 32,
	EV_MASK_NE,
	EV_MASK_AND,
};

#define EV_ACCEPT 0xffff
#define EV_REJECT 0xfffe

struct ev_term {
	uint8_t source;
	uint8_t compare;
	uint16_t next[2]; /* the term that follows when this is false, and when it is true; or EV_ACCEPT, EV_REJECT */
	uint8_t negate;   /* of strings: what could not be read does not match, negated or not */
	uint8_t pad;
	uint32_t offset; /* of the field in the record */
	uint32_t size;
	uint32_t data; /* offset of the pattern or mask from the start of the filter */
	uint32_t data_len;
	int64_t value;
};

struct ev_filter {
	uint32_t terms;
	uint32_t bytes;
	struct ev_term term[];
};

/*
 * Whether a record (len bytes, common fields first) passes. A field that the record is too short for matches nothing.
 * comm: the task's name, NUL-terminated. EV_TASK_CHARS reads from the task that the record names (common_pid), which
 * must be stopped or the caller itself. Takes no lock and no memory.
 */
bool ev_filter_match(const struct ev_filter *filter, const void *record, uint32_t len, int cpu, const char *comm);

#endif
