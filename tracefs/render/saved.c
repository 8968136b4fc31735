// SPDX-License-Identifier: GPL-2.0-only
/* What an argument points to, as the kernel's (6.19) syscall events show it: text in quotes, other bytes in hex. */
#include <string.h>

#include "tracefs/render/render.h"

#define CUT "..."

static bool is_printable(uint8_t byte)
{
	return byte >= ' ' && byte < 127;
}

static void put_printable(struct rn_text *text, const uint8_t *bytes, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		rn_putc(text, is_printable(bytes[i]) ? (char)bytes[i] : '.');
}

static void put_text(struct rn_text *text, const uint8_t *bytes, uint32_t length)
{
	uint32_t end = (uint32_t)strnlen((const char *)bytes, length);

	rn_puts(text, " \"");
	put_printable(text, bytes, end);
	if (end == length)
		rn_puts(text, CUT);
	rn_putc(text, '"');
}

static void put_bytes(struct rn_text *text, const uint8_t *bytes, uint32_t length, bool cut)
{
	bool any = false;

	rn_puts(text, " (");
	for (uint32_t i = 0; i < length; i++) {
		any |= is_printable(bytes[i]);
		if (i)
			rn_putc(text, ':');
		rn_put_hex_wide(text, bytes[i], 2, '0');
	}
	if (cut)
		rn_puts(text, ", " CUT);
	rn_putc(text, ')');
	if (!any)
		return;
	rn_puts(text, " \"");
	put_printable(text, bytes, length);
	rn_putc(text, '"');
	if (cut)
		rn_puts(text, CUT);
}

void rn_put_saved(struct rn_text *text, const struct rn_event *event, const struct rn_saved_arg *arg, uint32_t at)
{
	uint32_t length;
	const uint8_t *bytes = rn_saved_at(event, at, &length);

	if (!bytes || arg->kind == RN_SAVED_IMAGE)
		return;
	if (arg->kind == RN_SAVED_TEXT)
		put_text(text, bytes, length);
	else
		put_bytes(text, bytes, length, arg->count < RN_ARGS && event->values[1 + arg->count].number > length);
}
