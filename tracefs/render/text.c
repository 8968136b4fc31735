// SPDX-License-Identifier: GPL-2.0-only
#include "tracefs/render/text.h"

static const char pairs[] = "0001020304050607080910111213141516171819"
			    "2021222324252627282930313233343536373839"
			    "4041424344454647484950515253545556575859"
			    "6061626364656667686970717273747576777879"
			    "8081828384858687888990919293949596979899";

void rn_pad(struct rn_text *text, char fill, int count)
{
	if (count <= 0)
		return;
	if (text->end - text->at < count) {
		text->full = true;
		return;
	}
	memset(text->at, fill, (size_t)count);
	text->at += count;
}

/* Bytes of the character of UTF-8 that begins there; 0: there is none, or one that steers what it is shown on. */
static size_t printable(const uint8_t *at, size_t left)
{
	size_t size = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;

	if (at[0] < 0x80)
		return at[0] >= ' ' && at[0] != 0x7f;
	if (at[0] < 0xc2 || at[0] > 0xf4 || left < size)
		return 0;
	for (size_t i = 1; i < size; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	switch (at[0]) {
	case 0xc2: /* C1 controls */
		return at[1] < 0xa0 ? 0 : size;
	case 0xe0: /* longer than need be */
		return at[1] < 0xa0 ? 0 : size;
	case 0xf0:
		return at[1] < 0x90 ? 0 : size;
	case 0xed: /* surrogates */
		return at[1] >= 0xa0 ? 0 : size;
	case 0xf4: /* above U+10FFFF */
		return at[1] >= 0x90 ? 0 : size;
	case 0xe2: /* separators of lines, and what turns the direction of writing */
		return (at[1] == 0x80 && at[2] >= 0xa8 && at[2] <= 0xae) ||
				       (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9)
			       ? 0
			       : size;
	}
	return size;
}

void rn_put_foreign(struct rn_text *text, const char *bytes, size_t count)
{
	const uint8_t *at = (const uint8_t *)bytes;
	size_t plain = 0, size;

	while (plain < count) {
		size = printable(at + plain, count - plain);
		if (size) {
			plain += size;
			continue;
		}
		rn_put(text, (const char *)at, plain);
		rn_putc(text, '\\');
		for (int shift = 6; shift >= 0; shift -= 3)
			rn_putc(text, (char)('0' + (at[plain] >> shift & 7)));
		at += plain + 1;
		count -= plain + 1;
		plain = 0;
	}
	rn_put(text, (const char *)at, count);
}

static char *decimal(char *end, uint64_t value)
{
	while (value >= 10000) { /* long divisions take turns: as few as can be */
		unsigned low = (unsigned)(value % 10000);

		value /= 10000;
		end -= 4;
		memcpy(end, pairs + 2 * (low / 100), 2);
		memcpy(end + 2, pairs + 2 * (low % 100), 2);
	}
	if (value >= 100) {
		unsigned low = (unsigned)value % 100;

		value = (unsigned)value / 100;
		end -= 2;
		memcpy(end, pairs + 2 * low, 2);
	}
	if (value >= 10) {
		end -= 2;
		memcpy(end, pairs + 2 * value, 2);
	} else {
		*--end = (char)('0' + value);
	}
	return end;
}

char *rn_digits(char *end, uint64_t value, unsigned base, bool upper)
{
	const char *symbols = upper ? "0123456789ABCDEF" : "0123456789abcdef";

	unsigned shift = base == 8 ? 3 : 4;

	if (base == 10)
		return decimal(end, value);
	do {
		*--end = symbols[value & (base - 1)];
		value >>= shift;
	} while (value);
	return end;
}

/* How many digits value has. */
static unsigned decimal_length(uint64_t value)
{
	static const uint64_t powers[] = {0,
					  10,
					  100,
					  1000,
					  10000,
					  100000,
					  1000000,
					  10000000,
					  100000000,
					  1000000000,
					  10000000000,
					  100000000000,
					  1000000000000,
					  10000000000000,
					  100000000000000,
					  1000000000000000,
					  10000000000000000,
					  100000000000000000,
					  1000000000000000000,
					  10000000000000000000u};
	unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1), guess = bits * 1233 >> 12; /* bits * log10(2) */

	return guess + (value >= powers[guess]);
}

static unsigned hexadecimal_length(uint64_t value)
{
	return (67 - (unsigned)__builtin_clzll(value | 1)) / 4;
}

static char *hexadecimal(char *end, uint64_t value)
{
	do {
		*--end = "0123456789abcdef"[value & 15];
		value >>= 4;
	} while (value);
	return end;
}

static void put_wide(struct rn_text *text, const char *digits, const char *end, int width, char fill)
{
	if (width > end - digits)
		rn_pad(text, fill, width - (int)(end - digits));
	rn_put(text, digits, (size_t)(end - digits));
}

void rn_put_dec_wide(struct rn_text *text, uint64_t value, int width, char fill)
{
	char buffer[RN_DIGITS];

	put_wide(text, decimal(buffer + RN_DIGITS, value), buffer + RN_DIGITS, width, fill);
}

void rn_put_signed_wide(struct rn_text *text, int64_t value, int width)
{
	char buffer[RN_DIGITS];
	char *digits = decimal(buffer + RN_DIGITS, value < 0 ? -(uint64_t)value : (uint64_t)value);

	if (value < 0)
		*--digits = '-';
	put_wide(text, digits, buffer + RN_DIGITS, width, ' ');
}

void rn_put_hex_wide(struct rn_text *text, uint64_t value, int width, char fill)
{
	char buffer[RN_DIGITS];

	put_wide(text, hexadecimal(buffer + RN_DIGITS, value), buffer + RN_DIGITS, width, fill);
}

/* The end of `length` bytes more; NULL where there is no room for them. */
static char *extend(struct rn_text *text, unsigned length)
{
	if ((size_t)(text->end - text->at) < length) {
		text->full = true;
		return NULL;
	}
	return text->at += length;
}

void rn_put_long_dec(struct rn_text *text, uint64_t value)
{
	char *end = extend(text, decimal_length(value));

	if (end)
		decimal(end, value);
}

void rn_put_signed(struct rn_text *text, int64_t value)
{
	if (value < 0)
		rn_putc(text, '-');
	rn_put_dec(text, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void rn_put_hex(struct rn_text *text, uint64_t value)
{
	char *end = extend(text, hexadecimal_length(value));

	if (end)
		hexadecimal(end, value);
}
