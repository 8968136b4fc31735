/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A print fmt, compiled by printfmt.py: literal text and conversions, each with a postfix program for its argument.
 * The program is trusted to be well-formed as to the stack (the compiler makes it so); the record is not.
 */
#ifndef TRACEFS_RENDER_PRINTFMT_H
#define TRACEFS_RENDER_PRINTFMT_H

#include <stdbool.h>
#include <stdint.h>

#include "tracefs/render/render.h"

enum rn_opcode {
	RN_OP_NUMBER, /* push number */
	RN_OP_TEXT,   /* push text */
	RN_OP_FIELD,  /* push values[number] */
	RN_OP_MEMORY, /* push the number at offset `number`, of `size` bytes, signed if flag */
	RN_OP_CAST,   /* truncate to size bytes, sign-extend if flag */
	RN_OP_NEGATE,
	RN_OP_INVERT,
	RN_OP_NOT,
	RN_OP_MULTIPLY,
	RN_OP_DIVIDE,
	RN_OP_MODULO,
	RN_OP_ADD,
	RN_OP_SUBTRACT,
	RN_OP_SHIFT_LEFT,
	RN_OP_SHIFT_RIGHT,
	RN_OP_LESS,
	RN_OP_GREATER,
	RN_OP_LESS_EQUAL,
	RN_OP_GREATER_EQUAL,
	RN_OP_EQUAL,
	RN_OP_NOT_EQUAL,
	RN_OP_AND,
	RN_OP_XOR,
	RN_OP_OR,
	RN_OP_LOGICAL_AND,
	RN_OP_LOGICAL_OR,
	RN_OP_SELECT,   /* condition, then, else */
	RN_OP_FLAGS,    /* the bits of a number as names of symbols, joined by text; the rest in hex */
	RN_OP_STACK,    /* push the stack trace behind the __data_loc at offset `number` */
	RN_OP_SYMBOLIC, /* a number as its name in symbols; in hex where it has none */
};

struct rn_symbol {
	uint64_t value;
	const char *name;
};

struct rn_op {
	uint8_t code;
	uint8_t size;
	bool flag;
	uint32_t count; /* of symbols */
	uint64_t number;
	const char *text;
	const struct rn_symbol *symbols;
};

/* One piece of a format: `literal`, then (unless conversion is 0) the value that ops compute. */
struct rn_piece {
	const char *literal;
	uint32_t literal_length;
	char conversion; /* d u x X o c s p, or 0 */
	bool left, zero, alternate, plus, space;
	uint8_t size;      /* bytes of the number, from hh, h, l, ll */
	int16_t width;     /* 0: none */
	int16_t precision; /* -1: none */
	uint32_t op_count;
	const struct rn_op *ops;
};

struct rn_program {
	uint32_t piece_count;
	const struct rn_piece *pieces;
};

#define RN_STACK 16 /* the compiler refuses deeper expressions */

void rn_program_run(struct rn_text *text, const struct rn_program *program, const struct rn_event *event);

#endif
