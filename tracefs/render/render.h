/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records to lines. Python compiles the event classes into the tables below, once; C walks them per line.
 *
 * A line is made in two steps: rn_decode() turns the bytes of a record into values (checked against the record's
 * length, so nothing after it needs to be), and the printers of context.c, event.c and fields.c turn values into text.
 */
#ifndef TRACEFS_RENDER_RENDER_H
#define TRACEFS_RENDER_RENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "tracefs/events/cmdlines.h"
#include "tracefs/events/record.h"
#include "tracefs/render/text.h"

#define RN_MAX_FIELDS 64 /* as many as a synthetic event may have */

enum rn_field_kind {
	RN_NUMBER,
	RN_STRING,      /* char[n] in place; size 0 reaches to the end of the record */
	RN_DATA_LOC,    /* u32: offset in the low half, length in the high half */
	RN_USER_STRING, /* a pointer to characters in the task's memory: only its value is known */
	RN_OPAQUE,      /* what no line shows: arrays of numbers */
};

struct rn_field {
	const char *name;
	const char *ctype;
	uint32_t offset;
	uint32_t size;
	uint8_t kind; /* enum rn_field_kind */
	bool is_signed;
};

/* One decoded field. text is NULL for numbers; it is not NUL-terminated. */
struct rn_value {
	uint64_t number; /* sign-extended where the field is signed */
	const char *text;
	uint32_t length;
};

enum rn_class_kind {
	RN_ENTER,
	RN_EXIT,
	RN_RAW_ENTER,
	RN_RAW_EXIT,
	RN_TASK,
	RN_PRINT,
	RN_RAW_DATA,
	RN_USER_STACK,
	RN_KERNEL_STACK,
};

struct rn_program; /* printfmt.h */

enum rn_saved_kind {
	RN_SAVED_NOTHING, /* no __data_loc in the record */
	RN_SAVED_TEXT,    /* up to a NUL; without one it was cut */
	RN_SAVED_BYTES,
	RN_SAVED_IMAGE, /* several pieces, see tracefs/syscalls/types/saved/memory.py: shown where it is decoded */
};

#define RN_ARGS 6

/*
 * What an enter record has of the memory behind an argument; count: the argument that says how many bytes there were.
 */
struct rn_saved_arg {
	uint8_t kind; /* enum rn_saved_kind */
	uint8_t count;
};

struct rn_class {
	uint16_t id;
	uint8_t kind; /* enum rn_class_kind */
	uint8_t field_count;
	uint8_t args; /* of enter: how many of the fields are arguments */
	const char *name;
	const char *syscall; /* of enter and exit: the name after "sys_" */
	const struct rn_field *fields;
	const struct rn_program *program; /* the print fmt; NULL where `kind` alone says how to print */
};

/* All that a renderer knows of events; NULL where a number has no class or name. */
struct rn_table {
	uint32_t id_count;
	uint32_t compat_count;
	const struct rn_class *const *by_id;
	const char *const *compat_names; /* of 32-bit syscalls */
	const struct cmdlines *cmdlines;
};

enum rn_flag {
	RN_IRQ_INFO = 1 << 0,
	RN_RECORD_TGID = 1 << 1,
	RN_LATENCY_FORMAT = 1 << 2,
	RN_VERBOSE = 1 << 3,
	RN_RAW = 1 << 4,
	RN_HEX = 1 << 5,
	RN_BIN = 1 << 6,
	RN_FIELDS = 1 << 7,
	RN_CONTEXT_INFO = 1 << 8,
	RN_ANNOTATE = 1 << 9,
	RN_SYM_ADDR = 1 << 10,
	RN_SYSCALL_TRACER = 1 << 11, /* current_tracer is "syscall": its print_line comes first */
	RN_ARG_TYPES = 1 << 12,      /* the syscall tracer's syscall_arg_type */
	RN_CLOCK_IN_NS = 1 << 13,
	RN_ARG_DECODE = 1 << 14, /* syscall_arg_decode: rn_options.types says how */
	RN_FRAMES = 1 << 15,     /* no lines: struct rn_frame and the record, for who makes other text of it */
};

struct tt_table;

/*
 * The type tables of now, and which arguments have a __data_loc in records that were made with syscall_user_buf_size.
 */
struct rn_types {
	const struct tt_table *table;
	uint32_t errors; /* the type that names errors, TT_NONE */
	uint8_t nargs[1024];
	uint8_t in[1024], out[1024]; /* by number; bit i: argument i */
};

struct rn_options {
	uint32_t flags;
	uint64_t time_start;              /* of the buffer: latency-format counts from it */
	const struct rn_types *types;     /* syscall_arg_decode; NULL: off */
	const struct rn_saved_arg *saved; /* RN_ARGS for each syscall number; NULL: no record has any */
};

