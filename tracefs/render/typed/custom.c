// SPDX-License-Identifier: GPL-2.0-only
/* Types that no table can say: those of tracefs/syscalls/types/decode/custom.py that lines need. */
#include <arpa/inet.h>
#include <stdatomic.h>

#include "tracefs/render/typed/custom.h"
#include "tracefs/render/typed/typed.h"

#define SIGNALS_RT 32

/* The kernel's numbers on x86-64. */
static const char *const signals[SIGNALS_RT] = {NULL,     "HUP",  "INT",    "QUIT", "ILL",   "TRAP", "ABRT", "BUS",
						"FPE",    "KILL", "USR1",   "SEGV", "USR2",  "PIPE", "ALRM", "TERM",
						"STKFLT", "CHLD", "CONT",   "STOP", "TSTP",  "TTIN", "TTOU", "URG",
						"XCPU",   "XFSZ", "VTALRM", "PROF", "WINCH", "IO",   "PWR",  "SYS"};

static void put_name(struct rn_text *text, const char *name)
{
	rn_put(text, name, strlen(name));
}

static void put_signal(struct rn_text *text, unsigned number)
{
	if (number == SIGNALS_RT) {
		rn_puts(text, "RTMIN");
	} else if (number > SIGNALS_RT) {
		rn_puts(text, "RT_");
		rn_put_dec(text, number - SIGNALS_RT);
	} else if (signals[number]) {
		put_name(text, signals[number]);
	} else {
		rn_put_dec(text, number);
	}
}

static bool bit(const uint8_t *bytes, uint32_t number)
{
	return bytes[number / 8] >> number % 8 & 1;
}

/* More than two thirds of all: shown as what is lacking. */
static void put_sigset(struct rn_text *text, const uint8_t *bytes, uint32_t length)
{
	uint32_t bits = 8 * length, members = 0;
	bool inverted, any = false;

	for (uint32_t i = 0; i < length; i++)
		members += (uint32_t)__builtin_popcount(bytes[i]);
	inverted = members >= bits * 2 / 3;
	if (inverted)
		rn_putc(text, '~');
	rn_putc(text, '[');
	for (uint32_t i = 0; i < bits; i++) {
		if (bytes[i / 8] == (inverted ? 0xff : 0))
			i |= 7; /* none of these eight */
		if (bit(bytes, i) == inverted)
			continue;
		if (any)
			rn_putc(text, ' ');
		any = true;
		put_signal(text, i + 1);
	}
	rn_putc(text, ']');
}

static void put_bit_set(struct rn_text *text, const uint8_t *bytes, uint32_t length)
{
	bool any = false;

	rn_putc(text, '[');
	for (uint32_t i = 0; i < 8 * length; i++) {
		if (!bit(bytes, i))
			continue;
		if (any)
			rn_putc(text, ' ');
		any = true;
		rn_put_dec(text, i);
	}
	rn_putc(text, ']');
}

static void put_wait_status(struct rn_text *text, const uint8_t *bytes, uint32_t length)
{
	uint32_t status = (uint32_t)tt_load(bytes, length < 4 ? length : 4, false), low = status & 0x7f;
	uint32_t high = status >> 8 & 0xff;

	rn_puts(text, "{WIF");
	if (status == 0xffff) {
		rn_puts(text, "CONTINUED(s)}");
	} else if (!low) {
		rn_puts(text, "EXITED(s) && WEXITSTATUS(s) == ");
		rn_put_dec(text, high);
		rn_putc(text, '}');
	} else if (low == 0x7f) {
		rn_puts(text, "STOPPED(s) && WSTOPSIG(s) == SIG");
		if (high == 0x85)
			rn_puts(text, "TRAP | 0x80");
		else
			put_signal(text, high);
		rn_putc(text, '}');
		if (status >> 16) {
			rn_puts(text, " | 0x");
			rn_put_hex(text, status >> 16);
			rn_puts(text, " << 16");
		}
	} else {
		rn_puts(text, "SIGNALED(s) && WTERMSIG(s) == SIG");
		put_signal(text, low);
		if (status & 0x80)
			rn_puts(text, " && WCOREDUMP(s)");
		rn_putc(text, '}');
	}
}

