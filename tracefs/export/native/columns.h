/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls to columns, in the layout that Arrow's arrays have: a row a call. Python wraps them without a copy
 * (export/parquet.py).
 */
#ifndef TRACEFS_EXPORT_COLUMNS_H
#define TRACEFS_EXPORT_COLUMNS_H

#include "tracefs/export/native/bytes.h"
#include "tracefs/export/native/pairs.h"

struct ex_columns;

/* Where the memory of a column is, and how many bytes of it. */
struct ex_column {
	const void *memory;
	size_t size;
};

enum ex_column_of {
	EX_TS,      /* int64: ns, of the source's clock */
	EX_DUR,     /* int64: ns; -1: it has not ended */
	EX_TASK,    /* int32: what ex_task() was told, less 1 */
	EX_NR,      /* int32 */
	EX_RET,     /* int64 */
	EX_ENDED,   /* uint8: whether it has a result */
	EX_ERRNO,   /* int16; 0: no error */
	EX_REG_AT,  /* int32: where a row's registers begin; one more than rows */
	EX_REGS,    /* uint64 */
	EX_ARG_AT,  /* int32: where a row's arguments begin; one more than rows */
	EX_KEY,     /* int32: the number of an argument's name, from 0 on */
	EX_WORD_AT, /* int32: where an argument's words begin in EX_WORDS; one more than arguments */
	EX_WORDS,
	EX_PATHS_AT, /* int32: where a row's paths begin; one more than rows */
	EX_PATH_AT,  /* int32: where a path begins in EX_PATHS; one more than paths */
	EX_PATHS,
	EX_COLUMNS,
};

struct ex_columns *ex_columns_new(void);
void ex_columns_free(struct ex_columns *columns);
/* Pairs whose calls become rows. Freed before the columns are. */
struct ex_pairs *ex_columns_pairs(struct ex_columns *columns, bool ours, const uint8_t mine[1024]);
/* Rows so far; ex_run()'s `written`. */
const size_t *ex_columns_rows(const struct ex_columns *columns);
struct ex_column ex_columns_column(const struct ex_columns *columns, int which);
/* The names of arguments by their numbers, each with a NUL behind it. Numbers stay when rows are cleared. */
struct ex_column ex_columns_keys(const struct ex_columns *columns);
/* Begin anew: the columns' memory is used again. */
void ex_columns_clear(struct ex_columns *columns);

/* A call of Python's: its row, then its arguments and paths. False: no memory. */
struct ex_row {
	int64_t ts, dur, ret;
	int32_t task, nr;
	int16_t error;
	bool ended;
	unsigned nregs;
	uint64_t regs[6];
};
bool ex_columns_row(struct ex_columns *columns, const struct ex_row *row);
bool ex_columns_arg(struct ex_columns *columns, const char *name, size_t name_length, const char *words, size_t length);
bool ex_columns_path(struct ex_columns *columns, const char *path, size_t length);

#endif