/* Task names found while rendering one batch of lines: most lines are of the task of the line before. */
#define RN_NAME_CACHE 64
struct rn_names {
	const struct cmdlines *cmdlines;
	struct rn_name {
		int32_t pid;
		int32_t tgid;                             /* 0 where unknown */
		uint8_t length;                           /* 0: slot is unused */
		char comm[RN_FOREIGN_BYTE * CMDLINE_LEN]; /* as it is shown */
	} slots[RN_NAME_CACHE];
};
void rn_names_init(struct rn_names *names, const struct cmdlines *cmdlines);
const struct rn_name *rn_names_find(struct rn_names *names, int32_t pid);

/* One event on its way to text. */
struct rn_event {
	const void *data;
	uint32_t length;
	int cpu;
	uint64_t ts;
	uint64_t next_ts; /* of the event that follows in the merged order; ts where there is none */
	uint64_t index;   /* lines before this one since the iterator began */
	struct ev_common common;
	const struct rn_class *class; /* NULL: unknown id */
	struct rn_value values[RN_MAX_FIELDS];
};

static inline const struct rn_class *rn_class_of(const struct rn_table *table, uint64_t id)
{
	return id < table->id_count ? table->by_id[id] : NULL;
}

/* Fill common and class from data and length; values, too. */
void rn_decode(struct rn_event *event, const struct rn_table *table);
void rn_decode_fields(struct rn_event *event);
/* A number of the record; 0 where the record ends before it. */
static inline uint64_t rn_number(const struct rn_event *event, uint32_t offset, uint32_t size, bool is_signed)
{
	const char *at = (const char *)event->data + offset;
	uint64_t value = 0;
	uint32_t word;
	unsigned shift;

	if (size == 0 || size > sizeof(value) || offset > event->length || event->length - offset < size)
		return 0;
	if (size == 8) { /* nearly all are: a copy of known size is one instruction */
		memcpy(&value, at, 8);
		return value;
	}
	if (size == 4) {
		memcpy(&word, at, sizeof(word));
		value = word;
	} else {
		memcpy(&value, at, size);
	}
	if (!is_signed)
		return value;
	shift = 64 - 8 * size;
	return (uint64_t)((int64_t)(value << shift) >> shift);
}

/* The bytes that the __data_loc at `at` says, as far as the record has them; NULL where nothing was saved. */
static inline const uint8_t *rn_saved_at(const struct rn_event *event, uint32_t at, uint32_t *length)
{
	uint32_t loc, offset;

	if (at + 4 > event->length)
		return NULL;
	loc = (uint32_t)rn_number(event, at, 4, false);
	offset = loc & 0xffff;
	*length = loc >> 16;
	if (!*length || offset >= event->length || *length > event->length - offset)
		return NULL;
	return (const uint8_t *)event->data + offset;
}
/* saved.c: the same in a line that is not decoded: nothing where nothing was saved */
void rn_put_saved(struct rn_text *text, const struct rn_event *event, const struct rn_saved_arg *arg, uint32_t at);

/* context.c: what stands before the event in each layout */
void rn_context(struct rn_text *text, const struct rn_event *event, const struct rn_options *options,
		struct rn_names *names);
void rn_context_raw(struct rn_text *text, const struct rn_event *event);
void rn_context_hex(struct rn_text *text, const struct rn_event *event);
void rn_context_bin(struct rn_text *text, const struct rn_event *event);

/* syscall.c: syscall events, as the kernel prints them and as the syscall tracer does */
void rn_sys_enter(struct rn_text *text, const struct rn_event *event, const struct rn_options *options);
void rn_sys_exit(struct rn_text *text, const struct rn_event *event, const struct rn_options *options);
bool rn_syscall_tracer(struct rn_text *text, const struct rn_event *event, const struct rn_table *table,
		       const struct rn_options *options);

/* event.c: the event part */
void rn_event_text(struct rn_text *text, const struct rn_event *event, const struct rn_options *options);
void rn_event_raw(struct rn_text *text, const struct rn_event *event);
void rn_event_type(struct rn_text *text, const struct rn_event *event);
void rn_event_fields(struct rn_text *text, const struct rn_event *event);

#define RN_FRAME_LOST UINT32_MAX

/* What stands before each record in RN_FRAMES. */
struct rn_frame {
	uint64_t ts; /* of a loss: how many events, UINT64_MAX where nobody knows */
	uint32_t cpu;
	uint32_t length; /* of the record, which follows; RN_FRAME_LOST: events were lost here */
};

/* line.c: the whole line, and the lines about lost events and new buffers */
void rn_line(struct rn_text *text, struct rn_event *event, const struct rn_table *table,
	     const struct rn_options *options, struct rn_names *names);
void rn_lost_line(struct rn_text *text, int cpu, uint64_t lost);
/* The same as frames. */
void rn_frame(struct rn_text *text, const struct rn_event *event);
void rn_lost_frame(struct rn_text *text, int cpu, uint64_t lost);

#endif
