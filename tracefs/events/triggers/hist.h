/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table behind a `hist` trigger: entries found by key, each with a hit count, sums, variables and saved values.
 *
 * Python compiles the trigger's text to a struct hist_spec once; from then on hist_hit() alone sees the events.
 * Semantics are those of Documentation/trace/histogram.rst.
 *
 * Who may do what: any thread may call hist_hit (the capture thread, and a thread that writes trace_marker); readers
 * copy one entry at a time. A mutex guards each table. It is held for one entry, never across an event's other work or
 * a read, so who waits for it waits for a copy of some hundred bytes. A reference to another table's variable takes
 * that table's mutex while holding none: no two are ever held together.
 */
#ifndef TRACEFS_EVENTS_TRIGGERS_HIST_H
#define TRACEFS_EVENTS_TRIGGERS_HIST_H

#include <stdbool.h>
#include <stdint.h>

enum {
	HIST_KEYS_MAX = 3,
	HIST_VALS_MAX = 16,
	HIST_VARS_MAX = 32, /* variables and saved fields of one table */
	HIST_REFS_MAX = 16, /* variables of other tables that one trigger reads */
	HIST_ACTIONS_MAX = 8,
	HIST_ARGS_MAX = 64, /* fields of a synthetic event */
	HIST_KEY_SIZE_MAX = 512,
	HIST_STRING_MAX = 256, /* with its NUL */
	HIST_STACK_MAX = 31,   /* levels of a stack trace used as a key */
	HIST_OPS_MAX = 32,
	HIST_DEPTH_MAX = 16,
	HIST_SYNTHETIC_FIRST = 3072, /* ids of synthetic events: EV_SYNTHETIC_* of record.h */
	HIST_SYNTHETIC_LAST = 3327,
};

/* What a trigger sees of an event. */
struct hist_event {
	const uint8_t *record;
	uint32_t len;
	int32_t cpu;
	uint64_t ts;           /* of the buffer's clock */
	const char *comm;      /* of common_pid; at least "" */
	const uint64_t *stack; /* HIST_STACK_MAX callers, or NULL where no trigger asks for them */
};

/* A number is computed by a postfix program; the operand stack holds u64, arithmetic wraps. */
enum hist_opcode {
	HIST_OP_END,
	HIST_OP_FIELD,     /* size 1, 2, 4, 8 at offset; sign-extended if sign */
	HIST_OP_CONST,     /* arg */
	HIST_OP_TIMESTAMP, /* arg: what to divide by (1; 1000 for .usecs) */
	HIST_OP_CPU,
	HIST_OP_REF, /* arg: index of the reference */
	HIST_OP_VAR, /* arg: index of a variable of this table, as this event set it */
	HIST_OP_ADD,
	HIST_OP_SUB,
	HIST_OP_MUL,
	HIST_OP_DIV, /* by zero: all bits set, as the kernel's */
	HIST_OP_NEG,
	HIST_OP_LOG2,
	HIST_OP_BUCKET, /* arg: the width */
};

struct hist_op {
	uint8_t code;
	uint8_t size;
	uint8_t sign;
	uint16_t offset;
	uint64_t arg;
};

/* A string is copied from one place. */
enum hist_string_source {
	HIST_STRING_NONE,    /* it is a number */
	HIST_STRING_FIXED,   /* char name[size] at offset */
	HIST_STRING_DYNAMIC, /* __data_loc at offset */
	HIST_STRING_COMM,
	HIST_STRING_REF, /* ref: index of the reference */
	HIST_STRING_VAR, /* ref: index of a variable of this table */
};

/* A stack trace, too. A variable keeps it where a string would be: addresses, and a 0 behind the last. */
enum hist_stack_source {
	HIST_STACK_NONE,
	HIST_STACK_EVENT, /* of the task */
	HIST_STACK_FIELD, /* __data_loc at offset, of a synthetic event: how many, then the addresses */
	HIST_STACK_REF,   /* as HIST_STRING_REF */
	HIST_STACK_VAR,   /* as HIST_STRING_VAR */
};

