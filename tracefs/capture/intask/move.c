/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions at another address: displacements to rip and distances of jumps still lead where they led. */
#include <errno.h>
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

int site_move(const struct site *site, uint64_t bias, uint64_t to, uint8_t *stub, struct site_step *steps)
{
	uint64_t patch = bias + site->at - site->back;
	uint32_t at = 0, length = 0, step = 0;

	for (; step < site->steps; step++) {
		const uint8_t *code = site->bytes + at;
		struct insn insn;
		bool reaches;

		if (!insn_decode(code, site->back - at, &insn))
			return -EINVAL; /* not what sites_of() saw */
		steps[step] = (struct site_step){.stub = (uint8_t)length, .place = (uint8_t)at};
		if (insn.kind == INSN_JCC)
			reaches = put_jcc(&insn, insn_target(&insn, code, patch + at), to + length, stub + length);
		else
			reaches = put_plain(&insn, code, patch + at, to + length, stub + length);
		if (!reaches)
			return -ERANGE;
		length += insn.kind == INSN_JCC ? LONG_JCC : insn.length;
		at += insn.length;
	}
	steps[step] = (struct site_step){.stub = (uint8_t)length, .place = (uint8_t)at};
	return (int)length;
}
