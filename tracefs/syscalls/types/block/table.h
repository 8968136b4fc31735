/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The type tables for C: one block of memory that compile.py makes and that never changes. Everything is an array of
 * one of the structures below; every reference is an index into such an array, every name an offset into the strings:
 * there it stands with its length before it, a NUL behind it, and at least TT_STRING_SPARE bytes of the block.
 * The block is made by us, for us, in this process: its references are not checked again.
 */
#ifndef TRACEFS_TYPES_TABLE_H
#define TRACEFS_TYPES_TABLE_H

#include <stdint.h>

#define TT_NONE 0xffffffffu /* no type, no name */
#define TT_STRING_SPARE 34
#define TT_ZEROED_MOST 256 /* bytes of a structure that is zeroed */

enum tt_kind {
	TT_HIDDEN, /* an argument that the call does not look at: not shown */
	TT_INT,
	TT_ENUM,
	TT_FLAGS,
	TT_CUSTOM, /* decoded by code: first is its index in Compiled.customs */
	TT_STRUCT,
	TT_POINTER,
	TT_ARRAY,
	TT_RECORDS,
	TT_STR,     /* text up to a NUL */
	TT_STRINGS, /* pointers to such, up to a NULL */
	TT_BYTES,   /* data */
	TT_CHARS,   /* text of a known length, or up to a NUL before */
};

enum tt_style { /* as model.STYLES, in its order */
		TT_DEC,
		TT_HEX,
		TT_OCT,
		TT_FD,
		TT_PID,
		TT_UID,
		TT_GID,
		TT_PTR,
		TT_DEV,
		TT_PORT,
		TT_HTONL,
		TT_INET4,
		TT_CHAR,
		TT_SEC,
		TT_IOCTL,
		TT_KIB,
		TT_TICKS,
		TT_KVER,
		TT_IFINDEX,
		TT_X8,
		TT_X16,
		TT_X32
};

enum tt_direction {
	TT_IN = 1,
	TT_OUT = 2,
	TT_INOUT = 3,
	TT_LEFT = 4 /* filled by a call that is interrupted */,
	TT_RING = 8 /* with TT_IN: the number of requests that are submitted in a ring */
};

enum tt_type_flags {
	TT_OPEN = 1,           /* a structure of which who passes it says the length; size is the most */
	TT_HOLDS_POINTERS = 2, /* its memory leads to more memory */
	TT_HOLDS_FDS = 4,      /* it is a file descriptor, or has some in its memory */
	TT_NAMES_ZERO = 8,     /* FLAGS: an entry stands for bits that are not set */
	TT_PATH = 32,          /* STR: a path's name, of which more is saved than of other texts */
	TT_HAS_APART = 64,     /* a header, and what follows it: members of TT_APART */
	/* an open structure of which newer kernels may know more: what is behind its end counts */
	TT_GROWS = 128,
	TT_ENDS_IN_DATA = 16, /* an open structure that ends in data, which begins at align: that is cut as data is */
};

enum tt_source {              /* where a number that counts or is tested comes from */
		 TT_CONSTANT, /* operand itself */
		 TT_ARGUMENT, /* argument number operand */
		 TT_POINTED,  /* what argument number operand points to (*addrlen) */
		 TT_FIELD,    /* at offset operand of the structure at hand */
		 TT_RESULT,   /* what the call returned */
		 TT_SHARE,    /* as TT_FIELD, of the result's bytes that earlier buffers have not used */
		 TT_NETLINK,  /* the protocol of the netlink socket that argument number operand is a descriptor of */
		 TT_UNKNOWN,  /* nothing that is known here */
		 TT_SIZE,     /* how many bytes the structure at hand has, an open one */
};

struct tt_type {
	uint8_t kind, width, is_signed, style; /* width in bytes, of INT, ENUM and FLAGS */
	uint8_t direction, flags, align;       /* align: of RECORDS */
	uint8_t zeroed;                        /* STRUCT, an open one: what who passes it leaves out is 0 */
	uint32_t name;
	/* ENUM, FLAGS: entries; STRUCT: members; POINTER, ARRAY: counts (none: one; RECORDS: length) */
	uint32_t first, n;
	uint32_t target;               /* POINTER, ARRAY, RECORDS: a type */
	uint32_t size;                 /* bytes that one takes in memory; 0 where only its data or a count says it */
	uint32_t variants, n_variants; /* STRUCT; ENUM: entries of macros, each followed by those of its parts */
	/*
	 * ENUM, FLAGS: what strace calls a value that has none of the names (MS_???); TT_NONE: nothing.
	 * STRUCT: where it says (u32) how many bytes its buffers were filled with, to be shared out; TT_NONE.
	 */
	uint32_t unknown;
};

struct tt_entry { /* ENUM: sorted by value, as the signed or unsigned width; FLAGS: in the order to try */
	uint64_t value, mask;
	uint32_t name; /* TT_NONE: a sub-field without the name of its shift */
	/* FLAGS: the type of the bits in mask, else TT_NONE; of a macro: how many parts follow */
	uint32_t sub;
};

#define TT_BITS 0x80000000u
#define TT_APART 0x40000000u /* data where the structure is shorter than the member's type */

struct tt_member {
	uint32_t name; /* ", NAME=" */
	uint32_t offset, type;
	/* of the type in memory; 0: as much as there is; TT_BITS of it: shift << 8 | how many; TT_APART */
	uint32_t size;
};

struct tt_number {
	uint8_t source, width, is_signed; /* width 0: 8 bytes unsigned */
	uint8_t shift, bits, pad;         /* of FIELD; bits 0: all of it */
	uint16_t plus;
	uint32_t operand;
	uint32_t multiply, divide; /* rounded up, then plus more */
};

struct tt_choice {
	uint64_t value, mask;
};

struct tt_test { /* true if for any choice (number & mask) == value */
	struct tt_number number;
	uint32_t first, n; /* choices */
};

struct tt_arg {
	uint32_t name, index, type;
};

struct tt_variant { /* applies if all of its tests are true; later variants over earlier ones */
	uint32_t tests, n_tests;
	uint32_t first, n; /* of a structure: members, each replacing that of its name or added; of a row: args */
	uint32_t result;   /* of a row: a type or TT_NONE */
};

struct tt_row {
	uint32_t name; /* TT_NONE: no such syscall */
	uint32_t args, n_args;
	uint32_t result; /* a type or TT_NONE */
	uint32_t variants, n_variants;
	uint32_t by_pointed; /* 1: a variant depends on a number that an argument points to */
};

struct tt_array {
	uint32_t offset, n; /* bytes from the start of the block; elements */
};

struct tt_table {
	uint32_t size, pad;
	struct tt_array types, entries, members, numbers, choices, tests, args, variants, rows, strings;
};

#define TT_AT(table, array, type) ((const type *)((const char *)(table) + (table)->array.offset))

#endif