struct hist_expr {
	uint8_t string; /* enum hist_string_source; not NONE: ops are unused */
	uint8_t stack;  /* enum hist_stack_source; not NONE: ops are unused */
	uint16_t offset;
	uint16_t size; /* bytes in the key or in the synthetic event: 8 for numbers, HIST_STACK_MAX * 8 for a stack */
	uint16_t ref;
	struct hist_op ops[HIST_OPS_MAX];
};

struct hist; /* the table */

struct hist_ref { /* $name of another event: found by this event's key */
	struct hist *table;
	uint16_t var;
	uint8_t once; /* reading unsets it: an operand of an expression, so that one start matches one end */
};

enum hist_handler { HIST_ON_MATCH, HIST_ON_MAX, HIST_ON_CHANGE };
enum hist_what { HIST_TRACE, HIST_SAVE, HIST_SNAPSHOT };

struct hist_arg { /* one field of the synthetic event, or one saved field */
	struct hist_expr expr;
	uint16_t offset; /* in the record; saved fields: the variable's index */
	uint8_t dynamic; /* `char name[]`, `long[] name`: a __data_loc */
};

struct hist_action {
	uint8_t handler;
	uint8_t what;
	uint16_t watched; /* max, change: the variable that keeps the greatest (last) value seen of `value` */
	struct hist_expr value;
	uint16_t event;      /* trace: id of the synthetic event */
	uint16_t fixed_size; /* trace: bytes before dynamic data */
	uint16_t nargs;
	struct hist_arg *args;
};

struct hist_spec {
	uint32_t size; /* entries */
	uint16_t nkeys, nvals, nvars, nrefs, nactions;
	struct hist_expr keys[HIST_KEYS_MAX];
	struct hist_expr vals[HIST_VALS_MAX];
	struct hist_expr vars[HIST_VARS_MAX]; /* size 0: set by an action only (saved, max) */
	struct hist_ref refs[HIST_REFS_MAX];
	struct hist_action actions[HIST_ACTIONS_MAX];
};

/* What a table's actions ask of their surroundings. */
struct hist_host {
	void *context;
	void (*trace)(void *context, const struct hist_event *cause, const void *record, uint32_t len);
	void (*snapshot)(void *context);
};

/* One entry as a reader gets it. */
struct hist_entry {
	char comm[16]; /* of the task that made the entry */
	uint64_t hits;
	uint64_t sums[HIST_VALS_MAX];
	uint64_t vars[HIST_VARS_MAX];
	uint64_t set; /* bit per variable */
	uint8_t key[HIST_KEY_SIZE_MAX];
};

/* The event that the table's last snapshot was taken at. */
struct hist_taken {
	uint16_t action; /* which one took it */
	uint64_t value;  /* the greatest (last) value of all entries */
	char comm[16];
	uint8_t key[HIST_KEY_SIZE_MAX];
};

struct hist_totals {
	uint64_t hits, entries, drops;
};

/* NULL without memory. The spec is copied, its actions' args too. */
struct hist *hist_new(const struct hist_spec *spec);
void hist_free(struct hist *table);

void hist_hit(struct hist *table, const struct hist_event *event, const struct hist_host *host);

void hist_pause(struct hist *table);
void hist_continue(struct hist *table);
bool hist_paused(const struct hist *table);
void hist_clear(struct hist *table);

struct hist_totals hist_totals(struct hist *table);
/* Copy entry `index` of [0, entries); false past the end. */
bool hist_entry(struct hist *table, uint32_t index, struct hist_entry *out);
bool hist_taken(struct hist *table, struct hist_taken *out); /* false: none was taken */
/* Copy a string variable of an entry; out[HIST_STRING_MAX]. */
bool hist_entry_string(struct hist *table, uint32_t index, uint16_t var, char *out);

#endif
