// SPDX-License-Identifier: GPL-2.0-only
/* Numbers: names of enumerations, bits of flags, and the styles of those that have no name. */
#include <sys/sysmacros.h>

#include "tracefs/render/typed/typed.h"

#define MAX_ERRNO 4095

static void put_prefixed_hex(struct rn_text *text, uint64_t value)
{
	rn_puts(text, "0x");
	rn_put_hex(text, value);
}

static void put_octal(struct rn_text *text, uint64_t value, unsigned width)
{
	char digits[RN_DIGITS], *end = digits + sizeof(digits), *at = rn_digits(end, value, 8, false);

	rn_pad(text, '0', (int)width - (int)(end - at));
	rn_put(text, at, (size_t)(end - at));
}

static void put_call(struct rn_text *text, const char *name, uint64_t value)
{
	rn_put(text, name, strlen(name));
	rn_putc(text, '(');
	rn_put_dec(text, value);
	rn_putc(text, ')');
}

static void put_ioctl(struct rn_text *text, uint64_t command)
{
	static const char *const directions[] = {"_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE"};
	const char *direction = directions[command >> 30 & 3];

	rn_puts(text, "_IOC(");
	rn_put(text, direction, strlen(direction));
	rn_puts(text, ", ");
	rn_typed_style(text, (int64_t)(command >> 8 & 0xff), TT_HEX, false);
	rn_puts(text, ", ");
	rn_typed_style(text, (int64_t)(command & 0xff), TT_HEX, false);
	rn_puts(text, ", ");
	rn_typed_style(text, (int64_t)(command >> 16 & 0x3fff), TT_HEX, false);
	rn_putc(text, ')');
}

void rn_typed_style(struct rn_text *text, int64_t value, unsigned style, bool is_signed)
{
	uint64_t plain = (uint64_t)value;

	if (is_signed && value < 0 && (style == TT_HEX || style == TT_PTR || style == TT_OCT)) {
		rn_putc(text, '-');
		plain = -plain;
	}
	switch (style) {
	case TT_X8:
	case TT_X16:
	case TT_X32:
	case TT_HEX:
		if (plain)
			put_prefixed_hex(text, plain);
		else
			rn_putc(text, '0');
		break;
	case TT_PTR:
		if (plain)
			put_prefixed_hex(text, plain);
		else
			rn_puts(text, "NULL");
		break;
	case TT_OCT:
		rn_putc(text, '0');
		put_octal(text, plain, 2);
		break;
	case TT_DEV:
		rn_puts(text, "makedev(");
		put_prefixed_hex(text, major(plain));
		rn_puts(text, ", ");
		put_prefixed_hex(text, minor(plain));
		rn_putc(text, ')');
		break;
	case TT_PORT:
		put_call(text, "htons", __builtin_bswap16((uint16_t)plain));
		break;
	case TT_HTONL:
		put_call(text, "htonl", __builtin_bswap32((uint32_t)plain));
		break;
	case TT_INET4:
		rn_puts(text, "inet_addr(\"");
		for (unsigned i = 0; i < 4; i++) {
			if (i)
				rn_putc(text, '.');
			rn_put_dec(text, plain >> 8 * i & 0xff);
		}
		rn_puts(text, "\")");
		break;
	case TT_UID:
	case TT_GID:
		rn_typed_decimal(text, !is_signed && plain == UINT32_MAX ? UINT64_MAX : plain,
				 is_signed || plain == UINT32_MAX);
		break;
	case TT_CHAR:
		if (value >= 32 && value < 127) {
			rn_putc(text, '\'');
			rn_putc(text, (char)value);
			rn_putc(text, '\'');
		} else {
			put_prefixed_hex(text, plain);
		}
		break;
	case TT_KIB:
		if (plain > 1024 && plain % 1024 == 0) {
			rn_put_dec(text, plain / 1024);
			rn_puts(text, "*1024");
		} else {
			rn_put_dec(text, plain);
		}
		break;
	case TT_KVER:
		rn_puts(text, "KERNEL_VERSION(");
		rn_put_dec(text, plain >> 16);
		rn_puts(text, ", ");
		rn_put_dec(text, plain >> 8 & 0xff);
		rn_puts(text, ", ");
		rn_put_dec(text, plain & 0xff);
		rn_putc(text, ')');
		break;
	case TT_IOCTL:
		put_ioctl(text, plain);
		break;
	default:
		rn_typed_decimal(text, plain, is_signed);
	}
}

