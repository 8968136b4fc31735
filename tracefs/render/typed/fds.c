// SPDX-License-Identifier: GPL-2.0-only
/* What descriptors stood for: paths with escapes, as in strings; what is no path as it is. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stddef.h>

#include "tracefs/render/typed/typed.h"

struct rn_fds rn_fds_of(const struct rn_event *event)
{
	struct rn_fds fds = {NULL, 0};

	fds.texts = rn_saved_at(event, offsetof(struct ev_sys_enter, fds), &fds.length);
	return fds;
}

#define LARGEST 100 /* of three digits: the kernel has 32 protocols */

int32_t rn_netlink_in(struct rn_fds fds)
{
	static const char name[] = "\0netlink=";
	const uint8_t *at = memmem(fds.texts, fds.length, name, sizeof(name) - 1), *end = fds.texts + fds.length;
	int32_t protocol = 0;

	if (!at)
		return -1;
	at += sizeof(name) - 1;
	if (at == end || *at < '0' || *at > '9')
		return -1;
	for (; at < end && *at >= '0' && *at <= '9' && protocol < LARGEST; at++)
		protocol = 10 * protocol + (*at - '0');
	return protocol;
}

/* Where `3<` ends, if text is of that descriptor; NULL: it is not. */
static const uint8_t *behind_number(const uint8_t *text, const uint8_t *end, int32_t fd)
{
	static const char here[] = "AT_FDCWD<";
	int64_t number = 0;

	if (fd == AT_FDCWD && end - text >= (ptrdiff_t)sizeof(here) - 1 && memcmp(text, here, sizeof(here) - 1) == 0)
		return text + sizeof(here) - 1;
	if (text == end || *text == '<')
		return NULL;
	for (; text < end && *text >= '0' && *text <= '9' && number < UINT32_MAX; text++)
		number = 10 * number + (*text - '0');
	return text < end && *text == '<' && number == fd ? text + 1 : NULL;
}

static void put_described(struct rn_text *text, const uint8_t *at, const uint8_t *end)
{
	bool path = at < end && *at == '/';

	for (; at < end; at++) {
		bool plain = *at >= ' ' && *at < 127;

		if (plain && !(path && (*at == '"' || *at == '\\' || *at == '<' || *at == '>')))
			rn_putc(text, (char)*at);
		else
			rn_typed_escaped(text, *at, at + 1 < end ? at[1] : 0);
	}
}

void rn_typed_fd(struct rn_text *text, struct rn_fds fds, int32_t fd)
{
	static const char deleted[] = " (deleted)";
	const uint32_t suffix = sizeof(deleted) - 1;
	const uint8_t *at = fds.texts, *all = at ? at + fds.length : NULL;

	while (at < all) {
		const uint8_t *nul = memchr(at, 0, (size_t)(all - at)), *end = nul ? nul : all,
			      *said = behind_number(at, end, fd);
		bool whole = said && said < end && end[-1] == '>', gone;

		at = end + 1;
		if (!said)
			continue;
		end -= whole;
		gone = whole && *said == '/' && end - said > suffix && memcmp(end - suffix, deleted, suffix) == 0;
		rn_putc(text, '<');
		put_described(text, said, gone ? end - suffix : end);
		if (!whole)
			rn_puts(text, "...");
		rn_putc(text, '>');
		if (gone)
			rn_put(text, deleted + 1, suffix - 1);
		return;
	}
}

void rn_typed_fd_set(struct rn_text *text, const uint8_t *bytes, uint32_t length, struct rn_fds fds)
{
	bool any = false;

	rn_putc(text, '[');
	for (uint32_t i = 0; i < 8 * length; i++) {
		if (!(bytes[i / 8] >> i % 8 & 1))
			continue;
		if (any)
			rn_putc(text, ' ');
		any = true;
		rn_put_dec(text, i);
		rn_typed_fd(text, fds, (int32_t)i);
	}
	rn_putc(text, ']');
}
