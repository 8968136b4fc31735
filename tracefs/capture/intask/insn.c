/* SPDX-License-Identifier: GPL-2.0-only */
/* The opcode maps as tables of what follows an opcode, and the walk over one instruction. */
#include "tracefs/capture/intask/insn.h"

#include <string.h>

/* What follows an opcode. */
enum {
	M = 1 << 0,  /* a ModRM byte, with its SIB byte and displacement */
	I1 = 1 << 1, /* a byte */
	I2 = 1 << 2, /* two bytes */
	IZ = 1 << 3, /* four bytes; two with an operand size prefix */
	R1 = 1 << 4, /* a distance of one byte */
	R4 = 1 << 5, /* a distance of four bytes */
	UD = 1 << 6, /* not an instruction of 64-bit code, or not known here */
	SP = 1 << 7, /* one of the special cases in decode_special() */
};

static const uint8_t one_byte[256] = {[0x00 ... 0x03] = M,
				      [0x04] = I1,
				      [0x05] = IZ,
				      [0x06 ... 0x07] = UD,
				      [0x08 ... 0x0b] = M,
				      [0x0c] = I1,
				      [0x0d] = IZ,
				      [0x0e] = UD,
				      [0x10 ... 0x13] = M,
				      [0x14] = I1,
				      [0x15] = IZ,
				      [0x16 ... 0x17] = UD,
				      [0x18 ... 0x1b] = M,
				      [0x1c] = I1,
				      [0x1d] = IZ,
				      [0x1e ... 0x1f] = UD,
				      [0x20 ... 0x23] = M,
				      [0x24] = I1,
				      [0x25] = IZ,
				      [0x27] = UD,
				      [0x28 ... 0x2b] = M,
				      [0x2c] = I1,
				      [0x2d] = IZ,
				      [0x2f] = UD,
				      [0x30 ... 0x33] = M,
				      [0x34] = I1,
				      [0x35] = IZ,
				      [0x37] = UD,
				      [0x38 ... 0x3b] = M,
				      [0x3c] = I1,
				      [0x3d] = IZ,
				      [0x3f] = UD,
				      [0x60 ... 0x62] = UD,
				      [0x63] = M,
				      [0x68] = IZ,
				      [0x69] = M | IZ,
				      [0x6a] = I1,
				      [0x6b] = M | I1,
				      [0x70 ... 0x7f] = R1,
				      [0x80] = M | I1,
				      [0x81] = M | IZ,
				      [0x82] = UD,
				      [0x83] = M | I1,
				      [0x84 ... 0x8e] = M,
				      [0x8f] = M | SP,
				      [0x9a] = UD,
				      [0xa0 ... 0xa3] = SP,
				      [0xa8] = I1,
				      [0xa9] = IZ,
				      [0xb0 ... 0xb7] = I1,
				      [0xb8 ... 0xbf] = SP,
				      [0xc0 ... 0xc1] = M | I1,
				      [0xc2] = I2,
				      [0xc4 ... 0xc5] = UD,
				      [0xc6] = M | I1 | SP,
				      [0xc7] = M | IZ | SP,
				      [0xc8] = I2 | I1,
				      [0xca] = I2,
				      [0xcd] = I1,
				      [0xce] = UD,
				      [0xd0 ... 0xd3] = M,
				      [0xd4 ... 0xd6] = UD,
				      [0xd8 ... 0xdf] = M,
				      [0xe0 ... 0xe3] = R1,
				      [0xe4 ... 0xe7] = I1,
				      [0xe8 ... 0xe9] = R4,
				      [0xea] = UD,
				      [0xeb] = R1,
				      [0xf6 ... 0xf7] = M | SP,
				      [0xfe] = M | SP,
				      [0xff] = M | SP};

static const uint8_t after_0f[256] = {[0x00 ... 0x03] = M,
				      [0x04] = UD,
				      [0x0a] = UD,
				      [0x0c] = UD,
				      [0x0d] = M,
				      [0x0f] = M | I1,
				      [0x10 ... 0x1f] = M,
				      [0x20 ... 0x27] = UD,
				      [0x28 ... 0x2f] = M,
				      [0x35 ... 0x36] = UD,
				      [0x38 ... 0x3f] = UD,
				      [0x40 ... 0x6f] = M,
				      [0x70 ... 0x73] = M | I1,
				      [0x74 ... 0x76] = M,
				      [0x78] = M | SP,
				      [0x79] = M,
				      [0x7a ... 0x7b] = UD,
				      [0x7c ... 0x7f] = M,
				      [0x80 ... 0x8f] = R4,
				      [0x90 ... 0x9f] = M,
				      [0xa3] = M,
				      [0xa4] = M | I1,
				      [0xa5] = M,
				      [0xa6 ... 0xa7] = UD,
				      [0xab] = M,
				      [0xac] = M | I1,
				      [0xad ... 0xaf] = M,
				      [0xb0 ... 0xb7] = M,
				      [0xb8] = M | SP,
				      [0xb9] = M,
				      [0xba] = M | I1,
				      [0xbb ... 0xc1] = M,
				      [0xc2] = M | I1,
				      [0xc3] = M,
				      [0xc4 ... 0xc6] = M | I1,
				      [0xc7] = M,
				      [0xd0 ... 0xff] = M};

