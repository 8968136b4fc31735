/* SPDX-License-Identifier: GPL-2.0-only */
/* Values to the words of the type tables, as tracefs/syscalls/types/notation/printers.py has them. */
#ifndef TRACEFS_RENDER_TYPED_H
#define TRACEFS_RENDER_TYPED_H

#include "tracefs/render/render.h"
#include "tracefs/syscalls/types/block/walk.h"

/* Of a member's name ", NAME=". */
#define RN_SEPARATOR 2u

_Static_assert(RN_SEPARATOR + RN_SPARE <= TT_STRING_SPARE, "rn_typed_name() reads so far");

/* What descriptors of the call stood for (tracefs/syscalls/types/saved/fds.py). */
struct rn_fds {
	const uint8_t *texts; /* NULL: it was not recorded */
	uint32_t length;
};

/* What was saved for one argument: bytes as they stood, or an image (tracefs/syscalls/types/saved/memory.py). */
struct rn_saved {
	uint64_t address; /* of raw bytes */
	const uint8_t *bytes;
	uint32_t length;
	bool image;
	struct rn_fds fds;
};

/* fds.c */
struct rn_fds rn_fds_of(const struct rn_event *event);
/* The protocol of the netlink socket that the call was on, -1 where the event does not say. */
int32_t rn_netlink_in(struct rn_fds fds);
static inline int32_t rn_netlink_of(struct rn_fds fds)
{
	return fds.texts ? rn_netlink_in(fds) : -1;
}
/* `</etc/passwd>` where it is known; nothing else. */
void rn_typed_fd(struct rn_text *text, struct rn_fds fds, int32_t fd);
void rn_typed_fd_set(struct rn_text *text, const uint8_t *bytes, uint32_t length, struct rn_fds fds); /* `[3 4]` */

/* Words of flags that were put while rendering one batch of lines: the same come again and again. */
#define RN_MEMO_SLOTS 64
#define RN_MEMO_LONGEST 192
struct rn_memo {
	struct rn_memo_slot {
		const struct tt_type *type; /* NULL: unused */
		uint64_t value;
		uint32_t length;
		char words[RN_MEMO_LONGEST];
	} slots[RN_MEMO_SLOTS];
};
static inline void rn_memo_init(struct rn_memo *memo)
{
	for (unsigned i = 0; i < RN_MEMO_SLOTS; i++)
		memo->slots[i].type = NULL;
}

/* scalar.c */
/* A string of the table, without its first `skip` characters. */
static inline void rn_typed_name(struct rn_text *text, const struct tt_table *table, uint32_t offset, unsigned skip)
{
	rn_put_spared(text, TT_STRING(table, offset) + skip, tt_string_length(table, offset) - skip);
}
static inline void rn_typed_decimal(struct rn_text *text, uint64_t value, bool is_signed)
{
	if (is_signed)
		rn_put_signed(text, (int64_t)value);
	else
		rn_put_dec(text, value);
}
void rn_typed_words(struct rn_text *text, const struct tt_table *table, const struct tt_type *type, uint64_t raw,
		    struct rn_fds fds);
static inline void rn_typed_number(struct rn_text *text, const struct tt_table *table, const struct tt_type *type,
				   uint64_t raw, struct rn_fds fds)
{
	if (type->kind == TT_INT && type->style == TT_DEC) /* most are */
		rn_typed_decimal(text, tt_fit(raw, type->width, type->is_signed), type->is_signed);
	else
		rn_typed_words(text, table, type, raw, fds);
}
void rn_typed_style(struct rn_text *text, int64_t value, unsigned style, bool is_signed);
void rn_typed_quoted(struct rn_text *text, const uint8_t *bytes, uint32_t length, bool complete);
/* A byte as an escape. next: the byte behind it, 0 at the end. */
void rn_typed_escaped(struct rn_text *text, uint8_t byte, uint8_t next);
/* A result: an error's name, or a number of that type (TT_NONE: plain). */
void rn_typed_result(struct rn_text *text, const struct tt_table *table, uint32_t type, int64_t ret, uint32_t errors,
		     struct rn_fds fds);

/* custom.c: false where only Python knows it */
bool rn_typed_custom(struct rn_text *text, const char *name, const uint8_t *bytes, uint32_t length, struct rn_fds fds);

/* bpf.c: an instruction, of eight bytes */
void rn_typed_filter(struct rn_text *text, const uint8_t *bytes, bool seccomp);

/* object.c: what a pointer leads to; false (and nothing written) where it was not saved */
bool rn_typed_target(struct rn_text *text, const struct tt_call *call, const struct tt_type *pointer, uint64_t address,
		     const struct rn_saved *saved);

/*
 * typed.c: what was saved for the pointers of a call, by mask, as the __data_locs from `at` on say; a value by itself
 */
void rn_typed_find_saved(struct tt_call *call, const struct rn_event *event, uint32_t at, unsigned mask,
			 struct rn_fds fds, struct rn_saved saved[TT_ARGS]);
/* Of an argument, without what it leads to. */
void rn_typed_value(struct rn_text *text, const struct tt_call *call, unsigned i, struct rn_fds fds);

/* typed.c: a syscall event's text, for which its fields need not be decoded; false where the tables have no row */
bool rn_typed_knows(const struct rn_event *event, const struct rn_types *types);
bool rn_typed_enter(struct rn_text *text, const struct rn_event *event, const struct rn_types *types);
bool rn_typed_exit(struct rn_text *text, const struct rn_event *event, const struct rn_types *types);

/* whole.c: one argument's words in a text, or the result's. */
struct rn_part {
	uint32_t name, type; /* of the table; not of the result */
	uint32_t at, length;
};

/* A call that has ended. */
struct rn_whole {
	const struct tt_table *table;
	unsigned n;
	struct rn_part args[TT_ARGS], result;
	int64_t ret;
	bool failed;
};

/* False: something of it is for the decoder in Python (what a call changes, netlink), or there is no row. */
bool rn_typed_whole(struct rn_text *text, const struct rn_event *enter, const struct rn_event *leave,
		    const struct rn_types *types, struct rn_whole *whole);

#endif
