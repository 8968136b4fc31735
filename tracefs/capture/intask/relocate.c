/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions at another address: displacements to rip and distances of jumps still lead where they led. */
#include <string.h>

#include "tracefs/capture/intask/insn.h"
#include "tracefs/capture/intask/sites.h"

#define LONG_JCC 6u /* 0x0f 0x80+condition, and 4 bytes of distance */

static bool fits(uint64_t from, uint64_t to, int32_t *distance)
{
	int64_t d = (int64_t)(to - from);

	*distance = (int32_t)d;
	return d == *distance;
}

static bool put_jcc(const struct insn *insn, uint64_t target, uint64_t to, uint8_t *out)
{
	int32_t distance;

	if (!fits(to + LONG_JCC, target, &distance))
		return false;
	out[0] = 0x0f;
	out[1] = 0x80 | insn->condition;
	memcpy(out + 2, &distance, sizeof(distance));
	return true;
}

static bool put_plain(const struct insn *insn, const uint8_t *code, uint64_t address, uint64_t to, uint8_t *out)
{
	int32_t distance;

	memcpy(out, code, insn->length);
	if (!insn->rip_at)
		return true;
	if (!fits(to + insn->length, insn_rip_operand(insn, code, address), &distance))
		return false;
	memcpy(out + insn->rip_at, &distance, sizeof(distance));
	return true;
}

bool site_relocate(const struct site *site, const uint8_t *code, uint64_t address, uint64_t to, struct site_stub *out)
{
	uint32_t at = 0;

	out->length = out->moves = 0;
	while (at < site->span) {
		struct insn insn;
		bool done;

		if (!insn_decode(code + at, site->span - at, &insn) || out->moves == SITE_MOVES_MAX ||
		    out->length + INSN_MAX > SITE_STUB_MAX)
			return false;
		if (at == 0 && insn.length != site->patch)
			return false;
		out->move[out->moves++] = (struct site_move){.from = (uint8_t)at, .to = (uint8_t)out->length};
		if (insn.kind == INSN_JCC)
			done = put_jcc(&insn, insn_target(&insn, code + at, address + at), to + out->length,
				       out->code + out->length);
		else
			done = insn.kind == INSN_PLAIN &&
			       put_plain(&insn, code + at, address + at, to + out->length, out->code + out->length);
		if (!done)
			return false;
		out->length += insn.kind == INSN_JCC ? LONG_JCC : insn.length;
		at += insn.length;
	}
	return at == site->span && at;
}

bool site_jump(uint64_t from, uint64_t to, uint8_t out[SITE_PATCH])
{
	int32_t distance;

	if (!fits(from + SITE_PATCH, to, &distance))
		return false;
	out[0] = 0xe9;
	memcpy(out + 1, &distance, sizeof(distance));
	return true;
}

uint32_t site_original(const struct site *site, const struct site_stub *stub, uint32_t at)
{
	for (uint32_t i = 0; i < stub->moves; i++)
		if (stub->move[i].to >= at)
			return stub->move[i].from;
	return site->span;
}
