/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracefs/capture/payload/fds.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEEPEST 8 /* structures in structures */

void cap_fds_init(struct cap_fds *fds)
{
	fds->n = fds->used = 0;
	fds->handle_of = 0;
	fds->handle = -1;
	cap_peers_init(&fds->peers);
}

void cap_fds_deinit(struct cap_fds *fds)
{
	if (fds->handle >= 0)
		close(fds->handle);
	cap_peers_deinit(&fds->peers);
}

void cap_fds_begin(struct cap_fds *fds, int32_t tid, int32_t tgid)
{
	fds->tid = tid;
	fds->tgid = tgid;
	fds->n = fds->used = 0;
}

static bool is_known(const struct cap_fds *fds, int32_t fd)
{
	for (uint32_t i = 0; i < fds->n; i++)
		if (fds->seen[i] == fd)
			return true;
	return false;
}

/* A text that was cut must not look as if it was whole. */
static uint32_t without_end(const char *text, uint32_t length)
{
	while (length && text[length - 1] == '>')
		length--;
	return length;
}

static uint32_t read_link(struct cap_fds *fds, int32_t fd, char *out, uint32_t room)
{
	static const char socket[] = "socket:[";
	char path[48];
	uint32_t length, better;
	ssize_t got;

	if (fd == AT_FDCWD)
		snprintf(path, sizeof(path), "/proc/%d/cwd", fds->tid);
	else
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", fds->tid, fd);
	got = readlink(path, out, room);
	if (got <= 0)
		return 0;
	length = (uint32_t)got;
	if (length > sizeof(socket) && length < room && memcmp(out, socket, sizeof(socket) - 1) == 0) {
		out[length] = 0;
		better = cap_socket_text(fds, fd, strtoull(out + sizeof(socket) - 1, NULL, 10), out, room);
		length = better ? better : length;
	}
	return length;
}

void cap_fds_look(struct cap_fds *fds, int32_t fd)
{
	char text[CAP_FD_TEXT], number[16];
	uint32_t head, length, room;
	bool cut;

	if ((fd < 0 && fd != AT_FDCWD) || fds->n == CAP_FDS || is_known(fds, fd))
		return;
	fds->seen[fds->n++] = fd;
	head = (uint32_t)(fd == AT_FDCWD ? snprintf(number, sizeof(number), "AT_FDCWD<")
					 : snprintf(number, sizeof(number), "%d<", fd));
	length = read_link(fds, fd, text, sizeof(text));
	if (!length || fds->used + head + 2 > CAP_FDS_TEXT)
		return;
	room = CAP_FDS_TEXT - fds->used - head - 2;
	cut = length == sizeof(text) || length > room;
	if (cut)
		length = without_end(text, length < room ? length : room);
	memcpy(fds->text + fds->used, number, head);
	memcpy(fds->text + fds->used + head, text, length);
	fds->used += head + length;
	if (!cut)
		fds->text[fds->used++] = '>';
	fds->text[fds->used++] = 0;
}

static void look_within(struct cap_fds *fds, struct tt_scope scope, const struct tt_type *type, const uint8_t *bytes,
			uint32_t length, unsigned depth);

static void look_at_elements(struct cap_fds *fds, struct tt_scope scope, const struct tt_type *type,
			     const uint8_t *bytes, uint32_t length, unsigned depth)
{
	const struct tt_type *target = TT_TYPE(scope.call->table, type->target);
	uint32_t element = tt_fixed_size(target);
	uint64_t count;

	if (!element)
		return;
	if (!tt_count(type, &scope, &count))
		count = length / element;
	for (uint64_t i = 0; i < count && (i + 1) * element <= length; i++)
		look_within(fds, scope, target, bytes + i * element, element, depth + 1);
}

static void look_at_records(struct cap_fds *fds, struct tt_scope scope, const struct tt_type *type,
			    const uint8_t *bytes, uint32_t length, unsigned depth)
{
	const struct tt_type *target = TT_TYPE(scope.call->table, type->target);
	const struct tt_number *size = TT_AT(scope.call->table, numbers, struct tt_number) + type->first;

	while (length >= target->size) {
		int64_t own;

		scope.data = bytes;
		scope.size = length;
		if (!tt_number(size, &scope, &own) || own < (int64_t)target->size || own > length)
			return;
		look_within(fds, scope, target, bytes, (uint32_t)own, depth + 1);
		own = (own + type->align - 1) / type->align * type->align;
		if (own > length)
			return;
		bytes += own;
		length -= (uint32_t)own;
	}
}

static void look_at_members(struct cap_fds *fds, struct tt_scope scope, const struct tt_type *type,
			    const uint8_t *bytes, uint32_t length, unsigned depth)
{
	const struct tt_member *members[TT_MEMBERS];
	unsigned n;

	scope.data = bytes;
	scope.size = length;
	n = tt_members(&scope, type, members);
	for (unsigned i = 0; i < n; i++) {
		const struct tt_type *of = TT_TYPE(scope.call->table, members[i]->type);

		if (members[i]->offset < length)
			look_within(fds, scope, of, bytes + members[i]->offset, length - members[i]->offset, depth + 1);
	}
}

static void look_within(struct cap_fds *fds, struct tt_scope scope, const struct tt_type *type, const uint8_t *bytes,
			uint32_t length, unsigned depth)
{
	if (!(type->flags & TT_HOLDS_FDS) || depth > DEEPEST)
		return;
	switch (type->kind) {
	case TT_INT:
		if (length >= type->width && (int32_t)tt_load(bytes, type->width, type->is_signed) >= 0)
			cap_fds_look(fds, (int32_t)tt_load(bytes, type->width, type->is_signed));
		break;
	case TT_ENUM:
		if (length >= type->width)
			cap_fds_look(fds, (int32_t)tt_load(bytes, type->width, type->is_signed));
		break;
	case TT_CUSTOM: /* fd_set: a bit each */
		for (uint32_t i = 0; i < 8 * length; i++)
			if (bytes[i / 8] >> i % 8 & 1)
				cap_fds_look(fds, (int32_t)i);
		break;
	case TT_STRUCT:
		look_at_members(fds, scope, type, bytes, length, depth);
		break;
	case TT_ARRAY:
		look_at_elements(fds, scope, type, bytes, length, depth);
		break;
	case TT_RECORDS:
		look_at_records(fds, scope, type, bytes, length, depth);
		break;
	}
}

void cap_fds_within(struct cap_fds *fds, struct tt_scope scope, const struct tt_type *type, const uint8_t *bytes,
		    uint32_t length)
{
	look_within(fds, scope, type, bytes, length, 0);
}
