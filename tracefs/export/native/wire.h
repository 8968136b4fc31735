/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The wire format of protocol buffers, into bytes for which room was made before:
 * protobuf.dev/programming-guides/encoding.
 */
#ifndef TRACEFS_EXPORT_WIRE_H
#define TRACEFS_EXPORT_WIRE_H

#include <stdint.h>
#include <string.h>

#define WI_VARINT 0u
#define WI_BYTES 2u
#define WI_LONGEST 10u /* bytes of a number */

static inline unsigned char *wi_varint(unsigned char *at, uint64_t value)
{
	while (value > 127) {
		*at++ = (unsigned char)(value | 128);
		value >>= 7;
	}
	*at++ = (unsigned char)value;
	return at;
}

static inline unsigned wi_size(uint64_t value)
{
	return (unsigned)(9 * (63 - __builtin_clzll(value | 1)) + 73) / 64;
}

static inline unsigned char *wi_number(unsigned char *at, unsigned field, uint64_t value)
{
	return wi_varint(wi_varint(at, field << 3 | WI_VARINT), value);
}

static inline unsigned char *wi_begin(unsigned char *at, unsigned field, uint64_t length)
{
	return wi_varint(wi_varint(at, field << 3 | WI_BYTES), length);
}

static inline unsigned char *wi_bytes(unsigned char *at, unsigned field, const char *bytes, size_t length)
{
	at = wi_begin(at, field, length);
	memcpy(at, bytes, length);
	return at + length;
}

#endif
