/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text into a buffer of fixed size: hand-written number formatting, because printf is most of the cost of a line.
 *
 * Nothing is ever written past the end. What does not fit sets `full`, and the caller renders the line again into a
 * larger buffer: the functions themselves need no error path.
 */
#ifndef TRACEFS_RENDER_TEXT_H
#define TRACEFS_RENDER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct rn_text {
	char *at;
	char *end;
	bool full;
	struct rn_memo *memo; /* typed.h; NULL: none */
};

static inline void rn_put(struct rn_text *text, const char *bytes, size_t count)
{
	if ((size_t)(text->end - text->at) < count) {
		text->full = true;
		return;
	}
	memcpy(text->at, bytes, count);
	text->at += count;
}

static inline void rn_putc(struct rn_text *text, char byte)
{
	if (text->at == text->end) {
		text->full = true;
		return;
	}
	*text->at++ = byte;
}

/*
 * Of a text that RN_SPARE bytes of memory follow, as behind each string of the type tables: a copy of known size, which
 * the next text overwrites, takes a fraction of the time of one of unknown size.
 */
#define RN_SPARE 32u
static inline void rn_put_spared(struct rn_text *text, const char *bytes, size_t count)
{
	if (count > RN_SPARE || (size_t)(text->end - text->at) < RN_SPARE) {
		rn_put(text, bytes, count);
		return;
	}
	memcpy(text->at, bytes, RN_SPARE);
	text->at += count;
}

#define rn_puts(text, literal) rn_put(text, literal, sizeof(literal) - 1)

void rn_pad(struct rn_text *text, char fill, int count);

/*
 * A name that somebody chose (of a task, of a file): control characters and what is no UTF-8 as octal escapes, so that
 * it neither steers a terminal nor forges a line. All else is as it is, backslashes too.
 */
void rn_put_foreign(struct rn_text *text, const char *bytes, size_t count);
#define RN_FOREIGN_BYTE 4u /* characters that a byte becomes at most */

/* Digits without padding. */
void rn_put_long_dec(struct rn_text *text, uint64_t value);
static inline void rn_put_dec(struct rn_text *text, uint64_t value)
{
	if (value < 10) /* many are */
		rn_putc(text, (char)('0' + value));
	else
		rn_put_long_dec(text, value);
}
void rn_put_signed(struct rn_text *text, int64_t value);
void rn_put_hex(struct rn_text *text, uint64_t value);

/* At least `width` characters, filled on the left with `fill` (' ' or '0'). */
void rn_put_dec_wide(struct rn_text *text, uint64_t value, int width, char fill);
void rn_put_signed_wide(struct rn_text *text, int64_t value, int width);
void rn_put_hex_wide(struct rn_text *text, uint64_t value, int width, char fill);

/*
 * Digits of value, in base 8, 10 or 16, in front of `end`, which is returned moved; for callers that build numbers with
 * flags.
 */
char *rn_digits(char *end, uint64_t value, unsigned base, bool upper);
#define RN_DIGITS 24 /* more than the 22 that 64 bits take in octal */

#endif