static const struct tt_entry *find(const struct tt_table *table, const struct tt_type *type, uint64_t value)
{
	const struct tt_entry *entries = TT_AT(table, entries, struct tt_entry) + type->first;
	uint32_t low = 0, high = type->n;
	uint64_t place = high ? value - entries->value : 0;

	if (place < high && entries[place].value == value) /* most count from the first without a gap */
		return &entries[place];
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		uint64_t at = entries[middle].value;

		if (at == value)
			return &entries[middle];
		if (type->is_signed ? (int64_t)at < (int64_t)value : at < value)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static void put_between(struct rn_text *text, bool *any)
{
	if (*any)
		rn_putc(text, '|');
	*any = true;
}

static void put_part(struct rn_text *text, const struct tt_table *table, const struct tt_entry *entry, uint64_t value)
{
	const struct tt_type *type = TT_TYPE(table, entry->sub);

	value = (value & entry->mask) >> __builtin_ctzll(entry->mask);
	if (tt_is_number(type))
		rn_typed_number(text, table, type, value, (struct rn_fds){NULL, 0});
	else
		rn_typed_style(text, (int64_t)value, TT_HEX, false);
	if (entry->name != TT_NONE) {
		rn_puts(text, "<<");
		rn_typed_name(text, table, entry->name, 0);
	}
}

/* Each entry that matches takes its bits away from those after it. */
static void put_flags(struct rn_text *text, const struct tt_table *table, const struct tt_type *type, uint64_t value)
{
	const struct tt_entry *entry = TT_AT(table, entries, struct tt_entry) + type->first;
	uint64_t whole = tt_fit(UINT64_MAX, type->width, false), rest = value, free = whole;
	bool any = false, zeros = type->flags & TT_NAMES_ZERO;

	for (uint32_t i = 0; i < type->n && (value & free || zeros); i++, entry++) {
		uint64_t mask = entry->mask & whole;

		if (entry->sub != TT_NONE) {
			if (!(rest & mask))
				continue;
			put_between(text, &any);
			put_part(text, table, entry, rest);
			rest &= ~mask;
		} else if (mask && (mask & free) == mask && (value & mask) == (entry->value & whole)) {
			if (!entry->value && entry->mask == UINT64_MAX && value)
				continue;
			put_between(text, &any);
			rn_typed_name(text, table, entry->name, 0);
			rest &= ~mask;
			free &= ~mask;
		}
	}
	if (rest || !any) {
		put_between(text, &any);
		rn_typed_style(text, (int64_t)rest, type->style, false);
	}
}

/* NAME(1, X) of the first macro whose bits these are. */
static bool put_macro(struct rn_text *text, const struct tt_table *table, const struct tt_type *type, uint64_t value)
{
	const struct tt_entry *entry = TT_AT(table, entries, struct tt_entry) + type->variants,
			      *end = entry + type->n_variants;

	for (; entry < end; entry += 1 + entry->sub) {
		if ((value & entry->mask) != entry->value)
			continue;
		rn_typed_name(text, table, entry->name, 0);
		rn_putc(text, '(');
		for (uint32_t i = 1; i <= entry->sub; i++) {
			if (i > 1)
				rn_puts(text, ", ");
			put_part(text, table, &entry[i], value);
		}
		rn_putc(text, ')');
		return true;
	}
	return false;
}

/* What stands in network order, named as it is in ours: htons(ETH_P_IP). */
static void put_swapped(struct rn_text *text, const struct tt_table *table, const struct tt_type *type, uint64_t value)
{
	bool is_short = type->style == TT_PORT;
	uint64_t meant = is_short ? __builtin_bswap16((uint16_t)value) : __builtin_bswap32((uint32_t)value);
	const struct tt_entry *entry = find(table, type, meant);

	if (!entry) {
		rn_typed_style(text, (int64_t)value, type->style, false);
		return;
	}
	if (is_short)
		rn_puts(text, "htons(");
	else
		rn_puts(text, "htonl(");
	rn_typed_name(text, table, entry->name, 0);
	rn_putc(text, ')');
}

static void put_known_flags(struct rn_text *text, const struct tt_table *table, const struct tt_type *type,
			    uint64_t value)
{
	uint64_t place = (value ^ value >> 12) + (uintptr_t)type / sizeof(*type);
	struct rn_memo_slot *slot = text->memo ? &text->memo->slots[place % RN_MEMO_SLOTS] : NULL;
	char *start = text->at;

	if (slot && slot->type == type && slot->value == value) {
		if (slot->length <= RN_SPARE)
			rn_put_spared(text, slot->words, slot->length);
		else
			rn_put(text, slot->words, slot->length);
		return;
	}
	put_flags(text, table, type, value);
	if (slot && !text->full && text->at - start <= RN_MEMO_LONGEST) {
		slot->type = type;
		slot->value = value;
		slot->length = (uint32_t)(text->at - start);
		memcpy(slot->words, start, slot->length);
	}
}

void rn_typed_words(struct rn_text *text, const struct tt_table *table, const struct tt_type *type, uint64_t raw,
		    struct rn_fds fds)
{
	uint64_t value = tt_fit(raw, type->width, type->is_signed);
	const struct tt_entry *entry;

	switch (type->kind) {
	case TT_FLAGS:
		put_known_flags(text, table, type, tt_fit(raw, type->width, false));
		return;
	case TT_ENUM:
		if (type->style == TT_PORT || type->style == TT_HTONL) {
			put_swapped(text, table, type, value);
			break;
		}
		entry = find(table, type, value);
		if (entry)
			rn_typed_name(text, table, entry->name, 0);
		else if (!type->n_variants || !put_macro(text, table, type, value))
			rn_typed_style(text, (int64_t)value, type->style, type->is_signed);
		break;
	case TT_INT:
		rn_typed_style(text, (int64_t)value, type->style, type->is_signed);
		break;
	default:
		rn_typed_style(text, (int64_t)raw, type->kind == TT_POINTER ? TT_PTR : TT_HEX, false);
		return;
	}
	if (type->style == TT_FD && fds.texts)
		rn_typed_fd(text, fds, (int32_t)value);
}

void rn_typed_result(struct rn_text *text, const struct tt_table *table, uint32_t type, int64_t ret, uint32_t errors,
		     struct rn_fds fds)
{
	if (ret < 0 && ret >= -MAX_ERRNO) {
		const struct tt_entry *entry =
			errors == TT_NONE ? NULL : find(table, TT_TYPE(table, errors), (uint64_t)-ret);

		rn_putc(text, '-');
		if (entry)
			rn_typed_name(text, table, entry->name, 0);
		else
			rn_put_signed(text, -ret);
	} else if (type == TT_NONE || TT_TYPE(table, type)->kind >= TT_STRUCT) {
		rn_put_signed(text, ret);
	} else {
		rn_typed_number(text, table, TT_TYPE(table, type), (uint64_t)ret, fds);
	}
}

/* The letter that stands behind a backslash; 0: none. */
static char escape(uint8_t byte)
{
	static const char letters[] = "tnvfr";

	if (byte >= '\t' && byte <= '\r')
		return letters[byte - '\t'];
	return byte == '"' || byte == '\\' ? (char)byte : 0;
}

static bool is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '7';
}