static void put_inet6(struct rn_text *text, const uint8_t *bytes, uint32_t length)
{
	char address[INET6_ADDRSTRLEN] = "";

	if (length >= 16)
		inet_ntop(AF_INET6, bytes, address, sizeof(address));
	rn_putc(text, '"');
	put_name(text, address);
	rn_putc(text, '"');
}

static void put_sun_path(struct rn_text *text, const uint8_t *bytes, uint32_t length)
{
	bool abstract = length > 1 && !bytes[0];

	if (abstract)
		rn_putc(text, '@');
	rn_typed_quoted(text, bytes + abstract, abstract ? length - 1 : (uint32_t)strnlen((const char *)bytes, length),
			true);
}

static void put_mac(struct rn_text *text, const uint8_t *bytes, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++) {
		if (i)
			rn_putc(text, ':');
		rn_put_hex_wide(text, bytes[i], 2, '0');
	}
}

static void put_control_chars(struct rn_text *text, const uint8_t *bytes, uint32_t length)
{
	static const char *const names[] = {"INTR",    "QUIT",    "ERASE",  "KILL",  "EOF",  "TIME",
					    "MIN",     "SWTC",    "START",  "STOP",  "SUSP", "EOL",
					    "REPRINT", "DISCARD", "WERASE", "LNEXT", "EOL2"};

	rn_putc(text, '[');
	for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]) && i < length; i++) {
		rn_put(text, ", [V", i ? 4 : 0);
		if (!i)
			rn_puts(text, "[V");
		put_name(text, names[i]);
		rn_puts(text, "]=");
		rn_typed_style(text, bytes[i], TT_HEX, false);
	}
	rn_putc(text, ']');
}

static void put_sock_filter(struct rn_text *text, const uint8_t *bytes, uint32_t length)
{
	if (length >= 8)
		rn_typed_filter(text, bytes, false);
}

static void put_seccomp_filter(struct rn_text *text, const uint8_t *bytes, uint32_t length)
{
	if (length >= 8)
		rn_typed_filter(text, bytes, true);
}

static const struct {
	const char *name;
	void (*put)(struct rn_text *text, const uint8_t *bytes, uint32_t length);
} customs[] = {
	{"sigset", put_sigset},
	{"cpu_set", put_bit_set},
	{"node_set", put_bit_set},
	{"wait_status", put_wait_status},
	{"inet6", put_inet6},
	{"mac", put_mac},
	{"control_chars", put_control_chars},
	{"sun_path", put_sun_path},
	{"sock_filter", put_sock_filter},
	{"seccomp_filter", put_seccomp_filter},
};

/*
 * What knows the types that are not listed above; NULL: nothing does. Written once, before the first read that has such
 * types.
 */
static _Atomic(rn_custom_words) others;

void rn_custom_use(rn_custom_words words)
{
	atomic_store_explicit(&others, words, memory_order_release);
}

static bool put_other(struct rn_text *text, const char *name, const uint8_t *bytes, uint32_t length)
{
	rn_custom_words ask = atomic_load_explicit(&others, memory_order_acquire); /* pairs with rn_custom_use() */
	char words[RN_CUSTOM_WORDS_MAX];
	int32_t n = ask ? ask(name, bytes, length, words, sizeof(words)) : -1;

	if (n < 0 || n > (int32_t)sizeof(words))
		return false;
	rn_put(text, words, (size_t)n);
	return true;
}

bool rn_typed_custom(struct rn_text *text, const char *name, const uint8_t *bytes, uint32_t length, struct rn_fds fds)
{
	if (strcmp(name, "fd_set") == 0) {
		rn_typed_fd_set(text, bytes, length, fds);
		return true;
	}
	for (unsigned i = 0; i < sizeof(customs) / sizeof(customs[0]); i++) {
		if (strcmp(customs[i].name, name) == 0) {
			customs[i].put(text, bytes, length);
			return true;
		}
	}
	return put_other(text, name, bytes, length);
}