/* An instruction while it is decoded. */
struct cursor {
	const uint8_t *code;
	size_t room; /* bytes that may be read */
	size_t at;   /* bytes read so far */
	uint8_t rex; /* 0: none */
	bool operand_size, address_size, rep, repne;
};

static bool take(struct cursor *c, uint8_t *byte)
{
	if (c->at >= c->room)
		return false;
	*byte = c->code[c->at++];
	return true;
}

static bool skip(struct cursor *c, size_t bytes)
{
	if (bytes > c->room - c->at)
		return false;
	c->at += bytes;
	return true;
}

static bool take_prefixes(struct cursor *c, uint8_t *opcode)
{
	for (;;) {
		if (!take(c, opcode))
			return false;
		switch (*opcode) {
		case 0x66:
			c->operand_size = true;
			break;
		case 0x67:
			c->address_size = true;
			break;
		case 0xf2:
			c->repne = true;
			break;
		case 0xf3:
			c->rep = true;
			break;
		case 0x26:
		case 0x2e:
		case 0x36:
		case 0x3e:
		case 0x64:
		case 0x65:
		case 0xf0:
			break;
		case 0x40 ... 0x4f: /* it counts only right before the opcode: what follows decides */
			c->rex = *opcode;
			continue;
		default:
			return true;
		}
		c->rex = 0;
	}
}

static bool take_modrm(struct cursor *c, struct insn *out, uint8_t *modrm)
{
	uint8_t sib, mod, rm;

	if (!take(c, modrm))
		return false;
	mod = *modrm >> 6;
	rm = *modrm & 7;
	if (mod == 3)
		return true;
	if (rm == 4) {
		if (!take(c, &sib))
			return false;
		if (mod == 0 && (sib & 7) == 5)
			return skip(c, 4);
	} else if (mod == 0 && rm == 5) {
		if (c->address_size)
			return false; /* relative to eip: nobody writes this */
		out->rip_at = (uint8_t)c->at;
		return skip(c, 4);
	}
	return mod == 0 || skip(c, mod == 1 ? 1 : 4);
}

static size_t iz(const struct cursor *c)
{
	return c->operand_size && !(c->rex & 8) ? 2 : 4;
}

/* Opcodes of the first map whose form depends on more than the opcode. */
static bool decode_special(struct cursor *c, struct insn *out, uint8_t opcode, uint8_t modrm)
{
	uint8_t reg = modrm >> 3 & 7;

	switch (opcode) {
	case 0x8f: /* pop; with another reg AMD's XOP, which is long gone */
		return reg == 0;
	case 0xa0 ... 0xa3:
		return skip(c, c->address_size ? 4 : 8);
	case 0xb8 ... 0xbf:
		return skip(c, c->rex & 8 ? 8 : iz(c));
	case 0xc6:
	case 0xc7: /* mov; xabort and xbegin have 0xf8 for a ModRM byte */
		if (modrm == 0xf8)
			out->kind = INSN_FIXED;
		return reg == 0 || modrm == 0xf8;
	case 0xf6:
		return reg > 1 || skip(c, 1);
	case 0xf7:
		return reg > 1 || skip(c, iz(c));
	case 0xfe:
		return reg < 2;
	default: /* 0xff */
		if (reg == 2 || reg == 3)
			out->kind = INSN_CALL;
		else if (reg == 4 || reg == 5)
			out->kind = INSN_END;
		return reg != 7;
	}
}

static bool take_operands(struct cursor *c, struct insn *out, uint8_t follows, uint8_t *modrm)
{
	if (follows & UD)
		return false;
	if (follows & M && !take_modrm(c, out, modrm))
		return false;
	if (follows & I2 && !skip(c, 2))
		return false;
	if (follows & I1 && !skip(c, 1))
		return false;
	if (follows & IZ && !skip(c, iz(c)))
		return false;
	if (follows & (R1 | R4)) {
		if (c->operand_size && !(c->rex & 8))
			return false; /* two bytes for AMD, four for Intel */
		out->rel_at = (uint8_t)c->at;
		out->rel_size = follows & R1 ? 1 : 4;
		return skip(c, out->rel_size);
	}
	return true;
}