static char *put_escaped(char *at, uint8_t byte, bool digit_follows)
{
	char known = escape(byte);

	*at++ = '\\';
	if (known) {
		*at++ = known;
		return at;
	}
	if (digit_follows || byte >= 0100)
		*at++ = (char)('0' + (byte >> 6));
	if (digit_follows || byte >= 010)
		*at++ = (char)('0' + (byte >> 3 & 7));
	*at++ = (char)('0' + (byte & 7));
	return at;
}

#define LONGEST_ESCAPE 4u

void rn_typed_escaped(struct rn_text *text, uint8_t byte, uint8_t next)
{
	char escaped[LONGEST_ESCAPE];

	rn_put(text, escaped, (size_t)(put_escaped(escaped, byte, is_digit(next)) - escaped));
}

static bool is_plain(uint8_t byte)
{
	return byte >= ' ' && byte < 127 && byte != '"' && byte != '\\';
}

/* The same of eight: no byte has its highest bit set, nor gets it where one of the others would be zero or below. */
static bool are_plain(const uint8_t *bytes)
{
	const uint64_t each = 0x0101010101010101, high = 0x80 * each;
	uint64_t all;

	memcpy(&all, bytes, sizeof(all));
	return !(
		(all | (all + each) | (all - ' ' * each) | ((all ^ '"' * each) - each) | ((all ^ '\\' * each) - each)) &
		high);
}

void rn_typed_quoted(struct rn_text *text, const uint8_t *bytes, uint32_t length, bool complete)
{
	char *at = text->at;

	if ((uint64_t)(text->end - at) < (uint64_t)length * LONGEST_ESCAPE + sizeof("\"\"...")) {
		text->full = true;
		return;
	}
	*at++ = '"';
	for (uint32_t i = 0, next; i < length; i = next) {
		next = length - i < 8 ? length : i + 8;
		if (next - i == 8 && are_plain(bytes + i)) {
			memcpy(at, bytes + i, 8);
			at += 8;
			continue;
		}
		for (; i < next; i++) {
			if (is_plain(bytes[i]))
				*at++ = (char)bytes[i];
			else
				at = put_escaped(at, bytes[i], i + 1 < length && is_digit(bytes[i + 1]));
		}
	}
	*at++ = '"';
	text->at = at;
	if (!complete)
		rn_puts(text, "...");
}
