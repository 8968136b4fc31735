// SPDX-License-Identifier: GPL-2.0-only
/* Instructions of classic BPF programs, as tracefs/syscalls/types/decode/bpf.py has them. */
#include "tracefs/render/typed/typed.h"

enum { LD, LDX, ST, STX, ALU, JMP, RET, MISC };

#define ABSOLUTE 1

static const char *const classes[] = {"LD", "LDX", "ST", "STX", "ALU", "JMP", "RET", "MISC"};
static const char *const sizes[] = {"W", "H", "B", "DW"};
static const char *const modes[] = {"IMM", "ABS", "IND", "MEM", "LEN", "MSH", NULL, NULL};
static const char *const values[] = {"K", "X", "A", NULL};
static const char *const operations[16] = {"ADD", "SUB", "MUL", "DIV", "OR", "AND", "LSH", "RSH", "NEG", "MOD", "XOR"};
static const char *const jumps[16] = {"JA", "JEQ", "JGT", "JGE", "JSET"};
static const struct {
	uint32_t value;
	const char *name;
} actions[] = {
	{0x80000000, "KILL_PROCESS"}, {0, "KILL_THREAD"},    {0x30000, "TRAP"},   {0x50000, "ERRNO"},
	{0x7fc00000, "USER_NOTIF"},   {0x7ff00000, "TRACE"}, {0x7ffc0000, "LOG"}, {0x7fff0000, "ALLOW"},
};
static const char *const ancillary[] = {
	"PROTOCOL", "PKTTYPE", "IFINDEX",   "NLATTR",   "NLATTR_NEST",      "MARK",       "QUEUE",  "HATYPE",
	"RXHASH",   "CPU",     "ALU_XOR_X", "VLAN_TAG", "VLAN_TAG_PRESENT", "PAY_OFFSET", "RANDOM", "VLAN_TPID"};
static const struct {
	uint32_t start;
	const char *name;
} areas[] = {{0xfffff000, "SKF_AD_OFF+"}, {0xfff00000, "SKF_NET_OFF+"}, {0xffe00000, "SKF_LL_OFF+"}};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void put_name(struct rn_text *text, const char *name)
{
	rn_put(text, name, strlen(name));
}

static void put_hex(struct rn_text *text, uint32_t value)
{
	rn_typed_style(text, value, TT_HEX, false);
}

static void put_bits(struct rn_text *text, uint32_t bits)
{
	if (bits) {
		rn_putc(text, '|');
		put_hex(text, bits);
	}
}

static void put_named(struct rn_text *text, const char *name, uint32_t bits)
{
	if (name) {
		rn_puts(text, "|BPF_");
		put_name(text, name);
	} else {
		put_bits(text, bits);
	}
}

static void put_code(struct rn_text *text, uint32_t code)
{
	unsigned kind = code & 7;
	uint32_t rest = code & 0xff00;

	rn_puts(text, "BPF_");
	put_name(text, classes[kind]);
	switch (kind) {
	case LD:
	case LDX:
		put_named(text, sizes[code >> 3 & 3], 0);
		put_named(text, modes[code >> 5 & 7], code & 0xe0);
		break;
	case ALU:
	case JMP:
		put_named(text, values[code >> 3 & 1], 0);
		put_named(text, (kind == ALU ? operations : jumps)[code >> 4 & 15], code & 0xf0);
		break;
	case RET:
		put_named(text, values[code >> 3 & 3], code & 0x18);
		rest = code & 0xffe0;
		break;
	case MISC:
		put_named(text, !(code & 0xf8) ? "TAX" : (code & 0xf8) == 0x80 ? "TXA" : NULL, code & 0xf8);
		break;
	default:
		rest = code & 0xfff8;
	}
	put_bits(text, rest);
}

static bool put_action(struct rn_text *text, uint32_t k)
{
	for (unsigned i = 0; i < COUNT(actions); i++) {
		if (actions[i].value != (k & 0xffff0000))
			continue;
		rn_puts(text, "SECCOMP_RET_");
		put_name(text, actions[i].name);
		put_bits(text, k & 0xffff);
		return true;
	}
	return false;
}

static bool put_area(struct rn_text *text, uint32_t k)
{
	for (unsigned i = 0; i < COUNT(areas); i++) {
		uint32_t offset = k - areas[i].start;

		if (k < areas[i].start)
			continue;
		put_name(text, areas[i].name);
		if (!i && offset % 4 == 0 && offset / 4 < COUNT(ancillary)) {
			rn_puts(text, "SKF_AD_");
			put_name(text, ancillary[offset / 4]);
		} else {
			rn_put_dec(text, offset);
		}
		return true;
	}
	return false;
}

void rn_typed_filter(struct rn_text *text, const uint8_t *bytes, bool seccomp)
{
	uint32_t code = (uint32_t)tt_load(bytes, 2, false), k = (uint32_t)tt_load(bytes + 4, 4, false);
	bool jump = bytes[2] || bytes[3], named;

	rn_puts(text, "BPF_");
	put_name(text, jump ? "JUMP(" : "STMT(");
	put_code(text, code);
	rn_puts(text, ", ");
	if (seccomp)
		named = (code & 0x1f) == RET && put_action(text, k);
	else
		named = (code & 7) == LD && (code >> 5 & 7) == ABSOLUTE && put_area(text, k);
	if (!named)
		put_hex(text, k);
	if (jump) {
		rn_puts(text, ", ");
		put_hex(text, bytes[2]);
		rn_puts(text, ", ");
		put_hex(text, bytes[3]);
	}
	rn_putc(text, ')');
}