static uint8_t kind_of_one_byte(uint8_t opcode)
{
	switch (opcode) {
	case 0x70 ... 0x7f:
		return INSN_JCC;
	case 0xe0 ... 0xe3:
		return INSN_LOOP;
	case 0xe9:
	case 0xeb:
		return INSN_JMP;
	case 0xe8:
		return INSN_CALL;
	case 0xc2:
	case 0xc3:
	case 0xca:
	case 0xcb:
	case 0xcf:
	case 0xf4:
	case 0xcc:
		return INSN_END;
	case 0xcd:
	case 0xf1:
		return INSN_FIXED;
	default:
		return INSN_PLAIN;
	}
}

static uint8_t kind_after_0f(uint8_t opcode)
{
	switch (opcode) {
	case 0x05:
		return INSN_SYSCALL;
	case 0x07:
	case 0x0b:
	case 0xb9:
	case 0xff:
		return INSN_END;
	case 0x34:
		return INSN_FIXED;
	case 0x80 ... 0x8f:
		return INSN_JCC;
	default:
		return INSN_PLAIN;
	}
}

/* Maps 1 (0x0f), 2 (0x0f 0x38) and 3 (0x0f 0x3a), also as VEX and EVEX select them; EVEX has 5 and 6, too. */
static bool decode_vector(struct cursor *c, struct insn *out, unsigned map)
{
	uint8_t opcode, modrm;

	if (!take(c, &opcode))
		return false;
	switch (map) {
	case 1:
		if (opcode == 0x77)
			return true; /* vzeroupper */
		return take_operands(c, out, M | (after_0f[opcode] & I1), &modrm);
	case 2:
	case 5:
	case 6:
		return take_operands(c, out, M, &modrm);
	case 3:
		return take_operands(c, out, M | I1, &modrm);
	default:
		return false;
	}
}

static bool decode_after_0f(struct cursor *c, struct insn *out)
{
	uint8_t opcode, modrm = 0;

	if (!take(c, &opcode))
		return false;
	if (opcode == 0x38 || opcode == 0x3a) {
		uint8_t third;

		return take(c, &third) && take_operands(c, out, opcode == 0x38 ? M : M | I1, &modrm);
	}
	if (opcode == 0x78 && (c->operand_size || c->repne))
		return false; /* SSE4a's extrq and insertq */
	if (opcode == 0xb8 && !c->rep)
		return false; /* without the prefix it is not popcnt */
	out->kind = kind_after_0f(opcode);
	out->condition = opcode & 15;
	return take_operands(c, out, after_0f[opcode], &modrm);
}

static bool decode_prefixed_vector(struct cursor *c, struct insn *out, uint8_t opcode)
{
	uint8_t first;

	if (c->rex || c->operand_size || c->rep || c->repne || !take(c, &first))
		return false;
	if (opcode == 0xc5)
		return decode_vector(c, out, 1);
	if (opcode == 0xc4)
		return skip(c, 1) && decode_vector(c, out, first & 31);
	return skip(c, 2) && decode_vector(c, out, first & 7); /* 0x62: EVEX */
}

bool insn_decode(const uint8_t *code, size_t room, struct insn *out)
{
	struct cursor c = {.code = code, .room = room < INSN_MAX ? room : INSN_MAX};
	uint8_t opcode, modrm = 0;
	bool known;

	*out = (struct insn){.kind = INSN_PLAIN};
	if (!take_prefixes(&c, &opcode))
		return false;
	if (opcode == 0x0f) {
		known = decode_after_0f(&c, out);
	} else if (opcode == 0xc4 || opcode == 0xc5 || opcode == 0x62) {
		known = decode_prefixed_vector(&c, out, opcode);
	} else {
		out->kind = kind_of_one_byte(opcode);
		out->condition = opcode & 15;
		known = take_operands(&c, out, one_byte[opcode], &modrm) &&
			(!(one_byte[opcode] & SP) || decode_special(&c, out, opcode, modrm));
	}
	out->length = (uint8_t)c.at;
	return known;
}

static int64_t distance(const uint8_t *at, unsigned size)
{
	int32_t four;

	if (size == 1)
		return (int8_t)*at;
	memcpy(&four, at, sizeof(four));
	return four;
}

uint64_t insn_target(const struct insn *insn, const uint8_t *code, uint64_t address)
{
	return address + insn->length + (uint64_t)distance(code + insn->rel_at, insn->rel_size);
}

uint64_t insn_rip_operand(const struct insn *insn, const uint8_t *code, uint64_t address)
{
	return address + insn->length + (uint64_t)distance(code + insn->rip_at, 4);
}
