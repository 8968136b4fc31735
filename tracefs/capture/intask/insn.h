/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long an x86-64 instruction is, and whether it may run at another address.
 *
 * This is no disassembler: it knows lengths (Intel SDM volume 2, chapter 2 and appendix A), not meanings. What it does
 * not know for certain it refuses, and the caller then leaves that code alone.
 */
#ifndef TRACEFS_INTASK_INSN_H
#define TRACEFS_INTASK_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INSN_MAX 15u /* bytes of the longest instruction */

enum insn_kind {
	INSN_PLAIN,   /* execution goes on behind it, wherever it stands */
	INSN_JCC,     /* a conditional jump with a condition code: 0x70..0x7f, 0x0f 0x80..0x8f */
	INSN_LOOP,    /* loop, loope, loopne, jrcxz: conditional, and there is no long form of it */
	INSN_JMP,     /* a direct jump */
	INSN_CALL,    /* a call, direct or not: it tells its own address to the function called */
	INSN_SYSCALL, /* `syscall` */
	INSN_END,     /* execution does not go on behind it: ret, an indirect jump, ud2, hlt */
	INSN_FIXED    /* anything else that must stay where it is: interrupts, xbegin */
};

struct insn {
	uint8_t length;    /* in bytes */
	uint8_t kind;      /* enum insn_kind */
	uint8_t condition; /* of INSN_JCC: its condition code, 0 to 15 */
	uint8_t rip_at;    /* where in the instruction its 32-bit displacement to rip stands; 0: it has none */
	uint8_t rel_at;    /* where the distance of a direct jump or call stands; 0: it has none */
	uint8_t rel_size;  /* 1 or 4 bytes */
};

/*
 * Decodes the instruction at code, of which room bytes can be read. False: it is not known, or does not end within
 * room.
 */
bool insn_decode(const uint8_t *code, size_t room, struct insn *out);

/*
 * The target of a direct jump or call, and what a displacement to rip leads to, of an instruction that stands at
 * address.
 */
uint64_t insn_target(const struct insn *insn, const uint8_t *code, uint64_t address);
uint64_t insn_rip_operand(const struct insn *insn, const uint8_t *code, uint64_t address);

#endif
