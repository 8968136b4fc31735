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

static char *decimal(char *end, uint64_t value)
{
	while (value >= 100) {
		unsigned low = (unsigned)(value % 100);

		value /= 100;
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

void rn_put_dec(struct rn_text *text, uint64_t value)
{
	rn_put_dec_wide(text, value, 0, ' ');
}

void rn_put_signed(struct rn_text *text, int64_t value)
{
	rn_put_signed_wide(text, value, 0);
}

void rn_put_hex(struct rn_text *text, uint64_t value)
{
	rn_put_hex_wide(text, value, 0, ' ');
}
